"""A table that a parser found in a document."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import NamedTuple

__all__ = ["Cell", "CellError", "DocumentTable", "Row"]


class CellError(NamedTuple):
    """The error that a spreadsheet shows in place of a value, such as `#DIV/0!`."""

    text: str


Cell = str | int | float | bool | datetime | date | time | CellError | None
"""None is an empty cell."""
Row = tuple[int, Sequence[Cell]]
"""The number of a row (from 1) in its sheet, file or table, and its cells by column."""


@dataclass(frozen=True, slots=True, eq=False)
class DocumentTable:
    """A table, with its cells as the document has them. `caption` is what the document calls it; "" for nothing.

    Each call of `rows` gives the rows below the header from the first on. `count` says how many there are, of which
    `rows` may give only the first ones; None: as many as `rows` gives. A row may have fewer cells than `header` has
    names. `has_texts` means that all cells are texts as a person sees them, whose types have to be found; else they are
    stored values.

    A table without a name is called by its place in the document, such as `table 3` or `page 12 table 1`. One that
    stands in the text of a document has no `where`: it comes in the stream of lines before its first line, and ends
    with the next `Table(None)`. One that `continues` has more rows of the table before it, on the page after.
    """

    header: Sequence[str]
    rows: Callable[[], Iterator[Row]]
    name: str = ""
    where: str = ""
    has_texts: bool = True
    caption: str = ""
    count: int | None = None
    notes: Sequence[str] = ()
    continues: bool = False
