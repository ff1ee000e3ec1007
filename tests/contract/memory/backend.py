"""Files in memory. Implements FilesBackend and ContentSource."""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from anyio import to_thread

from files_api_mcp.backends.base import OnDelete
from files_api_mcp.backends.clock import to_us
from files_api_mcp.backends.content_source import Content, LiveFiles
from files_api_mcp.backends.errors import FileExpired, FilesError, InvalidArgument, NotDownloadable, NotFound
from files_api_mcp.backends.file_filter import ALL_FILES, ANY_STATE, FileFilter, FilterFacts
from files_api_mcp.backends.file_versions import FileVersion
from files_api_mcp.backends.models import (
    DeletedFile,
    FilePage,
    FileRecord,
    FoundFiles,
    NewFile,
    Progress,
    Snapshot,
    UploadedFile,
    silent,
)
from files_api_mcp.backends.validation import check_file_id, check_new, checked_tags, fold_filename, new_file_id
from tests.contract.memory.versions import FileSource, Versions

__all__ = ["MemoryFiles"]


@dataclass(frozen=True, slots=True)
class _File:
    record: FileRecord
    content: bytes
    new: NewFile
    deleted: bool = False


class MemoryFiles:
    """Files that last as long as the process. For parsers, their bytes are also written to files in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, _File] = {}
        self._versions = Versions()
        self._cursors: dict[str, int] = {}
        self._on_delete: OnDelete | None = None

    def on_delete(self, hook: OnDelete) -> None:
        """Call this after each deletion."""
        self._on_delete = hook

    async def upload(self, snapshot: Snapshot, new: NewFile, progress: Progress = silent) -> UploadedFile:
        """Keep the bytes; the same bytes under the same name and lifetime are the same file."""
        check_new(new)
        content = snapshot.content
        if content is None:
            content = await to_thread.run_sync(snapshot.path.read_bytes)
        lifetime = new.expires_in_seconds
        for file in self._live():
            if (file.record.sha256, file.record.filename, file.new.expires_in_seconds) == (
                snapshot.sha256,
                new.filename,
                lifetime,
            ):
                tags = checked_tags([*file.record.tags, *new.tags])
                return self._uploaded(replace(file, record=file.record.model_copy(update={"tags": tags})), new, True)
        now = datetime.now(UTC)
        record = FileRecord(
            id=new_file_id(),
            filename=new.filename,
            mime_type=new.mime_type,
            size_bytes=len(content),
            created_at=now,
            downloadable=new.downloadable,
            expires_at=now + timedelta(seconds=lifetime) if lifetime is not None else None,
            sha256=hashlib.sha256(content).hexdigest(),
            title=new.title,
            source_path=new.source_path,
            tags=checked_tags(new.tags),
        )
        return self._uploaded(_File(record, content, new), new, False)

    def _uploaded(self, file: _File, new: NewFile, reused: bool) -> UploadedFile:
        path = new.source_path
        source = None if path is None else FileSource(path, new.source_root, new.source_mark)
        self._files[file.record.id] = file
        replaces = self._versions.read(file.record.id, file.record.created_at, source)
        return UploadedFile(self._current(file).record, reused, replaces)

    async def upload_many(
        self, items: Sequence[tuple[Snapshot, NewFile]], progress: Progress = silent
    ) -> Sequence[UploadedFile | FilesError]:
        """Keep several files, one after another."""
        outcomes: list[UploadedFile | FilesError] = []
        for snapshot, new in items:
            try:
                outcomes.append(await self.upload(snapshot, new))
            except FilesError as exc:
                outcomes.append(exc)
            await progress(len(outcomes), len(items), "Stored")
        return outcomes

    async def list(self, *, limit: int = 20, cursor: str | None = None, within: FileFilter = ALL_FILES) -> FilePage:
        """List files newest first; a cursor counts files from the oldest, so that new ones do not shift it."""
        if not 1 <= limit <= 1000:
            raise InvalidArgument("limit must be between 1 and 1000.")
        if cursor is not None and cursor not in self._cursors:
            raise InvalidArgument("The cursor is not from this list.")
        files = [*enumerate(self._files.values())][: self._cursors[cursor] if cursor else None]
        found = [
            (number, self._current(file).record)
            for number, file in reversed(files)
            if not file.deleted and self._matches(file, within)
        ]
        if len(found) <= limit:
            return FilePage([record for _, record in found], None)
        next_cursor = f"page_{found[limit - 1][0]}"
        self._cursors[next_cursor] = found[limit - 1][0]
        return FilePage([record for _, record in found[:limit]], next_cursor)

    async def find(self, text: str, *, limit: int) -> FoundFiles:
        """Find files by the beginning of their id or a part of their name."""
        wanted = fold_filename(text)
        found = [
            file.record
            for file in reversed([*self._live(ALL_FILES)])
            if file.record.id.startswith(text) or wanted in fold_filename(file.record.filename)
        ]
        return FoundFiles(found[:limit], more=len(found) > limit, total=len(found))

    async def describe(self, file_id: str) -> FileRecord:
        """Describe one file."""
        return self._find(file_id).record

    async def versions(self, file_id: str) -> Sequence[FileVersion]:
        """The files of a file's paths."""
        return self._versions.of(self._find(file_id).record.id)

    async def tag(
        self, file_ids: Sequence[str], *, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> Sequence[FileRecord]:
        """Change the tags of all files, or of none."""
        gone, changed = set(checked_tags(remove)), list[_File]()
        for file_id in file_ids:
            file = self._find(file_id)
            tags = checked_tags([*set(file.record.tags) - gone, *add])
            changed.append(replace(file, record=file.record.model_copy(update={"tags": tags})))
        self._files |= {file.record.id: file for file in changed}
        return [file.record for file in changed]

    @asynccontextmanager
    async def download(self, file_id: str) -> AsyncGenerator[tuple[FileRecord, AsyncIterator[bytes]]]:
        """Give the bytes back in chunks of 1 MiB."""
        file = self._find_live(file_id)
        if not file.record.downloadable:
            raise NotDownloadable("Uploaded files cannot be downloaded.")

        async def chunks() -> AsyncIterator[bytes]:
            for start in range(0, len(file.content), 1024 * 1024):
                yield file.content[start : start + 1024 * 1024]

        yield file.record, chunks()

    async def delete(self, file_id: str) -> DeletedFile:
        """Delete a file; a second call says so."""
        check_file_id(file_id)
        file = self._files.get(file_id)
        if file is None:
            raise NotFound(f"No file has the id {file_id}.")
        self._files[file_id] = replace(file, deleted=True, content=b"")
        previous = None if file.deleted else self._versions.delete(file_id)
        if self._on_delete is not None and not file.deleted:
            await self._on_delete(file.record)
        return DeletedFile(file_id, file.record.filename, file.deleted, previous)

    async def blob_path(self, file_id: str) -> tuple[FileRecord, Path]:
        """The file in the folder that holds the bytes."""
        return await to_thread.run_sync(self._write, self._find_live(file_id))

    async def located(self, file_ids: Sequence[str]) -> Sequence[tuple[FileRecord, Path]]:
        """Those of the files that are not deleted or expired."""
        return [one for one in await self.contents() if one[0].id in file_ids]

    async def contents(self) -> Sequence[tuple[FileRecord, Path]]:
        """Every file that is not deleted or expired."""
        return [await to_thread.run_sync(self._write, file) for file in reversed([*self._live()])]

    def held(self, file_id: str) -> FileRecord | None:
        """None: bytes are written when they are asked for."""
        return None

    def held_versions(self, file_id: str) -> Sequence[FileVersion] | None:
        """None, as no file is held."""
        return None

    async def live_files(self, within: FileFilter = ALL_FILES) -> LiveFiles:
        """Those of these files that match."""
        return LiveFiles.of([file.record for file in reversed([*self._live(within)])])

    async def matching(self, file_ids: Sequence[str], within: FileFilter) -> Sequence[str]:
        """Those of the ids whose files match."""
        return [one for one in file_ids if self._matches(self._find_live(one), within)]

    async def absent(self, contents: Sequence[Content]) -> Sequence[Content]:
        """Those of the contents that no live file has."""
        return (await self.live_files(ANY_STATE)).lacking(contents)

    def _write(self, file: _File) -> tuple[FileRecord, Path]:
        path = self._folder / str(file.record.sha256)
        if not path.exists():
            path.write_bytes(file.content)
        return file.record, path

    def _live(self, within: FileFilter = ANY_STATE) -> Sequence[_File]:
        now = datetime.now(UTC)
        return [
            self._current(file)
            for file in self._files.values()
            if not file.deleted
            and (file.record.expires_at is None or file.record.expires_at > now)
            and self._matches(file, within)
        ]

    def _current(self, file: _File) -> _File:
        """The file with its state as of now."""
        file_id = file.record.id
        source = self._versions.source(file_id)
        facts = {
            "state": self._versions.state(file_id),
            "superseded_by": self._versions.superseded_by(file_id),
            "source_path": source.path if source else None,
        }
        return replace(file, record=file.record.model_copy(update=facts))

    def _matches(self, file: _File, within: FileFilter) -> bool:
        record = self._current(file).record
        paths = self._versions.paths(record.id)
        facts = FilterFacts(
            record.filename, record.mime_type, to_us(record.created_at), record.tags, record.state, paths
        )
        return within.matches(facts)

    def _find(self, file_id: str) -> _File:
        check_file_id(file_id)
        file = self._files.get(file_id)
        if file is None:
            raise NotFound(f"No file has the id {file_id}.")
        if file.deleted:
            raise NotFound(f"{file_id} was deleted.")
        return self._current(file)

    def _find_live(self, file_id: str) -> _File:
        file = self._find(file_id)
        if file not in self._live():
            raise FileExpired(f"{file_id} has expired.")
        return file
