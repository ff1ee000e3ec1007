"""upload_file: store local files."""

from typing import Annotated

import anyio
from anyio import from_thread, to_thread
from pydantic import BaseModel, Field

from files_api_mcp.backends.base import Backend
from files_api_mcp.backends.errors import FilesError, InvalidArgument, NotFound
from files_api_mcp.backends.models import Progress, silent
from files_api_mcp.backends.roots.walk import Expansion
from files_api_mcp.tools.context import Call, Dependencies, failure_in, subprogress
from files_api_mcp.tools.ingest import index_uploaded, store_file
from files_api_mcp.tools.upload_tickets import UploadedItem

__all__ = ["UploadResult", "upload_file"]

_MAX_CONCURRENT = 4
_MAX_FILES = 1000
_MAX_SHOWN_FAILURES = 20


class FailedItem(BaseModel):
    path: str
    error: str


class UploadResult(BaseModel):
    files: list[UploadedItem]
    failed: list[FailedItem]
    skipped: str | None = None
    next: str | None = None


async def upload_file(
    call: Call,
    path: Annotated[str, Field(description="File, folder or glob in an allowed folder")],
    title: Annotated[str | None, Field(description="For a single file", max_length=255)] = None,
    expires_in_hours: Annotated[int | None, Field(ge=1, le=2160, strict=True, description="1 to 2160")] = None,
) -> UploadResult:
    """Store local files and get their file_ids. Files already stored are reused."""
    deps, progress = call.deps, call.progress()
    uploader = _Uploader(deps, await call.backend(), title, expires_in_hours)
    found = await to_thread.run_sync(
        lambda: deps.roots.expand(path, limit=_MAX_FILES, check_cancelled=from_thread.check_cancelled)
    )
    if title and len(found.paths) > 1:
        raise InvalidArgument("title works for a single file, but this path matches several.")
    if not found.paths:
        why = "; ".join([_skipped(found) or "no files", *found.notes])
        raise NotFound(f"Nothing to upload there ({why}).", "Give another path.")
    try:
        if found.paths == [path]:
            return UploadResult(files=[await uploader.upload(path, progress)], failed=[])
        return await _upload_many(uploader, found, progress)
    finally:
        # One notification for a whole folder, even if the call is cancelled halfway.
        if uploader.stored:
            await call.notify_files_changed()


class _Uploader:
    """Stores and indexes each file of one call."""

    def __init__(self, deps: Dependencies, opened: Backend, title: str | None, hours: int | None) -> None:
        self._deps = deps
        self._opened = opened
        self._title = title
        self._lifetime_s = None if hours is None else hours * 3600
        self.stored = False
        """Whether any file was new."""

    async def upload(self, path: str, progress: Progress) -> UploadedItem:
        uploaded = await store_file(
            path,
            self._deps.roots,
            self._opened,
            allow_sensitive=self._deps.allow_sensitive,
            title=self._title,
            lifetime_s=self._lifetime_s,
            progress=subprogress(progress, 0, 60),
        )
        self.stored |= not uploaded.reused
        return await index_uploaded(uploaded, self._opened, progress)


async def _upload_many(uploader: _Uploader, found: Expansion, progress: Progress) -> UploadResult:
    total = len(found.paths)
    results: list[UploadedItem | FilesError | None] = [None] * total
    finished = 0
    limiter = anyio.CapacityLimiter(_MAX_CONCURRENT)

    async def one(index: int, path: str) -> None:
        nonlocal finished
        async with limiter:
            try:
                results[index] = await uploader.upload(path, silent)
            except Exception as exc:  # noqa: BLE001 - one file must not stop the others
                results[index] = failure_in(exc)
        finished += 1
        await progress(finished, total, f"Uploaded and indexed {finished} of {total} files")

    async with anyio.create_task_group() as group:
        for index, path in enumerate(found.paths):
            group.start_soon(one, index, path)
    return _summary(found, results)


def _summary(found: Expansion, results: list[UploadedItem | FilesError | None]) -> UploadResult:
    failed = [
        FailedItem(path=_as_unicode(path), error=result.text)
        for path, result in zip(found.paths, results, strict=True)
        if isinstance(result, FilesError)
    ]
    hidden = len(failed) - _MAX_SHOWN_FAILURES
    return UploadResult(
        files=[result for result in results if isinstance(result, UploadedItem)],
        failed=failed[:_MAX_SHOWN_FAILURES],
        skipped=_skipped(found),
        next="; ".join(_next_steps(found, hidden)) or None,
    )


def _next_steps(found: Expansion, hidden: int) -> list[str]:
    steps: list[str] = []
    if found.truncated:
        steps.append(f"only the first {len(found.paths)} files were uploaded: call again with a narrower path")
    if hidden > 0:
        steps.append(f"{hidden} more files failed: upload a narrower path to see why")
    return steps + found.notes


def _skipped(found: Expansion) -> str | None:
    kinds = {
        "hidden": found.skipped_hidden,
        "ignored": found.skipped_ignored,
        "secret": found.skipped_sensitive,
    }
    return ", ".join(f"{count} {kind}" for kind, count in kinds.items() if count) or None


def _as_unicode(path: str) -> str:
    """A path as valid Unicode text: undecodable bytes are escaped."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
