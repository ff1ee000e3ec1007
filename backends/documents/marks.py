"""Marks: where a document's text is in the document's own terms, such as its sections, sheets, rows and messages.

A parser yields lines of text, and a mark before the line from which on it holds.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from files_api_mcp.backends.documents.tables.captions import captioned
from files_api_mcp.backends.documents.tables.table import DocumentTable

__all__ = [
    "Heading",
    "Hidden",
    "Line",
    "Mark",
    "MarkedText",
    "Part",
    "Row",
    "Sheet",
    "Table",
    "from_json",
    "marked_text",
    "split_at_marks",
    "to_json",
]


class Heading(NamedTuple):
    """A section starts. It ends before the next heading of its level or a higher one (1 is the highest).

    `number` is its number in the document, such as "3.2", which the title does not repeat. A numbered clause has a
    number and no title. Titles of slides and definitions in source code are headings too.
    """

    level: int
    title: str
    number: str | None = None


class Sheet(NamedTuple):
    """A sheet of a spreadsheet starts. `rows` and `columns` are the extent of its used cells, counted from A1."""

    name: str
    rows: int
    columns: int


class Table(NamedTuple):
    """The rows that follow belong to a table in these columns (from 1, both included; 0: unknown).

    `header` is the row with the names of the columns as it stands in the text, which is shown with rows whose passage
    does not contain it. It may come after the header itself. None ends the table.
    """

    header: str | None
    first_column: int = 0
    last_column: int = 0


class Row(NamedTuple):
    """The line that follows is this row (from 1) of the sheet or the file. Each further line is the next row until
    another mark: only jumps need one."""

    number: int


class Part(NamedTuple):
    """A part of a message starts, such as "message 2 > offer.txt". An empty path is the message itself."""

    path: str


class Hidden(NamedTuple):
    """The text that follows is not visible to a person who opens the document, because it is on a "hidden slide", in a
    "hidden sheet", "hidden row", "hidden layer" or "hidden text". None ends it."""

    what: str | None


Mark = Heading | Sheet | Table | Row | Part | Hidden
_OPTIONAL_TEXT = (str, type(None))
_KINDS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "Heading": (Heading, (int, str, _OPTIONAL_TEXT)),
    "Sheet": (Sheet, (str, int, int)),
    "Table": (Table, (_OPTIONAL_TEXT, int, int)),
    "Row": (Row, (int,)),
    "Part": (Part, (str,)),
    "Hidden": (Hidden, (_OPTIONAL_TEXT,)),
}
"""Each kind of mark, and the types of its fields."""
Line = str | Mark | DocumentTable


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text, and its marks with their offsets in code points, in order. `invisible` counts the characters that were
    left out because nobody sees them. `tables` have the [start, end) of their rows."""

    text: str
    marks: tuple[tuple[int, Mark], ...] = ()
    invisible: int = 0
    tables: tuple[tuple[int, int, DocumentTable], ...] = ()


def marked_text(lines: Iterable[Line]) -> MarkedText:
    """Join lines, each with its line end, and marks to a text."""
    parts: list[str] = []
    marks: list[tuple[int, Mark]] = []
    tables: list[tuple[int, DocumentTable]] = []
    length = 0
    for line in lines:
        if isinstance(line, str):
            parts.append(line)
            length += len(line)
        elif isinstance(line, DocumentTable):
            tables.append((length, captioned(line, parts[-1] if parts else "")))
        else:
            marks.append((length, line))
    return MarkedText("".join(parts), tuple(marks), tables=tuple(_with_ends(tables, marks, length)))


def _with_ends(
    tables: Sequence[tuple[int, DocumentTable]], marks: Sequence[tuple[int, Mark]], length: int
) -> Iterator[tuple[int, int, DocumentTable]]:
    """The tables with the start and the end of their rows. A table that holds another ends before it."""
    ends = [at for at, mark in marks if isinstance(mark, Table) and mark.header is None] if tables else []
    starts = [start for start, _ in tables]
    for start, table in tables:
        yield start, min(_after(start, starts, length), _after(start, ends, length)), table


def _after(at: int, offsets: Sequence[int], length: int) -> int:
    """The next of the offsets, which are in order; `length` after the last one."""
    index = bisect_right(offsets, at)
    return offsets[index] if index < len(offsets) else length


def split_at_marks(text: str, marks: Iterable[tuple[int, Mark | DocumentTable]]) -> Iterator[Line]:
    """The marks, which are in order, and the text before, between and after them."""
    at = 0
    for offset, mark in marks:
        if offset > at:
            yield text[at:offset]
            at = offset
        yield mark
    if at < len(text):
        yield text[at:]


def to_json(marks: Iterable[tuple[int, Mark]]) -> list[list[Any]]:
    """Marks with their offsets as JSON values."""
    return [[offset, type(mark).__name__, *mark] for offset, mark in marks]


def from_json(values: Iterable[list[Any]]) -> tuple[tuple[int, Mark], ...]:
    """The marks in the JSON values that `to_json` returned.

    Raises:
        KeyError, TypeError, ValueError: They are other values.
    """
    return tuple((offset, _from_json(kind, fields)) for offset, kind, *fields in values)


def _from_json(kind: str, fields: list[Any]) -> Mark:
    made, types = _KINDS[kind]
    if len(fields) != len(types) or not all(map(isinstance, fields, types)):
        raise TypeError("a mark with other fields")
    return made(*fields)
