"""Multipart bodies read as they come: of the file only its hash, size and names are kept."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from tests.support.fault_server.wire import BadRequest

__all__ = ["FilePart", "MultipartParser"]

_PARAMETER = re.compile(r';\s*([\w*-]+)="([^"]*)"')
_LONGEST_HEADERS = 16 * 1024
_LONGEST_FIELD = 64 * 1024


class Hash(Protocol):
    """The part of a hash object that is used here."""

    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


@dataclass(slots=True)
class FilePart:
    """The part named `file`. `filename` and `mime_type` are as declared, None where they were not."""

    filename: str | None
    mime_type: str | None
    size: int = 0
    digest: Hash = field(default_factory=hashlib.sha256)

    @property
    def sha256(self) -> str:
        return self.digest.hexdigest()


class MultipartParser:
    """Takes a body block by block; `file` is set from the moment its headers are read, `whole` at the end."""

    def __init__(self, content_type: str) -> None:
        found = re.match(r'multipart/form-data\s*;.*?boundary="?([^";]+)"?', content_type, re.IGNORECASE)
        if not found:
            raise BadRequest("The body is no multipart form.")
        self._delimiter = b"\r\n--" + found[1].encode()
        # The first boundary has no line before it; with one, it is like the others.
        self._buffer = b"\r\n"
        self._step: Callable[[], bool] = self._to_boundary
        self._part: FilePart | bytearray | None = None
        self._name = ""
        self.fields: dict[str, str] = {}
        self.file: FilePart | None = None
        self.whole = False

    def feed(self, block: bytes) -> None:
        """Take the next block.

        Raises:
            BadRequest: This is no multipart form with one file.
        """
        self._buffer += block
        while self._step():
            pass

    def _to_boundary(self) -> bool:
        at = self._buffer.find(self._delimiter)
        if at < 0:
            keep = len(self._delimiter) - 1
            self._take(self._buffer[:-keep])
            self._buffer = self._buffer[-keep:]
            return False
        self._take(self._buffer[:at])
        self._finish_part()
        self._buffer = self._buffer[at + len(self._delimiter) :]
        self._step = self._after_boundary
        return True

    def _after_boundary(self) -> bool:
        if len(self._buffer) < 2:
            return False
        if self._buffer.startswith(b"--"):
            self.whole = True
            self._step = self._epilogue
        elif self._buffer.startswith(b"\r\n"):
            self._step = self._headers
        else:
            raise BadRequest("A boundary is followed by something else.")
        self._buffer = self._buffer[2:]
        return True

    def _headers(self) -> bool:
        text, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            if len(self._buffer) > _LONGEST_HEADERS:
                raise BadRequest("The headers of a part are too long.")
            return False
        self._begin_part(text)
        self._buffer = rest
        self._step = self._to_boundary
        return True

    def _epilogue(self) -> bool:
        self._buffer = b""
        return False

    def _begin_part(self, text: bytes) -> None:
        try:
            lines = text.decode("utf-8").split("\r\n")
        except UnicodeDecodeError:
            raise BadRequest("The headers of a part are no UTF-8.") from None
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        names = dict(_PARAMETER.findall(headers.get("content-disposition", "")))
        self._name = names.get("name", "")
        if self._name != "file":
            self._part = bytearray()
            return
        if self.file is not None:
            raise BadRequest("There is more than one file.")
        self._part = self.file = FilePart(names.get("filename"), headers.get("content-type"))

    def _take(self, data: bytes) -> None:
        if isinstance(self._part, FilePart):
            self._part.size += len(data)
            self._part.digest.update(data)
        elif self._part is not None:
            self._part += data
            if len(self._part) > _LONGEST_FIELD:
                raise BadRequest("A field is too long.")

    def _finish_part(self) -> None:
        if isinstance(self._part, bytearray):
            self.fields[self._name] = self._part.decode("utf-8", "replace")
        self._part = None
