"""Originals: the local copies of uploaded files and of files that the API's tools created."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from anyio import CancelScope, to_thread

from files_api_mcp.backends.anthropic.api.files import ApiFile
from files_api_mcp.backends.anthropic.files.files import AnthropicFiles
from files_api_mcp.backends.anthropic.files.records import facts_of, facts_of_entry, original_of, record_of
from files_api_mcp.backends.anthropic.ledger.details import UNKNOWN, FileDetails
from files_api_mcp.backends.anthropic.ledger.ledger import Ledger
from files_api_mcp.backends.anthropic.ledger.rows import Content, Entry
from files_api_mcp.backends.clock import to_us, utc_now
from files_api_mcp.backends.content_source import LiveFiles
from files_api_mcp.backends.documents.media_types import sniff
from files_api_mcp.backends.errors import FileExpired, NotFound, StorageFull, UnsupportedType
from files_api_mcp.backends.file_filter import ALL_FILES, ANY_STATE, FileFilter, FilterFacts
from files_api_mcp.backends.file_versions import FileVersion
from files_api_mcp.backends.models import FileRecord, Snapshot
from files_api_mcp.backends.roots.os_errors import FULL
from files_api_mcp.backends.staging.spool import Spool
from files_api_mcp.backends.storage.blob_cache import BlobCache

__all__ = ["OriginalMissing", "Originals"]

_ENDS = 64 * 1024
_MOST_FILTERS = 16
"""Filters whose files are kept, so that questions with them find what the index made of them."""


class OriginalMissing(UnsupportedType):
    """The file's original is not on this machine, and the API does not return it."""


