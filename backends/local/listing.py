"""The listing of live files and the pages of the list, kept while the table of files does not change."""

import json
import sqlite3
from array import array
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple

from files_api_mcp.backends.content_source import Content, LiveFiles
from files_api_mcp.backends.file_filter import ALL_FILES, FileFilter
from files_api_mcp.backends.local import files_table as rows
from files_api_mcp.backends.local.filtering import Range, matching_places
from files_api_mcp.backends.local.row import Row, RowsDamaged
from files_api_mcp.backends.models import FilePage
from files_api_mcp.backends.storage.sqlite import changes_seen

__all__ = ["Listing", "PageQuery", "Pages", "absent_contents"]

_AT_ONCE = 1000
_MOST_KEPT = 2000
_MOST_FILTERS = 8
_NEVER_US = 2**63 - 1
_NO_FILES = LiveFiles([], b"", array("H"), ())


class Listing:
    """The live files that are ready, newest first, and those of a few filters. After a change only new rows are read.
    Used by the database's one thread."""

    def __init__(self) -> None:
        self._filtered: OrderedDict[FileFilter, LiveFiles] = OrderedDict()
        self._places = array("q")
        self._files = _NO_FILES
        self._connection: sqlite3.Connection | None = None
        self._seen: tuple[int, int] | None = None
        self._since_us = 0
        self._until_us = 0

    def read(
        self, connection: sqlite3.Connection, now_us: int, lost: Collection[int], within: FileFilter = ALL_FILES
    ) -> LiveFiles:
        """The live files that match. `lost` are the places of damaged rows that cannot be restored.

        Raises:
            RowsDamaged: Another row is damaged and may be restored.
        """
        seen = changes_seen(connection)
        if connection is not self._connection:
            # Another file may hold other rows at the same places.
            self._places, self._files, self._seen = array("q"), _NO_FILES, None
        # A clock that was set back brings files back.
        if seen != self._seen or not self._since_us <= now_us < self._until_us:
            self._update(connection, now_us, lost)
            self._connection, self._seen, self._since_us = connection, seen, now_us
            self._until_us = _next_expiry(connection, now_us)
            self._filtered.clear()
        if within == ALL_FILES:
            return self._files
        known = self._filtered.pop(within, None)
        self._filtered[within] = files = self._matching(connection, within, now_us) if known is None else known
        if len(self._filtered) > _MOST_FILTERS:
            self._filtered.popitem(last=False)
        return files

    def _matching(self, connection: sqlite3.Connection, within: FileFilter, now_us: int) -> LiveFiles:
        places = array("q", matching_places(connection, within, Range(_NEVER_US, now_us, live=True), _AT_ONCE))
        if within.state != "ready":
            found = (row for row in rows.at_places(connection, places) if row.is_sound)
            return LiveFiles.of([row.record for row in found])
        known, ids = self._files, list[str]()
        digests, types = bytearray(), array("H")
        for at in _positions(places, self._places):
            if at >= 0:
                ids.append(known.ids[at])
                digests += known.digests[at * 32 : at * 32 + 32]
                types.append(known.types[at])
        return LiveFiles(ids, bytes(digests), types, known.type_names, known.undescribed)

    def _update(self, connection: sqlite3.Connection, now_us: int, lost: Collection[int]) -> None:
        places, known = _live_places(connection, now_us), self._files
        before = _positions(places, self._places)
        new = _new_rows(connection, [place for place, at in zip(places, before, strict=True) if at < 0], lost)
        names = {name: number for number, name in enumerate(known.type_names)}
        listed, ids, digests, types = array("q"), list[str](), bytearray(), array("H")
        for place, at in zip(places, before, strict=True):
            if at >= 0:
                ids.append(known.ids[at])
                digests += known.digests[at * 32 : at * 32 + 32]
                types.append(known.types[at])
            elif (row := next(new)) is not None:
                ids.append(row.id)
                digests += bytes.fromhex(row.sha256)
                types.append(names.setdefault(row.mime_type, len(names)))
            else:
                continue
            listed.append(place)
        undescribed = [row.id for row in rows.at_places(connection, [*lost]) if not row.is_sound] if lost else []
        self._places, self._files = listed, LiveFiles(ids, bytes(digests), types, [*names], undescribed)


