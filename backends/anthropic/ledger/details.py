"""FileDetails: what only this machine knows of a file in the workspace: its upload, its tags and its versions."""

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from files_api_mcp.backends.anthropic.ledger.rows import Entry, Origin, Source, among, insert, select
from files_api_mcp.backends.anthropic.ledger.upload_records import UploadRecord, UploadRecords
from files_api_mcp.backends.anthropic.ledger.versions import History, history_of
from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.file_versions import FileState
from files_api_mcp.backends.validation import MAX_TAGS

__all__ = [
    "UNKNOWN",
    "FileDetails",
    "RecordedFile",
    "add_tags",
    "details_of",
    "record_of",
    "refuse_many_tags",
    "remove_tags",
    "tags_of",
    "write_record",
]


@dataclass(frozen=True, slots=True)
class FileDetails:
    """`entry` is None for a file that another machine uploaded. `sources` are where it was read, the newest reading
    first; `came_without_path` says whether it was once read without a path. `paths` are what filters compare: see
    FilteredFile. `tagged_us` is the time of upload that the tags have."""

    entry: Entry | None = None
    tags: tuple[str, ...] = ()
    state: FileState = "ready"
    superseded_by: str | None = None
    sources: Sequence[Source] = ()
    came_without_path: bool = False
    paths: tuple[tuple[str, str | None], ...] = ()
    tagged_us: int = 0

    @property
    def created_us(self) -> int:
        """When the file was uploaded; 0 if nothing is known of it."""
        return self.entry.created_us if self.entry else self.tagged_us

    @property
    def path(self) -> str | None:
        """The path where it was last read."""
        if self.sources:
            return self.sources[0].path
        return self.entry.content.source_path if self.entry else None

    def has(self, path: str | None, origin: Origin) -> bool:
        """Whether reading the file's bytes at this path would change nothing."""
        if not set(origin.tags).issubset(self.tags):
            return False
        if path is None:
            return self.came_without_path
        last = self.sources[0] if self.sources else None
        return (
            last is not None
            and (last.path, last.gone_us) == (path, None)
            and self.state == "ready"
            and (path, last.root) in self.paths
            and origin.root in (None, last.root)
            and origin.mark in (None, last.mark)
        )


UNKNOWN = FileDetails()


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """A file whose upload was recorded. `replaces` is the id of the version that it superseded."""

    entry: Entry
    details: FileDetails
    replaces: str | None = None


def details_of(connection: sqlite3.Connection, scope: str, file_ids: Iterable[str] | None) -> dict[str, FileDetails]:
    """The details of some files (None: of all that were not deleted), by id, in the order in which they were recorded.
    Files of which nothing is known are left out."""
    condition, values = among("file_id", file_ids)
    where = f"scope = ? AND {condition}"
    entries = {row[1]: Entry.of(row) for row in select(connection, "file", where, scope, *values)}
    tags: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for _, file_id, tag, created_us in select(connection, "tag", where, scope, *values):
        tags[file_id][tag] = created_us
    history = history_of(connection, scope, file_ids)
    return {file_id: _details(file_id, entries.get(file_id), tags[file_id], history) for file_id in (*entries, *tags)}


def tags_of(connection: sqlite3.Connection, scope: str, file_id: str) -> list[str]:
    """The tags of a file."""
    return sorted(row[2] for row in select(connection, "tag", "scope = ? AND file_id = ?", scope, file_id))


def add_tags(connection: sqlite3.Connection, scope: str, file_id: str, created_us: int, tags: Iterable[str]) -> None:
    """Add tags to a file, whose time of upload is `created_us`."""
    for tag in tags:
        insert(connection, "tag", (scope, file_id, tag, created_us))


def remove_tags(connection: sqlite3.Connection, scope: str, file_id: str, tags: Iterable[str] | None = None) -> None:
    """Remove tags of a file, or all."""
    condition, values = among("tag", tags)
    query = f"DELETE FROM tag WHERE scope = ? AND file_id = ? AND {condition}"  # noqa: S608 - names of ours
    connection.execute(query, (scope, file_id, *values))


def refuse_many_tags(file_id: str, tags: Collection[str]) -> None:
    """Refuse more tags than a file may have.

    Raises:
        InvalidArgument: There are more.
    """
    if len(tags) > MAX_TAGS:
        raise InvalidArgument(f"{file_id} would have more than {MAX_TAGS} tags.", "Remove some first.")


def record_of(connection: sqlite3.Connection, credential: str, scope: str, entry: Entry) -> UploadRecord:
    """The record that the rows of an upload make."""
    where = "scope = ? AND file_id = ?", scope, entry.file_id
    sources = tuple(Source.of(row) for row in select(connection, "source", *where))
    return UploadRecord(credential, scope, entry, tuple(tags_of(connection, scope, entry.file_id)), sources)


def write_record(
    connection: sqlite3.Connection, records: UploadRecords, credential: str, scope: str, file_id: str
) -> None:
    """Write the record of an upload from its rows, if it has any. Tags of files of others have no record."""
    for row in select(connection, "file", "scope = ? AND file_id = ?", scope, file_id):
        records.put(record_of(connection, credential, scope, Entry.of(row)))


def _details(file_id: str, entry: Entry | None, tags: Mapping[str, int], history: History) -> FileDetails:
    return FileDetails(
        entry=entry,
        tags=tuple(sorted(tags)),
        state=history.state(file_id),
        superseded_by=history.superseded_by(file_id),
        sources=history.sources(file_id),
        came_without_path=history.came_without_path(file_id),
        paths=history.paths(file_id),
        tagged_us=max(tags.values(), default=0),
    )
