"""The Files API (/v1/files) over a workspace, in its GA and beta dialects."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from files_api_mcp.backends.errors import BadFilename, FileExpired, InvalidArgument, NotFound
from files_api_mcp.backends.file_filter import ANY_STATE
from files_api_mcp.backends.models import FilePage, FileRecord, NewFile
from files_api_mcp.backends.validation import LIFETIME_S, check_filename
from files_api_mcp.server.emulator.file_objects import Dialect, ListResponses, file_object
from files_api_mcp.server.emulator.headers import multipart_boundary
from files_api_mcp.server.emulator.responses import ApiError, api_response
from files_api_mcp.server.emulator.storage_quota import StorageQuota
from files_api_mcp.server.emulator.upload_form import MAX_FILE_BYTES, UploadForm
from files_api_mcp.server.emulator.workspaces import Workspace

__all__ = ["FilesApi", "live_file"]

_FORM_OVERHEAD = 1024 * 1024
_MAX_IDS = 100
_EXTENSIONS = {
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/csv": ".csv",
    "text/markdown": ".md",
    "text/html": ".html",
    "application/json": ".json",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
}


async def live_file(workspace: Workspace, file_id: str) -> FileRecord:
    """The record of a file whose content can be used.

    Raises:
        ApiError: The file does not exist (404) or expired (404, `file_expired`).
    """
    record = await _record(workspace, file_id)
    if record.expires_at is not None and record.expires_at <= datetime.now(UTC):
        raise ApiError(404, f"File `{file_id}` has expired.", "file_expired")
    return record


class FilesApi:
    """Handles /v1/files. `storage_bytes` is the storage quota of a workspace."""

    def __init__(self, storage_bytes: int) -> None:
        self._quota = StorageQuota(storage_bytes, time.monotonic)
        self._lists = ListResponses()

    async def upload(self, request: Request, workspace: Workspace) -> Response:
        """POST /v1/files: every upload creates a new file, as in the API."""
        boundary = multipart_boundary(request.headers.get("content-type", ""))
        if _length(request) > MAX_FILE_BYTES + _FORM_OVERHEAD:
            raise ApiError(413, "Request exceeds the maximum allowed number of bytes.", headers={"connection": "close"})
        dialect = Dialect.from_request(request)
        async with workspace.forms.receive(request.stream(), boundary) as upload:
            new = _new_file(upload, dialect)
            await self._quota.take(workspace.store, workspace.id, upload.size_bytes)
            stored = await workspace.store.upload(upload.snapshot, new, reuse=False)
            upload.is_stored = True
        return api_response(file_object(stored.record, dialect))

    async def list(self, request: Request, workspace: Workspace) -> Response:
        """GET /v1/files: a page, newest first, or the files with given ids."""
        dialect, query = Dialect.from_request(request), request.query_params
        _reject_unknown(query, dialect)
        limit = _limit(query.get("limit"))
        ids = list(dict.fromkeys(query.getlist("ids[]") + query.getlist("ids")))
        if ids:
            return await self._by_ids(workspace, dialect, ids, exclusive="page" in query or "limit" in query)
        if "after_id" in query or "before_id" in query:
            return await self._page_at_cursor(workspace, dialect, query.get("after_id"), query.get("before_id"), limit)
        try:
            page = await workspace.store.list(limit=limit, cursor=query.get("page"), within=ANY_STATE)
        except InvalidArgument as exc:
            raise ApiError(400, "page: Invalid page token") from exc
        return self._lists.response(page, dialect)

    async def metadata(self, request: Request, workspace: Workspace) -> Response:
        """GET /v1/files/{id}."""
        record = await _record(workspace, request.path_params["file_id"])
        return api_response(file_object(record, Dialect.from_request(request)))

    async def delete(self, request: Request, workspace: Workspace) -> Response:
        """DELETE /v1/files/{id}: a second call gets 404."""
        file_id = request.path_params["file_id"]
        try:
            deleted = await workspace.store.delete(file_id)
        except NotFound as exc:
            raise _not_found(file_id) from exc
        if deleted.already_deleted:
            raise _not_found(file_id)
        return api_response({"id": file_id, "type": "file_deleted"})

    async def content(self, request: Request, workspace: Workspace) -> Response:
        """GET /v1/files/{id}/content: only files created by tools can be downloaded."""
        file_id = request.path_params["file_id"]
        record = await live_file(workspace, file_id)
        if not record.downloadable:
            raise ApiError(400, f"File `{file_id}` is not downloadable.", "file_not_downloadable")
        headers = {"content-length": str(record.size_bytes)}
        return StreamingResponse(_bytes_of(workspace, file_id), media_type=record.mime_type, headers=headers)

    async def _by_ids(self, workspace: Workspace, dialect: Dialect, ids: "list[str]", *, exclusive: bool) -> Response:
        if exclusive:
            raise ApiError(400, "ids[]: Cannot be combined with page or limit")
        if len(ids) > _MAX_IDS:
            raise ApiError(400, f"ids[]: At most {_MAX_IDS} ids are allowed")
        records: list[FileRecord] = []
        for file_id in ids:
            try:
                records.append(await workspace.store.describe(file_id))
            except NotFound:
                continue
        records.sort(key=lambda record: record.created_at, reverse=True)
        return self._lists.response(FilePage(records, None), dialect)

    async def _page_at_cursor(
        self, workspace: Workspace, dialect: Dialect, after: str | None, before: str | None, limit: int
    ) -> Response:
        if after and before:
            raise ApiError(400, "after_id: Cannot be combined with before_id")
        try:
            page = await workspace.store.beside(after or before or "", limit=limit, newer=before is not None)
        except NotFound as exc:
            raise ApiError(400, f"{'after_id' if after else 'before_id'}: No such file") from exc
        return self._lists.response(page, dialect)


async def _record(workspace: Workspace, file_id: str) -> FileRecord:
    try:
        return await workspace.store.describe(file_id)
    except NotFound as exc:
        raise _not_found(file_id) from exc


async def _bytes_of(workspace: Workspace, file_id: str) -> AsyncIterator[bytes]:
    try:
        async with workspace.store.download(file_id) as (_, chunks):
            async for chunk in chunks:
                yield chunk
    except (NotFound, FileExpired):
        # Deleted after the headers were sent. The client sees that the body is shorter than its length.
        return


def _not_found(file_id: str) -> ApiError:
    return ApiError(404, f"File `{file_id[:200]}` not found.")


def _new_file(upload: UploadForm, dialect: Dialect) -> NewFile:
    kind = upload.content_type
    if kind is None and dialect.beta:
        raise ApiError(400, "file: Content-Type is required")
    kind = kind or upload.sniffed_type
    name = upload.name or f"unnamed{_EXTENSIONS.get(kind, '')}"
    try:
        check_filename(name)
    except BadFilename as exc:
        raise ApiError(400, "Invalid filename") from exc
    return NewFile(
        filename=name,
        mime_type=kind,
        expires_in_seconds=_lifetime(upload.fields.get("expires_in_seconds")),
        downloadable=False,
    )


def _lifetime(text: str | None) -> int | None:
    if text is None:
        return None
    seconds = _whole_number(text)
    if seconds is None or seconds not in LIFETIME_S:
        raise ApiError(400, f"expires_in_seconds: Must be between {LIFETIME_S[0]} and {LIFETIME_S[-1]}")
    return seconds


def _limit(text: str | None) -> int:
    if text is None:
        return 20
    limit = _whole_number(text)
    if limit is None or not 1 <= limit <= 1000:
        raise ApiError(400, "limit: Must be an integer between 1 and 1000")
    return limit


def _whole_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _reject_unknown(query: Any, dialect: Dialect) -> None:
    if dialect.beta:
        unknown = {"page", "ids[]", "ids"}
    elif dialect.managed:
        unknown = {"page", "ids[]", "ids"} if "after_id" in query or "before_id" in query else set[str]()
    else:
        unknown = {"before_id", "after_id", "scope_id"}
    for name in sorted(unknown & set(query)):
        raise ApiError(400, f"{name}: Extra inputs are not permitted")


def _length(request: Request) -> int:
    return _whole_number(request.headers.get("content-length", "")) or 0