class Originals:
    """Finds the local copies of a workspace's files. Implements ContentSource."""

    def __init__(self, files: AnthropicFiles, ledger: Ledger, copies: BlobCache, spool: Spool) -> None:
        self._files = files
        self._ledger = ledger
        self._copies = copies
        self._spool = spool
        self._live: dict[FileFilter, LiveFiles] = {}

    async def blob_path(self, file_id: str) -> tuple[FileRecord, Path]:
        """The path of a file's original. A file created by a tool is downloaded first.

        Raises:
            NotFound, FileExpired: The file does not exist or has expired.
            OriginalMissing: Its original is not on this machine and cannot be downloaded.
        """
        details = (await self._ledger.catalog.details([file_id])).get(file_id, UNKNOWN)
        entry = details.entry
        if entry is None:
            if await self._ledger.name_of_gone(file_id) is not None:
                raise NotFound(f"{file_id} was deleted.")
            return await self._fetched(file_id)
        record = original_of(entry, details)
        _refuse_expired(record)
        path = await self._copies.path(entry.content.source_sha256)
        if path is None:
            raise _missing(record)
        return record, path

    async def located(self, file_ids: Sequence[str]) -> Sequence[tuple[FileRecord, Path]]:
        """Those of the files whose originals are on this machine, with their paths. The API is not called."""
        known = await self._ledger.catalog.details(file_ids)
        return await self._copied([known[file_id] for file_id in file_ids if file_id in known])

    async def contents(self, within: FileFilter = ANY_STATE) -> Sequence[tuple[FileRecord, Path]]:
        """The live files that match and whose originals are on this machine, newest first. The API is not called."""
        now = to_us(utc_now())
        known = await self._ledger.catalog.all()
        live = [
            details
            for details in reversed(known.values())
            if (entry := details.entry) is not None
            and (entry.expires_us is None or entry.expires_us > now)
            and within.matches(facts_of_entry(entry, details))
        ]
        return await self._copied(live)

    def held(self, file_id: str) -> FileRecord | None:  # noqa: ARG002  see ContentSource
        """None: only the ledger and the API together know it."""
        return None

    def held_versions(self, file_id: str) -> Sequence[FileVersion] | None:  # noqa: ARG002  see ContentSource
        """None, as no file is held."""
        return None

    async def live_files(self, within: FileFilter = ALL_FILES) -> LiveFiles:
        """Those of these files that match. One whose entry in the ledger is damaged counts as uploaded from
        elsewhere."""
        files = LiveFiles.of([record for record, _ in await self.contents(within)])
        known = self._live.pop(within, files)
        same = known if (files.ids, files.digests) == (known.ids, known.digests) else files
        # The filters used last, in order.
        self._live[within] = same
        while len(self._live) > _MOST_FILTERS:
            self._live.pop(next(iter(self._live)))
        return same

    async def matching(self, file_ids: Sequence[str], within: FileFilter) -> Sequence[str]:
        """Those of the ids whose files match. The API is asked only about files that were uploaded from elsewhere."""
        known = await self._ledger.catalog.details(file_ids)
        strange = [file_id for file_id in file_ids if known.get(file_id, UNKNOWN).entry is None]
        facts = {file.id: _live_facts(file, known) for file in await self._files.described(strange)}
        for file_id, details in known.items():
            if details.entry is not None:
                _refuse_expired(original_of(details.entry, details))
                facts[file_id] = facts_of_entry(details.entry, details)
        return [file_id for file_id in file_ids if within.matches(facts[file_id])]

    async def absent(self, contents: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
        """Those of the contents that none of these files has."""
        return (await self.live_files(ANY_STATE)).lacking(contents)

    async def _copied(self, known: Sequence[FileDetails]) -> list[tuple[FileRecord, Path]]:
        entries = [(details.entry, details) for details in known if details.entry is not None]
        paths = await self._copies.paths([entry.content.source_sha256 for entry, _ in entries])
        return [
            (original_of(entry, details), path)
            for (entry, details), path in zip(entries, paths, strict=True)
            if path is not None
        ]

    async def _fetched(self, file_id: str) -> tuple[FileRecord, Path]:
        record = await self._files.describe(file_id)
        _refuse_expired(record)
        if not record.downloadable:
            raise _missing(record)
        path = self._spool.new_path()
        try:
            snapshot = await self._download(file_id, path, record.filename)
            content = Content(
                source_sha256=snapshot.sha256,
                sent_sha256=snapshot.sha256,
                size_bytes=snapshot.size_bytes,
                filename=record.filename,
                local_type=snapshot.mime_type,
                sent_type=record.mime_type,
            )
            expires_us = None if record.expires_at is None else to_us(record.expires_at)
            entry = Entry(file_id, content, to_us(record.created_at), expires_us)
            await self._copies.keep(snapshot)
        finally:
            with CancelScope(shield=True):
                await to_thread.run_sync(lambda: path.unlink(missing_ok=True))
        await self._ledger.adopt(entry)
        kept = await self._copies.path(snapshot.sha256)
        if kept is None:
            raise _missing(record)
        return original_of(entry, FileDetails(entry)), kept

    async def _download(self, file_id: str, path: Path, filename: str) -> Snapshot:
        fd = await to_thread.run_sync(lambda: os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        digest = hashlib.sha256()
        try:
            async with self._files.download(file_id) as (record, chunks):
                async for chunk in chunks:
                    await to_thread.run_sync(_write, fd, chunk)
                    digest.update(chunk)
            head, tail, kind = await to_thread.run_sync(_settled, fd, record.size_bytes, filename)
            return Snapshot(path, digest.hexdigest(), record.size_bytes, head, tail, kind)
        finally:
            with CancelScope(shield=True):
                await to_thread.run_sync(os.close, fd)


def _write(fd: int, chunk: bytes) -> None:
    left = memoryview(chunk)
    try:
        while left:
            left = left[os.write(fd, left) :]
    except OSError as exc:
        if exc.errno in FULL:
            raise StorageFull("There is not enough disk space for a copy of the file.") from exc
        raise


def _settled(fd: int, size_bytes: int, filename: str) -> tuple[bytes, bytes, str]:
    """Make the file durable; returns its first and last 64 KiB, and its type."""
    os.fsync(fd)
    head, tail = os.pread(fd, _ENDS, 0), os.pread(fd, _ENDS, max(0, size_bytes - _ENDS))
    return head, tail, sniff(head, tail, filename)


def _live_facts(file: ApiFile, known: Mapping[str, FileDetails]) -> FilterFacts:
    details = known.get(file.id, UNKNOWN)
    _refuse_expired(record_of(file, details))
    return facts_of(file, details)


def _refuse_expired(record: FileRecord) -> None:
    if record.expires_at is not None and record.expires_at <= datetime.now(UTC):
        raise FileExpired(f"The content of {record.id} expired.")


def _missing(record: FileRecord) -> OriginalMissing:
    return OriginalMissing(
        f"The original of {record.filename} is not on this machine: it was uploaded from elsewhere.",
        "Use ask_document; to read it here, upload the original again.",
    )
