"""FilesClient: the operations of the Files API, in the GA or the beta dialect, with validated replies."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import quote

import anyio
from pydantic import TypeAdapter, ValidationError, field_validator

from files_api_mcp.backends.anthropic.api.decoding import decoded
from files_api_mcp.backends.anthropic.api.errors import error_from, other_api, parsed, refused, server_time
from files_api_mcp.backends.anthropic.api.http_client import ApiRequest, Reply, RequestNotSent, ResponseLost
from files_api_mcp.backends.anthropic.api.retry import GoneOnRetry, RetryingSender
from files_api_mcp.backends.anthropic.endpoint import Dialect
from files_api_mcp.backends.errors import NotFound, UpstreamBadReply
from files_api_mcp.backends.models import FileMetadata
from files_api_mcp.backends.validation import FILE_ID, check_file_id

__all__ = ["BETA", "ApiFile", "FilesClient", "ListedPage", "PageToken", "valid"]

BETA = {"anthropic-beta": "files-api-2025-04-14"}
_FILES = "/v1/files"
_DOWNLOAD_BYTES_PER_S = 250_000
_LARGEST_PAGE = 4 * 1024 * 1024
_MOST_BARREN = 3
"""Consecutive pages without a new file after which the list counts as a loop."""


class ApiFile(FileMetadata):
    """A file in a reply of the API. Fields that older servers leave out get defaults."""

    downloadable: bool = False

    @field_validator("id")
    @classmethod
    def _is_an_id(cls, value: str) -> str:
        # It becomes part of URLs.
        if not FILE_ID.fullmatch(value):
            raise ValueError("not the id of a file")
        return value

    @field_validator("created_at", "expires_at")
    @classmethod
    def _in_utc(cls, value: datetime | None) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)

    @property
    def is_past(self) -> bool:
        """Whether its content expired. The API lists and describes an expired file for 30 more days."""
        return self.expires_at is not None and self.expires_at <= datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class PageToken:
    """A cursor: `page` in the GA dialect, `after_id` in the beta dialect."""

    name: Literal["page", "after_id"]
    value: str


@dataclass(frozen=True, slots=True)
class ListedPage:
    """A page of a list, newest first, and the server's time if it sends one."""

    files: list[ApiFile]
    next: PageToken | None
    at: datetime | None


_FILE_LIST = TypeAdapter(list[ApiFile])


