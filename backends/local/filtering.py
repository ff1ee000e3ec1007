"""Finds the rows that a filter asks for, by the indexes of the table of files.

A filter has conditions that SQL decides, and perhaps globs, paths or types that only Python can decide: then SQL
narrows the rows. One index leads: of tags, of a state, of types; else the rows are read from the newest on.
"""

import heapq
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from files_api_mcp.backends.file_filter import FileFilter, FilterFacts, is_of_type
from files_api_mcp.backends.local.files_table import METADATA_KEPT_US, at_places, select
from files_api_mcp.backends.local.row import NEWEST, STATES, Row, RowsDamaged, ending_of, storable
from files_api_mcp.backends.local.sources_table import of_file
from files_api_mcp.backends.models import FoundFiles
from files_api_mcp.backends.validation import fold_filename

__all__ = ["Range", "found_by_name", "matches", "matching_places", "newer"]

_AT_ONCE = 500
_MOST_TYPES = 40
"""Pairs of a type and an ending that are looked up one by one; of more, all rows are read."""
_WILD = frozenset("*?[")
_COUNTED = 1000
_HAS_PATH = """EXISTS (SELECT 1 FROM sources WHERE sources.seq = files.seq
    AND (instr(lower(path), ?) > 0 OR path GLOB '*[^ -~]*'))"""


@dataclass(frozen=True, slots=True)
class Range:
    """Rows older than row `below` that are still described, or only live ones."""

    below: int
    now_us: int
    live: bool = False

    @property
    def condition(self) -> str:
        """What SQL asks of a row, with one value."""
        content = " AND has_content = 1" if self.live else ""
        return f"(expires_us IS NULL OR expires_us > ?){content}"

    @property
    def value(self) -> int:
        """The value of the condition."""
        return self.now_us if self.live else self.now_us - METADATA_KEPT_US


def newer(connection: sqlite3.Connection, *, above: int, limit: int, now_us: int) -> list[Row]:
    """The `limit` rows after row `above`, newest first."""
    where = "seq > ? AND (expires_us IS NULL OR expires_us > ?) ORDER BY seq LIMIT ?"
    return select(connection, where, above, now_us - METADATA_KEPT_US, limit)[::-1]


def found_by_name(connection: sqlite3.Connection, text: str, *, limit: int, now_us: int) -> FoundFiles:
    """At most `limit` live and ready files whose id begins with the text or whose name contains it, newest first."""
    where = "state = 0 AND has_content = 1 AND (expires_us IS NULL OR expires_us > ?)"
    values: list[int | str] = [now_us]
    if text:
        where += " AND (substr(id, 1, ?) = ? OR instr(folded_name, ?) > 0)"
        values += [len(text), storable(text), storable(fold_filename(text))]
    found = select(connection, f"{where} ORDER BY seq DESC LIMIT ?", *values, limit)
    sound = [row.record for row in found if row.is_sound]
    if len(found) < limit:
        return FoundFiles(sound, more=False, total=len(found))
    # This reads every row: about 40 ms for 100,000.
    total = connection.execute(f"SELECT count(*) FROM files WHERE {where}", values).fetchone()[0]  # noqa: S608
    return FoundFiles(sound, more=total > len(found), total=total)


def matching_places(
    connection: sqlite3.Connection, within: FileFilter, wanted: Range, at_once: int = _AT_ONCE
) -> Iterator[int]:
    """The places of the rows that match, newest first. `at_once` is how many are likely to be taken."""
    query = _Query(connection, within, wanted)
    places = query.places(at_once if query.is_exact else max(at_once, _AT_ONCE))
    if query.is_exact:
        yield from places
        return
    while some := [*islice(places, _AT_ONCE)]:
        yield from (place for place, facts in _facts(connection, within, some) if within.matches(facts))


