"""One request and what is answered to it: the words in which the modes are written."""

import json
import mimetypes
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from pathlib import PurePosixPath
from typing import Any, Literal
from urllib.parse import parse_qsl

from tests.support.fault_server.multipart import FilePart, MultipartParser
from tests.support.fault_server.state import ModeState, StoredFile
from tests.support.fault_server.wire import BadRequest, Body, Connection, HeaderPairs, Request, head

__all__ = ["ERROR_TYPES", "Endpoint", "Exchange", "envelope"]

Endpoint = Literal["upload", "list", "metadata", "delete", "content", "messages", "other"]

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    409: "conflict_error",
    413: "request_too_large",
    422: "invalid_request_error",
    429: "rate_limit_error",
    500: "api_error",
    503: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_FORBIDDEN = set('<>:"|?*\\') | {chr(code) for code in range(32)}


@dataclass(slots=True)
class Exchange:
    """A request at `endpoint`, `path` being what follows the mode, and the means to answer it rightly or wrongly.

    `arguments` and `options` are what the mode's name was followed by.
    """

    connection: Connection
    request: Request
    state: ModeState
    endpoint: Endpoint
    path: str
    arguments: tuple[str, ...]
    options: Mapping[str, str]
    own_url: str
    other_url: str
    file: FilePart | None = None
    fields: dict[str, str] = field(default_factory=dict[str, str])
    message: dict[str, Any] = field(default_factory=dict[str, Any])
    body: Body | None = None
    parser: MultipartParser | None = None
    fed: int = 0

    @property
    def file_id(self) -> str:
        """The id in the path of a request about one file."""
        return self.path.partition("?")[0].split("/")[3]

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(self.path.partition("?")[2], keep_blank_values=True)

    @property
    def is_beta(self) -> bool:
        """Whether the client asks for the shapes of the beta."""
        return "files-api-2025-04-14" in self.request.headers.get("anthropic-beta", "")

    @property
    def is_read(self) -> bool:
        """Whether nothing of the request is left on the connection."""
        return self.body.is_whole if self.body else self.request.length == 0

    def argument(self, default: str) -> str:
        """The mode's own argument."""
        return self.arguments[0] if self.arguments else default

    def seconds(self, default: float = 1.0) -> float:
        """The pause of a slow mode: its option `wait`."""
        return float(self.options.get("wait", default))

    async def begin(self) -> None:
        """Let the client send its body, if it waits to be let."""
        self.body = self.connection.body(self.request)
        if self.request.headers.get("expect", "").lower() == "100-continue":
            await self.connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    async def read_until_file(self) -> None:
        """Read an upload no further than the headers of its file; `file` is set.

        Raises:
            BadRequest: There is no file.
        """
        parser = self._parser()
        while parser.file is None and await self._feed(parser):
            pass
        if parser.file is None:
            raise BadRequest("file: Field required")
        self.file = parser.file

    async def read_half(self) -> None:
        """Read until half of an upload's body has come (of one of unknown length, until its file began)."""
        wanted = (self.request.length or 0) // 2
        parser = self._parser()
        while self.fed < wanted and await self._feed(parser):
            pass

    async def read_upload(self) -> None:
        """Read an upload to its end; `file` and `fields` are set.

        Raises:
            BadRequest: It is no form with a file.
        """
        parser = self._parser()
        while await self._feed(parser):
            pass
        if not parser.whole or parser.file is None:
            raise BadRequest("file: Field required")
        self.file, self.fields = parser.file, parser.fields

    def _parser(self) -> MultipartParser:
        if self.parser is None:
            self.parser = MultipartParser(self.request.headers.get("content-type", ""))
        return self.parser

    async def _feed(self, parser: MultipartParser) -> bool:
        if self.body is None:
            await self.begin()
        assert self.body is not None
        block = await self.body.block()
        self.fed += len(block)
        parser.feed(block)
        return bool(block)

    async def read_body(self) -> None:
        """Read what the endpoint takes, if it takes anything, whole.

        Raises:
            BadRequest: It is not that.
        """
        if self.endpoint == "upload":
            await self.read_upload()
        elif self.endpoint == "messages":
            await self.read_message()

    async def read_message(self) -> None:
        """Read a JSON body into `message`.

        Raises:
            BadRequest: It is none.
        """
        await self.begin()
        assert self.body is not None
        text = bytearray()
        while block := await self.body.block():
            text += block
        try:
            self.message = json.loads(text)
        except ValueError:
            raise BadRequest("The body is not valid JSON.") from None
        self.state.messages.append(self.message)

    def new_file(self) -> StoredFile:
        """The file that was read, not committed yet.

        Raises:
            BadRequest: Its name or its expiry is refused.
        """
        assert self.file is not None
        mime = self.file.mime_type or _guessed(self.file.filename)
        name = (self.file.filename or "").rpartition("/")[2] or "unnamed" + (mimetypes.guess_extension(mime) or "")
        if len(name) > 255 or _FORBIDDEN & set(name):
            raise BadRequest("Invalid filename")
        expiry = self.fields.get("expires_in_seconds")
        if expiry is not None and not (expiry.isdecimal() and 3600 <= int(expiry) <= 7_776_000):
            raise BadRequest("expires_in_seconds: Input should be an integer between 3600 and 7776000")
        now, seconds = self.state.now(), int(expiry) if expiry else None
        return StoredFile(
            filename=name,
            size_bytes=self.file.size,
            sha256=self.file.sha256,
            mime_type=mime,
            created_at=now,
            expires_at=now + timedelta(seconds=seconds) if seconds else None,
            expires_in_seconds=seconds,
        )

    def commit(self) -> StoredFile:
        """Commit the file that was read."""
        return self.state.commit(self.new_file())

    def common_headers(self) -> list[tuple[str, str]]:
        """What every reply carries beside its length and type."""
        ids = [("request-id", f"req_011C{secrets.token_hex(10)}"), ("anthropic-organization-id", "org-faults")]
        date = [("Date", format_datetime(self.state.now(), usegmt=True))]
        return date + ids if self.state.sends_date else ids

    async def raw(self, status: int | str, headers: HeaderPairs, body: bytes = b"") -> None:
        """Send the common headers, the headers given, and bytes; nothing is checked or added."""
        await self.connection.send(head(status, [*self.common_headers(), *headers]) + body)

    async def reply(
        self, status: int, body: bytes, content_type: str = "application/json", headers: HeaderPairs = ()
    ) -> None:
        """Send a well-formed reply."""
        told = [("Content-Type", content_type), ("Content-Length", str(len(body))), *headers]
        if self.connection.ends or not self.is_read:
            told.append(("Connection", "close"))
        await self.raw(status, told, body)

    async def json(self, status: int, body: object, headers: HeaderPairs = ()) -> None:
        """Send a well-formed reply with a JSON body."""
        await self.reply(status, json.dumps(body).encode(), headers=headers)

    async def error(
        self,
        status: int,
        message: str,
        *,
        kind: str | None = None,
        code: str | None = None,
        headers: HeaderPairs = (),
    ) -> None:
        """Send an error in the API's envelope."""
        await self.json(status, envelope(status, message, kind=kind, code=code), headers)

    async def html(self, status: int, title: str) -> None:
        """Send a page of a gateway."""
        page = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
        await self.reply(status, page.encode(), "text/html; charset=UTF-8")


def envelope(status: int, message: str, *, kind: str | None = None, code: str | None = None) -> dict[str, Any]:
    """The body of an error."""
    default = "api_error" if status >= 500 else "invalid_request_error"
    error: dict[str, Any] = {"type": kind or ERROR_TYPES.get(status, default), "message": message}
    if code:
        error["details"] = {"error_code": code}
    return {"type": "error", "error": error, "request_id": f"req_011C{secrets.token_hex(10)}"}


def _guessed(filename: str | None) -> str:
    return mimetypes.guess_type(PurePosixPath(filename or "unnamed").name)[0] or "application/octet-stream"
