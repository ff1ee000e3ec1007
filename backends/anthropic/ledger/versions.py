"""Versions: which file was read at each path, and which of them is current.

A file is current while it is the newest version of one of its paths, or if it has no path. A version that comes back
is the newest again. A deleted version stays the newest of its path, so that the one before it does not come back.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
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
        self._without_path: set[str] = set()
        for source in sorted(sources, key=attrgetter("at_us"), reverse=True):
            if source.path:
                self._of_path[source.path].append(source)
                self._of_file[source.file_id].append(source)
            else:
                self._without_path.add(source.file_id)

    def is_deleted(self, file_id: str) -> bool:
        """Whether a version was deleted."""
        return file_id in self._deleted

    def came_without_path(self, file_id: str) -> bool:
        """Whether a file was once uploaded without a path."""
        return file_id in self._without_path

    def sources(self, file_id: str) -> Sequence[Source]:
        """Where a file was read, the newest reading first."""
        return self._of_file.get(file_id, ())

    def state(self, file_id: str) -> FileState:
        """The state of a file."""
        if file_id in self._without_path or not self.sources(file_id):
            return "ready"
        newest = [source for source in self.sources(file_id) if self._is_newest(source)]
        if any(source.gone_us is None for source in newest):
            return "ready"
        return "gone" if newest else "superseded"

    def paths(self, file_id: str) -> tuple[tuple[str, str | None], ...]:
        """The paths that a filter compares, with their roots; see FilteredFile."""
        mine = self.sources(file_id)
        if self.state(file_id) == "ready":
            mine = [source for source in mine if self._is_newest(source) and source.gone_us is None]
        return tuple((source.path, source.root) for source in mine)

    def superseded_by(self, file_id: str) -> str | None:
        """The current version of the path where a superseded file was last read; None if it was deleted, or if the file
        is not superseded."""
        if self.state(file_id) != "superseded":
            return None
        newest = self._of_path[self.sources(file_id)[0].path][0].file_id
        return None if newest in self._deleted else newest

    def previous(self, file_id: str) -> str | None:
        """See `previous_of`."""
        last, *_ = self.sources(file_id)
        if not self._is_newest(last):
            return None
        before = (one.file_id for one in self._of_path[last.path][1:] if one.file_id not in self._deleted)
        newest = next(before, None)
        return newest if newest and self.state(newest) == "superseded" else None

    def versions(self, file_id: str) -> list[FileVersion]:
        """The versions of a file's paths, newest first."""
        found = [other for source in self.sources(file_id) for other in self._of_path[source.path]]
        return [
            FileVersion(
                path=source.path,
                file_id=source.file_id,
                created_at=from_us(source.created_us),
                is_current=self._is_newest(source),
                deleted=source.file_id in self._deleted,
                root=source.root,
                mark=source.mark,
            )
            for source in sorted(found, key=attrgetter("at_us"), reverse=True)
        ]

    def _is_newest(self, source: Source) -> bool:
        return self._of_path[source.path][0] is source


def history_of(connection: sqlite3.Connection, scope: str, file_ids: Iterable[str] | None) -> History:
    """The history of the paths of some files, or of all."""
    if file_ids is None:
        rows = select(connection, "source", "scope = ?", scope)
    else:
        mine = select(connection, "source", *_where(scope, "file_id", file_ids))
        rows = [row for row in mine if not row[2]]
        rows += select(connection, "source", *_where(scope, "path", {row[2] for row in mine} - {""}))
    sources = [Source.of(row) for row in rows]
    ids = None if file_ids is None else {source.file_id for source in sources}
    return History(sources, (row[1] for row in select(connection, "gone", *_where(scope, "file_id", ids))))


def previous_of(connection: sqlite3.Connection, scope: str, file_id: str) -> str | None:
    """The version of the path where a file was last read that was there before it, exists and stays superseded; None
    if the file itself is not the newest there."""
    sources = history_of(connection, scope, [file_id]).sources(file_id)
    if not sources:
        return None
    # A version is superseded only if it is the newest at none of its other paths either.
    versions = {source.file_id for source in _at(connection, scope, sources[0].path)}
    return history_of(connection, scope, versions).previous(file_id)


def record_source(
    connection: sqlite3.Connection, scope: str, entry: Entry, path: str | None, origin: Origin, read_us: int
) -> str | None:
    """Record that a file was read at a path, or came without one; returns the id of the version that it superseded, if
    one exists."""
    source = Source(entry.file_id, path or "", origin.root, origin.mark, entry.created_us, read_us)
    if path is None:
        restore_source(connection, scope, source)
        return None
    known = {one.at_us: one for one in _at(connection, scope, path)}
    newest = known[max(known)] if known else None
    if newest is not None and newest.at_us > to_us(utc_now()):
        # The clock was set back.
        source = replace(source, at_us=newest.at_us + 1)
    # An upload that was finished late does not supersede what was read after it began.
    while source.at_us in known:
        source = replace(source, at_us=source.at_us + 1)
    if newest is not None and newest.file_id == entry.file_id:
        # What is not known now was known before: the bytes are the same.
        source = replace(source, root=origin.root or newest.root, mark=origin.mark or newest.mark)
    if newest is not None and newest.file_id != entry.file_id and newest.at_us > source.at_us:
        restore_source(connection, scope, source)
        return None
    insert(connection, "source", source.row(scope))
    if newest is None or newest.file_id == entry.file_id:
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
    """Record the path of each file that has it in its entry only: it was uploaded before there was a history."""
    known = {(row[0], row[1]) for row in select(connection, "source")}
    for row in select(connection, "file"):
        entry = Entry.of(row)
        if (row[0], entry.file_id) not in known:
            path = entry.content.source_path or ""
            source = Source(entry.file_id, path, None, None, entry.created_us, entry.created_us)
            insert(connection, "source", source.row(row[0]))


def _at(connection: sqlite3.Connection, scope: str, path: str) -> list[Source]:
    return [Source.of(row) for row in select(connection, "source", "scope = ? AND path = ?", scope, path)]


def _where(scope: str, column: str, values: Iterable[str] | None) -> tuple[str, str, *tuple[str, ...]]:
    condition, parameters = among(column, values)
    return f"scope = ? AND {condition}", scope, *parameters
