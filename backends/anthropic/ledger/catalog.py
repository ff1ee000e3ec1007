"""FileCatalog: the details of a workspace's files: what this machine recorded of them, their tags and versions."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from files_api_mcp.backends.anthropic.ledger.details import (
    UNKNOWN,
    FileDetails,
    RecordedFile,
    add_tags,
    details_of,
    refuse_many_tags,
    remove_tags,
    tags_of,
    write_record,
)
from files_api_mcp.backends.anthropic.ledger.rows import Content, Entry, Origin, insert, select
from files_api_mcp.backends.anthropic.ledger.upload_records import UploadRecords
from files_api_mcp.backends.anthropic.ledger.versions import history_of, mark_gone, record_source
from files_api_mcp.backends.anthropic.ledger.view import LedgerView
from files_api_mcp.backends.clock import to_us, utc_now
from files_api_mcp.backends.file_versions import FileVersion

__all__ = ["FileCatalog"]


class FileCatalog:
    """Reads and changes details. Every change is durable when its call returns."""

    def __init__(self, view: LedgerView, records: UploadRecords) -> None:
        self._view = view
        self._records = records

    async def details(self, file_ids: Iterable[str]) -> dict[str, FileDetails]:
        """What is known of these files; those of which nothing is known are left out."""
        return await self._view.run(lambda connection, scope: details_of(connection, scope, file_ids))

    async def all(self) -> dict[str, FileDetails]:
        """What is known of all files that were not deleted from here, in the order in which they were recorded."""
        return await self._view.run(lambda connection, scope: details_of(connection, scope, None))

    def record(
        self, connection: sqlite3.Connection, scope: str, entry: Entry, content: Content, origin: Origin, read_us: int
    ) -> RecordedFile:
        """Record a file whose bytes were read: its entry, the tags of its origin, and the path in `content`."""
        insert(connection, "file", entry.row(scope))
        add_tags(connection, scope, entry.file_id, entry.created_us, origin.tags)
        replaces = record_source(connection, scope, entry, content.source_path, origin, read_us)
        # Synced before the commit: it completes an older copy of the ledger.
        write_record(connection, self._records, self._view.credential, scope, entry.file_id)
        details = details_of(connection, scope, [entry.file_id])[entry.file_id]
        return RecordedFile(entry, details, replaces)

    async def read_again(self, entry: Entry, content: Content, origin: Origin) -> RecordedFile:
        """Record that the bytes of a file were read again: a title and tags that it does not have, and its path.

        Raises:
            InvalidArgument: It would have too many tags.
        """
        title, path = entry.content.title or content.title, entry.content.source_path or content.source_path
        filled = replace(entry, content=replace(entry.content, title=title, source_path=path))

        def known(connection: sqlite3.Connection, scope: str) -> FileDetails:
            return details_of(connection, scope, [entry.file_id]).get(entry.file_id, UNKNOWN)

        def work(connection: sqlite3.Connection, scope: str) -> RecordedFile:
            return self.record(connection, scope, filled, content, origin, to_us(utc_now()))

        before = await self._view.run(known)
        refuse_many_tags(entry.file_id, {*before.tags, *origin.tags})
        if filled == entry and before.has(content.source_path, origin):
            return RecordedFile(entry, before)
        return await self._view.write(work)

    async def versions(self, file_id: str) -> Sequence[FileVersion]:
        """The files that were read at the paths of a file, newest first."""
        return await self._view.run(
            lambda connection, scope: history_of(connection, scope, [file_id]).versions(file_id)
        )

    async def tag(self, created_us: Mapping[str, int], *, add: Sequence[str], remove: Sequence[str]) -> None:
        """Add tags to files and remove others. The files are given with their times of upload.

        Raises:
            InvalidArgument: A file would have too many. Nothing was changed.
        """

        def work(connection: sqlite3.Connection, scope: str) -> None:
            for file_id in created_us:
                refuse_many_tags(file_id, {*tags_of(connection, scope, file_id), *add} - {*remove})
            for file_id, at_us in created_us.items():
                remove_tags(connection, scope, file_id, remove)
                add_tags(connection, scope, file_id, at_us, add)
                write_record(connection, self._records, self._view.credential, scope, file_id)

        await self._view.write(work)

    async def mark_gone(self, paths: Iterable[str]) -> list[str]:
        """Record that paths no longer exist; returns the ids of the files that were current there. Bytes that are
        uploaded from such a path are current again."""

        def work(connection: sqlite3.Connection, scope: str) -> list[str]:
            marked = mark_gone(connection, scope, paths)
            for file_id in marked:
                write_record(connection, self._records, self._view.credential, scope, file_id)
            return marked

        return await self._view.write(work)

    async def tagged(self, tags: Sequence[str]) -> dict[str, FileDetails]:
        """What is known of the files that have all of these tags."""

        def work(connection: sqlite3.Connection, scope: str) -> dict[str, FileDetails]:
            with_each = [
                {row[1] for row in select(connection, "tag", "scope = ? AND tag = ?", scope, tag)} for tag in tags
            ]
            return details_of(connection, scope, set[str].intersection(*with_each))

        # No tag has a character that SQLite does not take.
        return await self._view.run(work) if all(tag.isprintable() for tag in tags) else {}