class FilesClient:
    """Calls the Files API. Every call has a deadline of `call_s` seconds, plus the time that content takes. Every reply
    is checked before it is used."""

    def __init__(self, sender: RetryingSender, dialect: Dialect = "auto", *, call_s: float = 30.0) -> None:
        self.sender = sender
        self._call_s = call_s
        self._dialect = dialect
        self._answers_in_beta = dialect == "beta"

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every request about files, in addition to the credential."""
        return dict(BETA) if self._dialect == "beta" else {}

    @property
    def answers_in_beta(self) -> bool:
        """Whether the server is known to use the beta dialect, which has no list by ids."""
        return self._answers_in_beta

    async def metadata(self, file_id: str) -> ApiFile:
        """Describe a file.

        Raises:
            NotFound: No file has this id, or it was deleted.
        """

        def is_about_it(reply: Reply) -> None:
            if valid(reply).id != file_id:
                raise UpstreamBadReply("The API's reply is about a different file.")

        reply = await self.sender.send(
            ApiRequest("GET", _path(file_id), headers=self.headers),
            deadline=anyio.current_time() + self._call_s,
            file_id=file_id,
            check=is_about_it,
        )
        return valid(reply)

    async def delete(self, file_id: str) -> None:
        """Delete a file. A missing file counts as deleted if an earlier attempt of this call may have deleted it.

        Raises:
            NotFound: No file has this id, or it was deleted.
        """

        def is_about_it(reply: Reply) -> None:
            if parsed(reply).get("id") != file_id:
                raise UpstreamBadReply("The API's reply is about a different file.")

        request = ApiRequest("DELETE", _path(file_id), headers=self.headers)
        with suppress(GoneOnRetry):
            await self.sender.send(
                request, deadline=anyio.current_time() + self._call_s, file_id=file_id, check=is_about_it
            )

    async def by_ids(self, file_ids: Sequence[str]) -> list[ApiFile]:
        """The files with these ids (at most 100) that exist, in no particular order."""
        for file_id in file_ids:
            check_file_id(file_id)
        if self._answers_in_beta:
            return [file for file in [await self._if_there(file_id) for file_id in file_ids] if file is not None]
        params = [("ids[]", file_id) for file_id in file_ids]
        return (await self._page(params)).files

    async def described(self, wanted: Callable[[], Sequence[str]]) -> list[ApiFile]:
        """As `by_ids`, in the GA dialect only, of the ids that `wanted` returns when the rate limit allows the request.

        Raises:
            InvalidArgument: The server has no list by ids.
        """

        def request() -> ApiRequest:
            params = [("ids[]", file_id) for file_id in wanted()]
            return ApiRequest("GET", _FILES, params=params, headers=self.headers, largest_reply=_LARGEST_PAGE)

        reply = await self.sender.send(
            request,
            deadline=anyio.current_time() + self._call_s,
        )
        return _listed(reply, None).files

    async def page(self, *, limit: int, after: PageToken | None = None) -> ListedPage:
        """A page of the list of all files, newest first.

        Raises:
            InvalidArgument: The server does not know the token.
            UpstreamBadReply: The reply does not say whether there are more files.
        """
        params = [("limit", str(limit))]
        if after is not None:
            params.append((after.name, after.value))
        return await self._page(params, limit)

    async def pages(self, *, limit: int = 1000, after: PageToken | None = None) -> AsyncIterator[ListedPage]:
        """All pages after the token; a list that loops ends with an error, never early.

        Raises:
            UpstreamBadReply: The server's pages do not come to an end.
        """
        token, seen, barren = after, set[str](), 0
        while barren < _MOST_BARREN:
            page = await self.page(limit=limit, after=token)
            yield page
            if page.next is None:
                return
            known = len(seen)
            seen.update(file.id for file in page.files)
            barren = 0 if len(seen) > known else barren + 1
            token = page.next
        raise UpstreamBadReply("The API's list of files does not end.")

    @asynccontextmanager
    async def content(self, file_id: str, size_bytes: int) -> AsyncGenerator[AsyncIterator[bytes]]:
        """Open a file's bytes as a stream, which fails unless it is `size_bytes` long.

        Raises:
            NotDownloadable: The file was uploaded; the API returns only files that its tools created.
            NotFound, FileExpired: The file no longer exists.
        """
        request = ApiRequest("GET", f"{_path(file_id)}/content", headers=self.headers, accepts="application/binary")
        deadline = anyio.current_time() + self._call_s + size_bytes / _DOWNLOAD_BYTES_PER_S
        await self.sender.turn(deadline)
        try:
            async with self.sender.http.open(request, deadline=deadline) as response:
                if response.status_code != 200:
                    failure = await refused(response, secret=self.sender.http.endpoint.key)
                    raise self.sender.failed(request, error_from(failure, file_id=file_id), failure)
                yield _exactly(decoded(response), size_bytes)
        except (RequestNotSent, ResponseLost) as exc:
            raise self.sender.failed(request, self.sender.unreachable(exc), exc) from exc

    async def _if_there(self, file_id: str) -> ApiFile | None:
        try:
            return await self.metadata(file_id)
        except NotFound:
            return None

    async def _page(self, params: list[tuple[str, str]], limit: int | None = None) -> ListedPage:
        headers = dict(BETA) if self._answers_in_beta else self.headers
        request = ApiRequest("GET", _FILES, params=params, headers=headers, largest_reply=_LARGEST_PAGE)
        read: list[ListedPage] = []

        def is_a_page(reply: Reply) -> None:
            read.append(_listed(reply, limit))

        await self.sender.send(request, deadline=anyio.current_time() + self._call_s, check=is_a_page)
        page = read[-1]
        if self._dialect == "auto" and page.next is not None and page.next.name == "after_id":
            self._answers_in_beta = True
        return page


def valid(reply: Reply) -> ApiFile:
    """Parse the file in a successful reply.

    Raises:
        UpstreamBadReply: The reply does not describe a file.
    """
    try:
        return ApiFile.model_validate_json(reply.body)
    except ValidationError as exc:
        raise other_api(parsed(reply), "does not describe a file") from exc


def _listed(reply: Reply, limit: int | None) -> ListedPage:
    body = parsed(reply)
    try:
        files = _FILE_LIST.validate_python(body.get("data"))
    except ValidationError as exc:
        raise other_api(body, "is not a list of files") from exc
    if "object" in body:
        raise other_api(body, "is not a list of files")
    return ListedPage(files, _next(body, files, limit), server_time(reply))


def _next(body: dict[str, Any], files: list[ApiFile], limit: int | None) -> PageToken | None:
    token = body.get("next_page")
    if isinstance(token, str) and token:
        return PageToken("page", token)
    if token is not None and token != "":
        raise UpstreamBadReply("The API reports more files without a cursor for them.")
    if body.get("has_more"):
        last = body.get("last_id") or (files[-1].id if files else None)
        if not isinstance(last, str):
            raise UpstreamBadReply("The API reports more files without a cursor for them.")
        return PageToken("after_id", last)
    if "next_page" not in body and "has_more" not in body and limit is not None and len(files) >= limit:
        raise UpstreamBadReply("The API does not say whether there are more files.")
    return None


def _path(file_id: str) -> str:
    check_file_id(file_id)
    return f"{_FILES}/{quote(file_id, safe='')}"


async def _exactly(blocks: AsyncIterator[bytes], size_bytes: int) -> AsyncIterator[bytes]:
    left = size_bytes
    async for block in blocks:
        left -= len(block)
        if left < 0:
            break
        yield block
    if left:
        raise UpstreamBadReply("The API sent more or fewer bytes than the file's size; discard what was received.")
