"""The table that the rows of a Word document are, and its lines."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from files_api_mcp.backends.documents.formats.docx.tables import Cell, Row
from files_api_mcp.backends.documents.marks import Heading, Line, Table
from files_api_mcp.backends.documents.tables.table import DocumentTable
from files_api_mcp.backends.documents.tables.text_table import MOST_CELLS, TextRow, TextTable, text_table

__all__ = ["ReadTable"]

_LONGEST_SHOWN = 80
_LONGEST_REPEATED = 1000
_MOST_COLUMNS = 1000
_MOST_ARRANGED = 0.25


@dataclass(slots=True)
class _ReadRow:
    """The texts of a row's cells, in their order and by column. `later` are the lines that follow the row: tables, text
    boxes and notes in its cells."""

    is_header: bool
    is_apart: bool
    may_be_header: bool
    texts: list[str]
    cells: list[str]
    spans: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    marks: list[Line] = field(default_factory=list[Line])
    later: list[Line] = field(default_factory=list[Line])

    @property
    def line(self) -> str:
        return " | ".join(self.texts).strip()

    def is_header_at(self, number: int) -> bool:
        """Whether a row in this place (from 0) is likely to name the columns."""
        return self.is_header or (number == 0 and self.may_be_header and all(self.texts) and len(self.texts) > 1)

    @property
    def arranges(self) -> bool:
        """Whether the row has a table or a heading in a cell, as those that arrange a page have."""
        has_heading = any(isinstance(mark, Heading) and mark.title for mark in self.marks)
        return has_heading or any(isinstance(line, DocumentTable) for line in self.later)


class ReadTable:
    """Takes rows and cells in their order."""

    def __init__(self) -> None:
        self._rows: list[_ReadRow] = []
        self._above: dict[int, str] = {}
        """The texts of cells that may continue in the next row, by column."""
        self._column = 0
        self._size = 0

    def start(self, row: Row, *, is_apart: bool) -> _ReadRow:
        """Start a row."""
        self._column = row.skipped
        skipped = [""] * row.skipped
        read = _ReadRow(row.is_header, is_apart, row.may_be_header, skipped[:1], skipped)
        self._rows.append(read)
        return read

    def add(self, cell: Cell, text: str) -> None:
        """Add a cell to the last row. One that continues one above it has the text of that one, unless it is long."""
        row, column = self._rows[-1], self._column
        shown = text
        if cell.continues and not text:
            text = self._above.get(column, "")
            shown = text if len(text) <= _LONGEST_SHOWN else ""
        else:
            self._above[column] = text if cell.merges and len(text) <= _LONGEST_REPEATED else ""
        row.texts.append(shown)
        self._column += cell.columns
        if self._size <= MOST_CELLS and column < _MOST_COLUMNS:
            self._size += column + 1 - len(row.cells)
            row.cells += [""] * (column - len(row.cells))
            row.cells.append(text)
            if cell.columns > 1:
                row.spans.append((column, cell.columns))

    def lines(self) -> Iterator[Line]:
        """The lines of the table, with the table itself before them if it is surely one."""
        found = self._found()
        if found:
            yield found.table
        places = found.header if found else range(0)
        header = ""
        for number, row in enumerate(self._rows):
            yield from row.marks
            line = row.line
            if line.strip("| "):
                yield f"{line}\n"
            if number in places or (not places and row.is_header_at(number)):
                header = f"{header}\n{line}" if number > places.start and places else line
                if not places or number == places.stop - 1:
                    yield Table(header)
            for line in row.later:
                yield line
                # A table inside the row ended this one.
                if header and line == Table(None):
                    yield Table(header)
        if found or header:
            yield Table(None)

    def _found(self) -> TextTable | None:
        arranged = sum(row.arranges for row in self._rows[1:])
        if self._size > MOST_CELLS or arranged > _MOST_ARRANGED * len(self._rows):
            return None
        return text_table([TextRow(row.cells, row.spans, row.is_header, row.is_apart) for row in self._rows])