class PageQuery(NamedTuple):
    """At most `limit` files below a place that match."""

    limit: int
    below: int
    within: FileFilter


class Pages:
    """The pages read since the last change, 2,000 files at most. Used by the database's one thread."""

    def __init__(self) -> None:
        self._kept: OrderedDict[PageQuery, FilePage] = OrderedDict()
        self._files = 0
        self._connection: sqlite3.Connection | None = None
        self._seen: tuple[int, int] | None = None
        self._since_us = 0
        self._until_us = 0

    def page(
        self, connection: sqlite3.Connection, query: PageQuery, now_us: int, read: Callable[[PageQuery], FilePage]
    ) -> FilePage:
        """The kept page; if there is none, what `read` returns."""
        seen = changes_seen(connection)
        is_known = connection is self._connection and seen == self._seen
        # A clock that was set back brings files back.
        if not is_known or not self._since_us <= now_us < self._until_us:
            self._kept.clear()
            self._files = 0
            self._connection, self._seen = connection, seen
            self._since_us, self._until_us = now_us, _next_forgotten(connection, now_us)
        known = self._kept.get(query)
        if known is None:
            known = read(query)
            self._keep(query, known)
        return known

    def _keep(self, query: PageQuery, page: FilePage) -> None:
        # Damage may be mended without a change of the table.
        if page.damaged:
            return
        self._kept[query] = page
        self._files += _size(page)
        while self._files > _MOST_KEPT:
            self._files -= _size(self._kept.popitem(last=False)[1])


def absent_contents(connection: sqlite3.Connection, contents: Sequence[Content], now_us: int) -> list[Content]:
    """Those of the contents that no live row has."""
    query = (
        "SELECT wanted.key FROM json_each(?) wanted WHERE NOT EXISTS (SELECT 1 FROM files"
        " WHERE sha256 = json_extract(wanted.value, '$[0]') AND has_content = 1"
        " AND mime_type = json_extract(wanted.value, '$[1]') AND (expires_us IS NULL OR expires_us > ?))"
    )
    return [contents[at] for (at,) in connection.execute(query, (json.dumps(list(contents)), now_us))]


def _size(page: FilePage) -> int:
    return len(page.files) + 1


def _live_places(connection: sqlite3.Connection, now_us: int) -> "array[int]":
    # A row without content and without an expiry is damaged; it is read to be restored.
    live = "expires_us IS NULL OR (has_content = 1 AND expires_us > ?)"
    found = connection.execute(f"SELECT seq FROM files WHERE state = 0 AND ({live}) ORDER BY seq DESC", (now_us,))  # noqa: S608
    return array("q", [seq for (seq,) in found])


def _next_expiry(connection: sqlite3.Connection, now_us: int) -> int:
    query = "SELECT min(expires_us) FROM files WHERE has_content = 1 AND expires_us > ?"
    return connection.execute(query, (now_us,)).fetchone()[0] or _NEVER_US


def _next_forgotten(connection: sqlite3.Connection, now_us: int) -> int:
    """When the next expired file will no longer be described."""
    after_us, found = now_us - rows.METADATA_KEPT_US, _NEVER_US
    for has_content in (0, 1):
        query = "SELECT min(expires_us) FROM files WHERE has_content = ? AND expires_us > ?"
        (expires_us,) = connection.execute(query, (has_content, after_us)).fetchone()
        found = min(found, _NEVER_US if expires_us is None else expires_us + rows.METADATA_KEPT_US)
    return found


def _positions(places: "array[int]", known: "array[int]") -> "array[int]":
    """Where each place is among the known ones, -1 if it is not; both are in descending order."""
    found, at, end = array("i"), 0, len(known)
    for place in places:
        while at < end and known[at] > place:
            at += 1
        found.append(at if at < end and known[at] == place else -1)
    return found


def _new_rows(connection: sqlite3.Connection, places: Sequence[int], lost: Collection[int]) -> Iterator[Row | None]:
    """The row at each place; None for one that is lost."""
    for start in range(0, len(places), _AT_ONCE):
        some = places[start : start + _AT_ONCE]
        found = {row.seq: row for row in rows.at_places(connection, some)}
        if any(not row.is_sound and row.seq not in lost for row in found.values()):
            raise RowsDamaged
        for place in some:
            row = found.get(place)
            yield row if row is not None and row.is_sound else None
