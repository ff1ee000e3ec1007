"""Versions: which file was read at each path, and which of them is current.

A file is current while it is the newest version of one of its paths, or if it has no path. A version that comes back
is the newest again. A deleted version stays the newest of its path, so that the one before it does not come back.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter

from files_api_mcp.backends.anthropic.ledger.rows import Entry, Origin, Source, among, insert, select
from files_api_mcp.backends.clock import from_us, to_us, utc_now
from files_api_mcp.backends.file_versions import FileState, FileVersion

__all__ = [
    "History",
    "add_missing_sources",
    "history_of",
    "mark_gone",
    "previous_of",
    "record_source",
    "restore_source",
]


class History:
    """All versions of some paths. `deleted` has the ids of those that were deleted."""

    def __init__(self, sources: Iterable[Source], deleted: Iterable[str]) -> None:
        self._deleted = frozenset(deleted)
        self._of_path: defaultdict[str, list[Source]] = defaultdict(list)
        self._of_file: defaultdict[str, list[Source]] = defaultdict(list)
        for source in sorted(sources, key=attrgetter("at_us"), reverse=True):
            self._of_path[source.path].append(source)
            self._of_file[source.file_id].append(source)

    @property
    def file_ids(self) -> Collection[str]:
        """All files that were read at these paths."""
        return self._of_file.keys()

    def sources(self, file_id: str) -> Sequence[Source]:
        """Where a file was read, the newest reading first."""
        return self._of_file.get(file_id, ())

    def current(self, file_id: str) -> Sequence[Source]:
        """Those of its sources of which it is the newest version."""
        return [source for source in self.sources(file_id) if self._of_path[source.path][0] is source]

    def is_deleted(self, file_id: str) -> bool:
        """Whether a version was deleted."""
        return file_id in self._deleted

    def state(self, file_id: str) -> FileState:
        """The state of a file."""
        if not self.sources(file_id):
            return "ready"
        current = self.current(file_id)
        if any(source.gone_us is None for source in current):
            return "ready"
        return "gone" if current else "superseded"

    def paths(self, file_id: str) -> tuple[tuple[str, str | None], ...]:
        """The paths that a filter compares, with their roots; see FilteredFile."""
        current = [source for source in self.current(file_id) if source.gone_us is None]
        return tuple((source.path, source.root) for source in current or self.sources(file_id))

    def superseded_by(self, file_id: str) -> str | None:
        """The current version of a superseded file's newest path; None if it was deleted, or if the file is not
        superseded."""
        if self.state(file_id) != "superseded":
            return None
        newest = self._of_path[self.sources(file_id)[0].path][0].file_id
        return None if newest in self._deleted else newest

    def previous(self, file_id: str) -> str | None:
        """See `previous_of`."""
        for source in self.current(file_id):
            for other in self._of_path[source.path][1:]:
                if other.file_id not in self._deleted and self.state(other.file_id) == "superseded":
                    return other.file_id
        return None

    def versions(self, file_id: str, created_us: Mapping[str, int]) -> list[FileVersion]:
        """The versions of a file's paths, newest first. One whose time of upload is unknown has that of its reading."""
        found = [other for source in self.sources(file_id) for other in self._of_path[source.path]]
        return [
            FileVersion(
                path=source.path,
                file_id=source.file_id,
                created_at=from_us(created_us.get(source.file_id, source.at_us)),
                is_current=self._of_path[source.path][0] is source and source.gone_us is None,
                deleted=source.file_id in self._deleted,
            )
            for source in sorted(found, key=attrgetter("at_us"), reverse=True)
        ]


def history_of(connection: sqlite3.Connection, scope: str, file_ids: Iterable[str] | None) -> History:
    """The history of the paths of some files, or of all."""
    return _history(connection, scope, None if file_ids is None else _paths(connection, scope, file_ids))


