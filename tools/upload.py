"""Hand local files over: upload_file."""

from typing import Annotated

import anyio
from anyio import from_thread, to_thread
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from files_api_mcp.backends.errors import FilesError, InvalidArgument, NotFound
from files_api_mcp.backends.models import DocumentInfo, NewFile, Progress, UploadedFile, silent
from files_api_mcp.backends.roots.roots import Roots
from files_api_mcp.backends.roots.walk import Expansion
from files_api_mcp.backends.staging.snapshot import freeze
from files_api_mcp.tools.context import (
    Backends,
    Dependencies,
    announce,
    backends,
    dependencies,
    progress_to,
    reported,
    respond,
    stage,
)
from files_api_mcp.tools.upload_tickets import UploadedItem

__all__ = ["indexed", "store_file", "upload_file"]

_AT_ONCE = 4
_MOST_FILES = 1000
_SHOWN_FAILURES = 20


class FailedItem(BaseModel):
    path: str
    error: str


class UploadResult(BaseModel):
    files: list[UploadedItem]
    failed: list[FailedItem]
    skipped: str | None = None
    next: str | None = None


async def upload_file(
    path: Annotated[str, Field(description="File, folder or glob under an allowed folder")],
    ctx: Context[Dependencies],
    title: Annotated[str | None, Field(description="For a single file", max_length=255)] = None,
    expires_in_hours: Annotated[int | None, Field(ge=1, le=2160, strict=True, description="1 to 2160")] = None,
) -> Annotated[CallToolResult, UploadResult]:
    """Store local files once and get their file_ids; unchanged files are reused, not stored again."""
    deps, progress = dependencies(ctx), progress_to(ctx)
    with reported():
        upload = _Upload(deps, await backends(ctx), title, expires_in_hours)
        found = await to_thread.run_sync(
            lambda: deps.roots.expand(path, limit=_MOST_FILES, check_cancelled=from_thread.check_cancelled)
        )
        if title and len(found.paths) > 1:
            raise InvalidArgument("title names one file, and this path names several.")
        if not found.paths:
            why = "; ".join([_skipped(found) or "no files", *found.notes])
            raise NotFound(f"Nothing to upload there ({why}).", "Give another path.")
        try:
            if found.paths == [path]:
                return respond(UploadResult(files=[await upload.one(path, progress)], failed=[]))
            return respond(await _upload_many(upload, found, progress))
        finally:
            # Once for a whole folder, and also when the rest of it is cancelled.
            if upload.stored:
                await announce(ctx)


class _Upload:
    """One call's way from a path to a stored and indexed file."""

    def __init__(self, deps: Dependencies, opened: Backends, title: str | None, hours: int | None) -> None:
        self._deps = deps
        self._opened = opened
        self._title = title
        self._lifetime_s = None if hours is None else hours * 3600
        self.stored = False
        """Whether there is a file now that was not there before."""

    async def one(self, path: str, progress: Progress) -> UploadedItem:
        uploaded = await store_file(
            path,
            self._deps.roots,
            self._opened,
            allow_sensitive=self._deps.allow_sensitive,
            title=self._title,
            lifetime_s=self._lifetime_s,
            progress=stage(progress, 0, 60),
        )
        self.stored |= not uploaded.reused
        return await indexed(uploaded, self._opened, progress)


async def store_file(
    path: str,
    roots: Roots,
    opened: Backends,
    *,
    allow_sensitive: bool,
    title: str | None = None,
    lifetime_s: int | None = None,
    progress: Progress = silent,
) -> UploadedFile:
    """Freeze the file at a path below a root, and hand its bytes to the backend.

    Raises:
        FilesError: It may not be read, or was not stored.
    """
    source = await to_thread.run_sync(roots.open_file, path)
    with source:
        freezing, sending = stage(progress, 0, 50), stage(progress, 50, 100)
        async with freeze(source, opened.spool, allow_sensitive=allow_sensitive, progress=freezing) as frozen:
            new = NewFile(
                filename=source.filename,
                mime_type=frozen.mime_type,
                title=title,
                source_path=source.path,
                expires_in_seconds=lifetime_s,
            )
            return await opened.files.upload(frozen, new, sending)


async def indexed(uploaded: UploadedFile, opened: Backends, progress: Progress) -> UploadedItem:
    """Index a file that was just stored, and say what came of both."""
    record = uploaded.record
    try:
        info = await opened.reader.prepare(record.id, stage(progress, 60, 99))
    except FilesError as exc:
        # The file is stored, whatever became of its text: the id must reach the caller.
        info = DocumentInfo(askable=False, pages=None, chars=0, note=f"Stored, but not indexed yet: {exc.sentence}")
    await progress(100, 100, "Stored and indexed" if info.askable else "Stored")
    return UploadedItem(
        file_id=record.id,
        filename=record.filename,
        mime_type=record.mime_type,
        size_bytes=record.size_bytes,
        reused=uploaded.reused,
        askable=info.askable,
        pages=info.pages,
        note=info.note,
    )


async def _upload_many(upload: _Upload, found: Expansion, progress: Progress) -> UploadResult:
    total = len(found.paths)
    results: list[UploadedItem | FilesError | None] = [None] * total
    finished = 0
    gate = anyio.CapacityLimiter(_AT_ONCE)

    async def one(place: int, path: str) -> None:
        nonlocal finished
        async with gate:
            try:
                results[place] = await upload.one(path, silent)
            except FilesError as exc:
                results[place] = exc
        finished += 1
        await progress(finished, total, f"Uploaded and indexed {finished} of {total} files")

    async with anyio.create_task_group() as group:
        for place, path in enumerate(found.paths):
            group.start_soon(one, place, path)
    return _summary(found, results)


def _summary(found: Expansion, results: list[UploadedItem | FilesError | None]) -> UploadResult:
    failed = [
        FailedItem(path=printable(path), error=result.text)
        for path, result in zip(found.paths, results, strict=True)
        if isinstance(result, FilesError)
    ]
    hidden = len(failed) - _SHOWN_FAILURES
    return UploadResult(
        files=[result for result in results if isinstance(result, UploadedItem)],
        failed=failed[:_SHOWN_FAILURES],
        skipped=_skipped(found),
        next="; ".join(_nexts(found, hidden)) or None,
    )


def _nexts(found: Expansion, hidden: int) -> list[str]:
    nexts: list[str] = []
    if found.truncated:
        nexts.append(f"only the first {len(found.paths)} files were taken: call again with a narrower path")
    if hidden > 0:
        nexts.append(f"{hidden} more files failed: upload a narrower path to see why")
    return nexts + found.notes


def _skipped(found: Expansion) -> str | None:
    kinds = {
        "hidden": found.skipped_hidden,
        "ignored": found.skipped_ignored,
        "secret": found.skipped_sensitive,
    }
    return ", ".join(f"{count} {kind}" for kind, count in kinds.items() if count) or None


def printable(path: str) -> str:
    """A path as text that any channel carries: undecodable bytes are shown escaped."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