class _Query:
    """The SQL of one filter. `is_exact` means that SQL decides all of its conditions."""

    def __init__(self, connection: sqlite3.Connection, within: FileFilter, wanted: Range) -> None:
        self._connection = connection
        self._below = wanted.below
        self._types = _types(connection, within) if within.types else None
        plain = [name for name in within.names if _WILD.isdisjoint(name)]
        globs = len(plain) < len(within.names) or bool(within.paths)
        self.is_exact = not globs and all(ending_of(f".{one}") == one or "/" in one for one in within.types)
        self._conditions = [wanted.condition]
        self._values: list[int | str] = [wanted.value]
        for part in filter(None, map(_literal, within.names)):
            self._conditions.append("instr(folded_name, ?) > 0")
            self._values.append(storable(part))
        for part in filter(None, map(_literal, within.paths)):
            # What is not ASCII is folded by Python.
            if part.isascii():
                self._conditions.append(_HAS_PATH)
                self._values.append(part)
        self._tags = sorted(map(storable, within.tags), key=self._count)
        self._state = None if within.state is None else STATES.index(within.state)
        if within.since_us is not None or within.until_us is not None:
            self._add_days(within.since_us or 0, 2**62 if within.until_us is None else within.until_us)

    def places(self, limit: int) -> Iterator[int]:
        """The places of the rows that SQL finds, newest first; `limit` of them are read at once."""
        if self._types == []:
            return
        if self._tags:
            yield from self._led("tags CROSS JOIN files USING (seq)", "tag = ?", self._tags[0], limit=limit)
        elif self._state:
            yield from self._led("files INDEXED BY files_by_state", "state > 0", limit=limit)
        elif self._types is not None and len(self._types) <= _MOST_TYPES:
            led = "files INDEXED BY files_by_type", "mime_type = ? AND ending = ?"
            parts = [self._led(*led, *one, limit=limit) for one in self._types]
            yield from heapq.merge(*parts, reverse=True)
        else:
            yield from self._led("files", "1", limit=limit)

    def _led(self, table: str, leading: str, *values: str, limit: int) -> Iterator[int]:
        """The places of the rows that one index leads to."""
        conditions, more = [*self._conditions], [*self._values]
        if self._state is not None:
            conditions.append(f"state = {self._state}")
        for tag in self._tags if leading != "tag = ?" else self._tags[1:]:
            conditions.append("EXISTS (SELECT 1 FROM tags held WHERE held.tag = ? AND held.seq = files.seq)")
            more.append(tag)
        if self._types is not None and not leading.startswith("mime_type"):
            pairs = ", ".join(["(?, ?)"] * len(self._types))
            conditions.append(f"(mime_type, ending) IN (VALUES {pairs})")
            more += [part for pair in self._types for part in pair]
        seq = "tags.seq" if table.startswith("tags") else "files.seq"
        query = f"""SELECT {seq} FROM {table} WHERE {leading} AND {seq} < ? AND {" AND ".join(conditions)}
            ORDER BY {seq} DESC LIMIT ?"""  # noqa: S608 - all parts are written here
        below = self._below
        while True:
            found = self._connection.execute(query, (*values, below, *more, limit)).fetchall()
            yield from (place for (place,) in found)
            if len(found) < limit:
                return
            below, limit = found[-1][0], max(limit, _AT_ONCE)

    def _count(self, tag: str) -> int:
        query = "SELECT count(*) FROM (SELECT 1 FROM tags WHERE tag = ? LIMIT ?)"
        return self._connection.execute(query, (tag, _COUNTED)).fetchone()[0]

    def _add_days(self, since_us: int, until_us: int) -> None:
        """Limit the rows to a time. Places go with the time as long as the clock does."""
        query = "SELECT min(seq), max(seq) FROM files WHERE created_us >= ? AND created_us < ?"
        first, last = self._connection.execute(query, (since_us, until_us)).fetchone()
        self._below = min(self._below, (last or 0) + 1)
        self._conditions.append("files.seq >= ? AND created_us >= ? AND created_us < ?")
        self._values += [first or 0, since_us, until_us]


def _literal(word: str) -> str:
    """The longest part of a word that all matches hold: of a glob, a part between its wildcards."""
    if _WILD.isdisjoint(word):
        return word.removeprefix("./")
    before, _, rest = word.removeprefix("./").partition("[")
    parts = [before, rest.rpartition("]")[2] if "]" in rest else ""]
    return max((one for part in parts for one in part.replace("?", "*").split("*")), key=len)


def _types(connection: sqlite3.Connection, within: FileFilter) -> list[tuple[str, str]]:
    """The MIME types, each with the endings, of the files that may be of the types. A file whose ending is not kept may
    have any."""
    return [
        (mime_type, ending)
        for mime_type, ending in _held_types(connection)
        if all(_may_be(one, mime_type, ending) for one in within.types)
    ]


def _may_be(wanted: str, mime_type: str, ending: str) -> bool:
    if is_of_type(wanted, mime_type, f"x.{ending}"):
        return True
    # What follows the last dot is kept, if it is an ending as most are.
    return "/" not in wanted and ending == ending_of(f".{wanted}")


def _held_types(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Each pair of a MIME type and an ending that some row has: a step or two of the index for each."""
    query = "SELECT mime_type, ending FROM files INDEXED BY files_by_type WHERE"
    following = f"{query} mime_type = ? AND ending > ? ORDER BY ending LIMIT 1"
    first = f"{query} mime_type > ? ORDER BY mime_type, ending LIMIT 1"
    pair: tuple[str, str] | None = connection.execute(first, ("",)).fetchone()
    while pair:
        yield pair
        pair = connection.execute(following, pair).fetchone() or connection.execute(first, pair[:1]).fetchone()


def _facts(
    connection: sqlite3.Connection, within: FileFilter, places: Sequence[int]
) -> Iterator[tuple[int, FilterFacts]]:
    for row in at_places(connection, places):
        if not row.is_sound:
            raise RowsDamaged
        yield row.seq, _facts_of(connection, row, with_paths=bool(within.paths))


def _facts_of(connection: sqlite3.Connection, row: Row, *, with_paths: bool) -> FilterFacts:
    """What a filter asks of a row. A file that is ready has only the paths that it is the newest of."""
    paths = [
        (one.path, one.root)
        for one in (of_file(connection, row.seq) if with_paths else ())
        if one.path is not None and (row.state != "ready" or one.status == NEWEST)
    ]
    return FilterFacts(row.filename, row.mime_type, row.created_us, row.tags, row.state, paths)


def matches(connection: sqlite3.Connection, row: Row, within: FileFilter) -> bool:
    """Whether a row matches."""
    return within.matches(_facts_of(connection, row, with_paths=bool(within.paths)))
