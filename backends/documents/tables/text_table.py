"""Makes a table from the rows of cells that stand in a document's text, if they surely are one."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from files_api_mcp.backends.documents.tables.held_rows import HeldRows
from files_api_mcp.backends.documents.tables.labels import are_labels, are_labels_over_figures, has_figures
from files_api_mcp.backends.documents.tables.sign_columns import Column, joined_columns, joined_text
from files_api_mcp.backends.documents.tables.table import DocumentTable

__all__ = ["ROWS_JUDGED", "TextRow", "TextTable", "text_table"]

ROWS_JUDGED = 200
"""The rows that tell whether they are a table, and which its columns are."""
_MOST_COLUMNS = 1000
_MOST_HEADER_ROWS = 4
_MOST_TITLES = 3
_FEWEST_BARE_ROWS = 3
_LONGEST_CELL = 300
_LONGEST_CAPTION = 200
_MOST_CHARS = 50_000_000
_FEW, _HALF = 0.25, 0.5

Cells = Sequence[str]


class TextRow(NamedTuple):
    """A row with its cells by column.

    A cell over several columns stands in the first of them, and in `spans` with its column (from 0) and width; one over
    several rows stands in each of them. `is_header`: the document says that the row names the columns; `is_apart`: it
    looks like that, as a bold row does.
    """

    cells: Cells
    spans: Sequence[tuple[int, int]] = ()
    is_header: bool = False
    is_apart: bool = False


class TextTable:
    """A table in a document's text, which more rows may be added to. `header` tells where the rows of its header are
    among all rows."""

    def __init__(self, header: range, held: HeldRows, names: dict[Column, str], caption: str) -> None:
        self.header = header
        self._held = held
        self._names = names
        self._caption = caption

    def extend(self, rows: Iterable[Cells]) -> bool:
        """Add the cells of further rows, which have no U+001F. False if they are too many: it is only text."""
        self._held.extend(rows)
        return self._held.chars <= _MOST_CHARS

    def extend_later(self, read: Callable[[], Iterable[Cells]], width: int) -> None:
        """Add all further rows, of at most so many cells. `read` gives them when they are needed."""
        self._held.extend_later(read, width)

    def table(self) -> DocumentTable:
        """The table with all rows. Columns that only later rows have get no name."""
        known = {at for column in self._names for at in column}
        names = self._names | {(at,): "" for at in self._held.further_columns(known)}
        columns = sorted(names)
        return DocumentTable(
            [names[column] for column in columns], lambda: self._held.rows(columns), caption=self._caption
        )


def text_table(rows: Sequence[TextRow], caption: str = "", *, is_layout_likely: bool = False) -> TextTable | None:
    """The table that the rows are; None if they may only arrange text. Where that is likely, rows without a header must
    have figures below each other. The first ROWS_JUDGED rows tell it.

    Titles above the header belong to the caption. Empty rows, empty columns and rows that repeat the header are left
    out. The rows are numbered without the empty ones.
    """
    shown = [row for row in rows[:ROWS_JUDGED] if any(row.cells)]
    titles = next((at for at, row in enumerate(shown) if not _is_title(row)), len(shown))
    columns = _columns(shown[titles:])
    if titles > _MOST_TITLES or not 2 <= len(columns) <= _MOST_COLUMNS:
        return None
    height = _header_height(shown[titles:], columns)
    if not height and any(map(_is_title, shown[titles:])):
        titles = 0  # They name groups of rows.
    if not _is_sure(shown[titles + height :], has_header=height > 0, needs_figures=is_layout_likely):
        return None
    header = [_names(row, columns) for row in shown[titles : titles + height]]
    names = [_joined([texts[at] for texts in header]) for at in range(len(columns))]
    title = " ".join(filter(None, [caption, *(text for row in shown[:titles] for text in row.cells)]))
    places = [*islice((at for at, row in enumerate(rows) if any(row.cells)), titles, titles + height)]
    held = HeldRows(titles, height)
    held.extend(row.cells for row in rows)
    return TextTable(
        range(places[0], places[-1] + 1) if places else range(0),
        held,
        dict(zip(columns, names, strict=True)),
        title[:_LONGEST_CAPTION],
    )


def _columns(rows: Sequence[TextRow]) -> list[Column]:
    spans = [span for row in rows[:_MOST_HEADER_ROWS] for span in row.spans]
    covered = {at for start, width in spans for at in range(start + 1, start + width)}
    return joined_columns([row.cells for row in rows], _MOST_HEADER_ROWS, covered)


def _is_title(row: TextRow) -> bool:
    """Whether only the first cell has text."""
    is_wide = len(row.cells) == 1 or bool(row.spans) or not row.is_header
    return is_wide and bool(row.cells[0]) and not any(row.cells[1:])


def _header_height(rows: Sequence[TextRow], columns: Sequence[Column]) -> int:
    """How many of the first rows name the columns."""
    if len(rows) < 2:
        return 0
    declared = next((at for at, row in enumerate(rows) if not row.is_header), 1)
    if declared > 1:
        return declared if declared <= _MOST_HEADER_ROWS else 1
    first, second = (_names(row, columns) for row in rows[:2])
    below = [row.cells for row in rows[1:] if row.cells != rows[0].cells]
    body = [[joined_text(cells, column) for column in columns] for cells in below]
    if rows[0].spans and are_labels(first, body[1:]) and are_labels_over_figures(second, body[1:]):
        return 2
    if declared:
        return 1
    if rows[0].is_apart and not rows[1].is_apart:
        return int(are_labels(first, body))
    return int(are_labels_over_figures(first, body))


def _names(row: TextRow, columns: Sequence[Column]) -> list[str]:
    """The names of the columns in a row of the header. A cell over several columns stands in each of them."""
    cells = [*row.cells]
    for at, width in row.spans:
        cells[at : at + width] = [cells[at]] * width
    return [_joined([cells[at] for at in column if at < len(cells)]) for column in columns]


def _joined(texts: Sequence[str]) -> str:
    """The texts as one. Of equal ones in turn, only the first stands there."""
    return " ".join([text for at, text in enumerate(texts) if text and text not in texts[max(0, at - 1) : at]])


def _is_sure(body: Sequence[TextRow], *, has_header: bool, needs_figures: bool) -> bool:
    cells = [row.cells for row in body]
    filled = [len(one) - one.count("") for one in cells]
    if not body or sum(count > 1 for count in filled) < _HALF * len(body):
        return False
    long = sum(len(cell) > _LONGEST_CELL for one in cells for cell in one)
    if has_header or long > _FEW * sum(filled):
        return long <= _HALF * sum(filled) and has_header
    return has_figures(cells) or (not needs_figures and len(body) >= _FEWEST_BARE_ROWS)
