"""PlaceTracker: collects the outline of a document while its pages are indexed, and what holds at the start of each."""

import json
import zlib
from array import array

from files_api_mcp.backends.documents.marks import (
    Heading,
    Hidden,
    Mark,
    Part,
    Row,
    Sheet,
    Table,
    from_json,
    to_json,
)
from files_api_mcp.backends.search.places.lines import count_line_ends
from files_api_mcp.backends.search.places.outline import Entry, Outline

__all__ = ["PageMarks", "PlaceTracker", "packed", "unpacked"]

_MOST_ENTRIES = 20_000

PageMarks = tuple[tuple[int, Mark], ...]
"""Offsets and marks of a page: rows, tables and what is hidden. What holds at its start is repeated at offset 0."""


def packed(marks: PageMarks) -> bytes:
    """Marks as bytes; no bytes for no marks."""
    return zlib.compress(json.dumps(to_json(marks), ensure_ascii=False).encode(), 1) if marks else b""


def unpacked(data: bytes) -> PageMarks:
    """The marks in the bytes of `packed`.

    Raises:
        ValueError, TypeError, KeyError, zlib.error: They are damaged.
    """
    return from_json(json.loads(zlib.decompress(data))) if data else ()


class PlaceTracker:
    """Takes pages in order."""

    def __init__(self, *, first_row: int | None = None) -> None:
        """`first_row` is the row of the first line, in a file of rows."""
        self._entries: list[Entry] = []
        self._first_lines = array("I")
        self._lines = 0
        self._row = first_row
        self._table: Table | None = None
        self._hidden: Hidden | None = None

    @property
    def outline(self) -> Outline:
        """The outline so far."""
        return Outline(self._entries, self._first_lines)

    def add(self, number: int, text: str, marks: PageMarks, *, paginated: bool) -> PageMarks:
        """Take a page, or the next piece of a text without pages; returns the marks to store with it."""
        if paginated:
            self._lines, self._row, self._table, self._hidden = 0, None, None, None
        else:
            self._first_lines.append(self._lines)
        kept = self._held()
        at, lines, row_at = 0, self._lines, 0
        for offset, mark in marks:
            if isinstance(mark, Heading | Sheet | Part):
                lines += count_line_ends(text, at, offset)
                at = offset
                if len(self._entries) < _MOST_ENTRIES:
                    self._entries.append(Entry(mark, number, offset, lines))
                if isinstance(mark, Heading):
                    continue
                self._row, self._table, row_at = 0, None, offset
                kept += [(offset, Row(0)), (offset, Table(None))]
                continue
            kept.append((offset, mark))
            if isinstance(mark, Row):
                self._row, row_at = mark.number, offset
            elif isinstance(mark, Table):
                self._table = mark if mark.header is not None else None
            else:
                self._hidden = mark if mark.what is not None else None
        self._lines = lines + count_line_ends(text, at)
        if self._row is not None:
            self._row += count_line_ends(text, row_at)
        return tuple(kept)

    def _held(self) -> list[tuple[int, Mark]]:
        held: list[Mark | None] = [Row(self._row) if self._row is not None else None, self._table, self._hidden]
        return [(0, mark) for mark in held if mark is not None]