def previous_of(connection: sqlite3.Connection, scope: str, file_id: str) -> str | None:
    """The version before a current one that exists and stays superseded."""
    paths = _paths(connection, scope, [file_id])
    if not paths:
        return None
    # A version is superseded only if it is the newest at none of its other paths either.
    versions = {row[1] for row in select(connection, "source", *_where(scope, "path", paths))}
    return history_of(connection, scope, versions).previous(file_id)


def record_source(
    connection: sqlite3.Connection, scope: str, file_id: str, path: str, origin: Origin, read_us: int
) -> str | None:
    """Record that a file was read at a path; returns the id of the version that it superseded, if one exists."""
    known = {source.at_us: source for source in _at(connection, scope, path)}
    newest = known[max(known)] if known else None
    if newest is not None and newest.file_id == file_id:
        # What is not known now was known before: the bytes are the same.
        again = replace(newest, root=origin.root or newest.root, mark=origin.mark or newest.mark, gone_us=None)
        if again != newest:
            insert(connection, "source", again.row(scope))
        return None
    if newest is not None and newest.at_us > to_us(utc_now()):
        # The clock was set back.
        read_us = newest.at_us + 1
    # An upload that was finished late does not supersede what was read after it began.
    while read_us in known:
        read_us += 1
    insert(connection, "source", Source(file_id, path, origin.root, origin.mark, read_us).row(scope))
    if newest is None or newest.at_us > read_us:
        return None
    history = history_of(connection, scope, [newest.file_id])
    is_replaced = history.state(newest.file_id) == "superseded" and not history.is_deleted(newest.file_id)
    return newest.file_id if is_replaced else None


def mark_gone(connection: sqlite3.Connection, scope: str, paths: Iterable[str]) -> list[str]:
    """Record that paths no longer exist; returns the ids of the files that were current there."""
    marked: list[str] = []
    for path in paths:
        newest = max(_at(connection, scope, path), key=attrgetter("at_us"), default=None)
        if newest is not None and newest.gone_us is None:
            insert(connection, "source", replace(newest, gone_us=to_us(utc_now())).row(scope))
            marked.append(newest.file_id)
    return marked


def restore_source(connection: sqlite3.Connection, scope: str, source: Source) -> None:
    """Record a source from a copy, unless a later reading is known."""
    key = "scope = ? AND path = ? AND file_id = ?", scope, source.path, source.file_id
    known = [Source.of(row) for row in select(connection, "source", *key)]
    if not known or known[0].at_us < source.at_us:
        insert(connection, "source", source.row(scope))


def add_missing_sources(connection: sqlite3.Connection) -> None:
    """Record the path of each file that has one in its entry only: it was uploaded before there was a history."""
    known = {(row[0], row[1]) for row in select(connection, "source")}
    for row in select(connection, "file"):
        entry = Entry.of(row)
        if entry.content.source_path is not None and (row[0], entry.file_id) not in known:
            source = Source(entry.file_id, entry.content.source_path, None, None, entry.created_us)
            insert(connection, "source", source.row(row[0]))


def _history(connection: sqlite3.Connection, scope: str, paths: Iterable[str] | None) -> History:
    sources = [Source.of(row) for row in select(connection, "source", *_where(scope, "path", paths))]
    ids = {source.file_id for source in sources}
    return History(sources, (row[1] for row in select(connection, "gone", *_where(scope, "file_id", ids))))


def _paths(connection: sqlite3.Connection, scope: str, file_ids: Iterable[str]) -> set[str]:
    return {row[2] for row in select(connection, "source", *_where(scope, "file_id", file_ids))}


def _at(connection: sqlite3.Connection, scope: str, path: str) -> list[Source]:
    return [Source.of(row) for row in select(connection, "source", "scope = ? AND path = ?", scope, path)]


def _where(scope: str, column: str, values: Iterable[str] | None) -> tuple[str, str, *tuple[str, ...]]:
    condition, parameters = among(column, values)
    return f"scope = ? AND {condition}", scope, *parameters
