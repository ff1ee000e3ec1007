"""upload_file: store local files."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Annotated

from anyio import CancelScope, from_thread, to_thread
from pydantic import BaseModel, Field

from files_api_mcp.backends.base import Reader
from files_api_mcp.backends.errors import FilesError, InvalidArgument, NotFound, OutsideRoots
from files_api_mcp.backends.models import DocumentInfo, FileRecord, Progress, UploadedFile
from files_api_mcp.backends.roots.open_beneath import printable_path
from files_api_mcp.backends.roots.walk import Expansion
from files_api_mcp.backends.validation import checked_tags
from files_api_mcp.tools.arguments.types import Texts
from files_api_mcp.tools.context import Call, Dependencies, subprogress
from files_api_mcp.tools.result_size import rows_that_fit
from files_api_mcp.tools.uploads.folder import FolderUpload, Outcome, count_files
from files_api_mcp.tools.uploads.ingest import UploadLabels, index_uploaded, store_file, unindexed, uploaded_item
from files_api_mcp.tools.uploads.tickets import UploadedItem

__all__ = ["UploadResult", "upload", "upload_file"]

_MAX_SHOWN = 20
_STORED_TOKENS = 16_000
"""Tokens of a result that are kept for all but the failures: 20 stored files with the longest names."""
_LOOKED_UP_AT_ONCE = 50
_MOST_UNQUEUED = 20_000
"""Texts that wait until the files of the folder are stored: to read them meanwhile would slow down both."""
_MAX_LOOKED_UP = 1000
"""Files whose texts are looked for again at the end. For more than that, `reading` may count some too many."""

Watch = Callable[[str, Outcome], None]
"""Called with the path and the outcome of each file."""


class FailedItem(BaseModel):
    path: str
    error: str


class UploadCounts(BaseModel):
    files: int = 0
    new: int = 0
    reused: int = 0
    failed: int = 0
    reading: int = 0


class UploadResult(BaseModel):
    counts: UploadCounts | None = None
    skipped: str | None = None
    next: str | None = None
    notes: list[str] | None = None
    failed: list[FailedItem]
    files: list[UploadedItem]


async def upload_file(
    call: Call,
    path: Annotated[str, Field(description="File, folder or glob in an allowed folder")],
    title: Annotated[str | None, Field(description="For a single file", max_length=255)] = None,
    tags: Annotated[Texts | None, Field(description="Labels to find them by, as tag:NAME in within")] = None,
) -> UploadResult:
    """Store local files and get their file_ids. Files already stored are reused."""
    return await upload(call, path, title, tags)


async def upload(
    call: Call,
    path: str,
    title: str | None = None,
    tags: Sequence[str] | None = None,
    watch: Watch | None = None,
    *,
    until_read: bool = False,
) -> UploadResult:
    """The same as the tool. `watch` hears of each file; with `until_read`, all texts are read when this returns.

    Raises:
        FilesError: Nothing was uploaded.
    """
    labels = UploadLabels(title, checked_tags(tags or ()), call.deps.lifetime_s)
    opened, progress = await call.backend(), call.progress()
    path, found, total = await to_thread.run_sync(_look_for, call.deps, path)
    if title and total > 1:
        raise InvalidArgument("title works for a single file, but this path matches several.")
    if not total:
        why = "; ".join([_skipped(found) or "no files", *found.notes])
        raise NotFound(f"Nothing to upload there ({why}).", "Give another path.")
    summary = _Summary(opened.reader, path, total, progress, watch, until_read=until_read)
    try:
        if not found.is_file:
            try:
                await FolderUpload(call.deps, opened, summary.add, labels).run(path)
            finally:
                await summary.queue_texts()
            await summary.wait()
            return await summary.result(found)
        try:
            uploaded = await store_file(
                path,
                call.deps.roots,
                opened,
                allow_sensitive=call.deps.allow_sensitive,
                labels=labels,
                progress=subprogress(progress, 0, 60),
            )
        except (NotFound, OutsideRoots) as exc:
            raise await to_thread.run_sync(_explained, call.deps, exc, path) from exc
        summary.counts.new += not uploaded.reused
        if watch:
            watch(path, uploaded)
        item = await index_uploaded(uploaded, opened, progress)
        while until_read and item.state == "reading":
            item = await index_uploaded(uploaded, opened, progress)
        return UploadResult(failed=[], files=[item])
    finally:
        # One notification for a whole folder, even if the call is cancelled halfway.
        if summary.counts.new:
            await call.notify_files_changed()


def _look_for(deps: Dependencies, path: str) -> tuple[str, Expansion, int]:
    """The path as it is spelled there, and what it leads to."""
    spelled = deps.roots.spelled(path, check_cancelled=from_thread.check_cancelled)
    try:
        return spelled, *count_files(deps, spelled)
    except OutsideRoots as exc:
        raise _explained(deps, exc, spelled) from exc


def _explained(deps: Dependencies, refused: FilesError, path: str) -> FilesError:
    return deps.roots.explained(refused, path, check_cancelled=from_thread.check_cancelled)


class _Summary:
    """Counts the files of one call, and keeps the first of them and of the failures."""

    def __init__(
        self, reader: Reader, path: str, total: int, progress: Progress, watch: Watch | None, *, until_read: bool
    ) -> None:
        self.counts = UploadCounts()
        self._reader = reader
        self._path = path
        self._total = total
        self._progress = progress
        self._watch = watch
        self._until_read = until_read
        self._failed: list[FailedItem] = []
        self._shown: list[UploadedFile] = []
        self._reading: list[FileRecord] = []
        self._unqueued: list[str] = []

    async def add(self, outcomes: Sequence[tuple[str, Outcome]]) -> None:
        """Count the outcomes of a batch, and have its texts read in the background."""
        stored = [outcome for _, outcome in outcomes if isinstance(outcome, UploadedFile)]
        self.counts.files += len(outcomes)
        self.counts.new += sum(not one.reused for one in stored)
        self.counts.reused += sum(one.reused for one in stored)
        self.counts.failed += len(outcomes) - len(stored)
        self._shown += stored[: _MAX_SHOWN - len(self._shown)]
        for path, outcome in outcomes:
            if isinstance(outcome, FilesError) and len(self._failed) < _MAX_SHOWN:
                self._failed.append(FailedItem(path=printable_path(path), error=outcome.text))
            if self._watch:
                self._watch(path, outcome)
        reading = await self._unread([one.record for one in stored])
        self.counts.reading += len(reading)
        self._reading += reading if self._until_read else reading[: _MAX_LOOKED_UP - len(self._reading)]
        self._unqueued += [record.id for record in reading]
        if len(self._unqueued) >= _MOST_UNQUEUED:
            await self.queue_texts()
        done = min(self.counts.files, self._total)
        steps = self._total * 2 if self._until_read else self._total
        await self._progress(done, steps, f"Stored {done:,} of {self._total:,} files")

    async def queue_texts(self) -> None:
        """Have the texts read in the background."""
        unqueued, self._unqueued = self._unqueued, []
        with CancelScope(shield=True):
            await self._reader.read_later(unqueued)

    async def wait(self) -> None:
        """Wait until all texts are read, if that is wanted. They are read in the order in which they were stored."""
        for start in range(0, len(self._reading) if self._until_read else 0, _LOOKED_UP_AT_ONCE):
            for record in await self._unread(self._reading[start : start + _LOOKED_UP_AT_ONCE]):
                with suppress(FilesError):  # deleted meanwhile, for example
                    while (await self._reader.prepare(record.id)).state == "reading":
                        continue
            done = self._total - len(self._reading) + min(start + _LOOKED_UP_AT_ONCE, len(self._reading))
            await self._progress(
                self._total + done, self._total * 2, f"Read {done:,} of {self._total:,} files; it is safe to stop"
            )

    async def result(self, found: Expansion) -> UploadResult:
        """The result for an agent. What is not shown is counted."""
        self.counts.reading -= len(self._reading) - len(await self._unread(self._reading))
        infos = await self._infos([one.record for one in self._shown])
        self._failed = self._failed[: rows_that_fit(self._failed, reserved_tokens=_STORED_TOKENS)]
        return UploadResult(
            counts=self.counts,
            failed=self._failed,
            files=[self._item(one, infos[one.record.id]) for one in self._shown],
            skipped=_skipped(found),
            next="; ".join(self._next_steps(found)) or None,
        )

    def _item(self, uploaded: UploadedFile, info: DocumentInfo) -> UploadedItem:
        # `next` says it once for all of them.
        return uploaded_item(uploaded, replace(info, note=None) if info.state == "reading" else info)

    async def _unread(self, records: Sequence[FileRecord]) -> list[FileRecord]:
        infos = await self._infos(records)
        return [record for record in records if infos[record.id].state == "reading"]

    async def _infos(self, records: Sequence[FileRecord]) -> Mapping[str, DocumentInfo]:
        try:
            return await self._reader.infos(records)
        except Exception as exc:  # noqa: BLE001 - the files are stored, so their ids must reach the caller
            return dict.fromkeys((record.id for record in records), unindexed(exc))

    def _next_steps(self, found: Expansion) -> list[str]:
        steps: list[str] = []
        if found.truncated:
            steps.append(f"only {self._total:,} files were found within the limits: call again with a narrower path")
        if self._watch:
            return steps + found.notes
        if self.counts.reading:
            steps.append(f"{self.counts.reading:,} texts are still being read: a question waits for the files it names")
        if hidden := self.counts.new + self.counts.reused - len(self._shown):
            words = _within(self._path)
            how = f'list or ask all with within="{words}"' if words else "list_files shows them, newest first"
            steps.append(f"{hidden:,} more files are stored: {how}")
        if hidden := self.counts.failed - len(self._failed):
            steps.append(f"{hidden:,} more files failed: upload a narrower path to see why")
        return steps + found.notes


def _within(path: str) -> str | None:
    """The words of `within` for a folder; None for other paths than plain ones below a root."""
    folder = path.rstrip("/")
    is_plain = all(part.replace("-", "").replace("_", "").isalnum() for part in folder.split("/"))
    return f"{folder}/" if is_plain else None


def _skipped(found: Expansion) -> str | None:
    kinds = {
        "hidden": found.skipped_hidden,
        "ignored": found.skipped_ignored,
        "secret": found.skipped_sensitive,
    }
    return ", ".join(f"{count} {kind}" for kind, count in kinds.items() if count) or None
