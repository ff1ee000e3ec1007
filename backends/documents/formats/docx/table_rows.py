"""Rows of tables in a Word document, as lines and by column."""

from dataclasses import dataclass, field

from files_api_mcp.backends.documents.formats.docx.tables import Cell, Row
from files_api_mcp.backends.documents.marks import Heading, Line
from files_api_mcp.backends.documents.tables.lined_rows import LinedRow
from files_api_mcp.backends.documents.tables.table import DocumentTable
from files_api_mcp.backends.documents.tables.text_table import TextRow

__all__ = ["ReadRow"]

_LONGEST_SHOWN = 80
_LONGEST_REPEATED = 1000
_MOST_COLUMNS = 1000
_FEWEST_NAMES = 3


@dataclass(slots=True)
class ReadRow:
    """A row whose cells are added in their order. `above` are the texts of cells that may continue in it, by column.

    `is_apart`: it looks as if it names the columns.
    """

    row: Row
    above: dict[int, str]
    is_apart: bool
    marks: list[Line] = field(default_factory=list[Line])
    later: list[Line] = field(default_factory=list[Line])
    """The lines that follow the row: tables, text boxes and notes in its cells."""
    _texts: list[str] = field(default_factory=list[str])
    _cells: list[str] = field(default_factory=list[str])
    _spans: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    _column: int = 0

    def __post_init__(self) -> None:
        self._column = self.row.skipped
        self._texts += [""] * (self.row.skipped > 0)

    def add(self, cell: Cell, text: str) -> None:
        """Add a cell. One that continues one above it has the text of that one; in the line only if it is short."""
        shown, column = text, self._column
        if cell.continues and not text:
            text = self.above.get(column, "")
            shown = text if len(text) <= _LONGEST_SHOWN else ""
        else:
            self.above[column] = text if cell.merges and len(text) <= _LONGEST_REPEATED else ""
        self._texts.append(shown)
        if column < _MOST_COLUMNS:
            self._cells += [*[""] * (column - len(self._cells)), text]
            if cell.columns > 1:
                self._spans.append((column, cell.columns))
        self._column += cell.columns

    def lined(self) -> LinedRow:
        """The row, after all cells were added."""
        line = " | ".join(self._texts).strip()
        arranges = any(isinstance(mark, Heading) and mark.title for mark in self.marks)
        arranges = arranges or any(isinstance(line, DocumentTable) for line in self.later)
        is_filled = self.row.may_be_header and all(self._texts)
        return LinedRow(
            TextRow(
                self._cells,
                self._spans,
                self.row.is_header,
                self.is_apart or (is_filled and len(self._texts) >= _FEWEST_NAMES),
            ),
            line if line.strip("| ") else "",
            self.marks,
            self.later,
            arranges,
            is_filled and len(self._texts) > 1,
        )
