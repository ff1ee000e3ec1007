"""Reads spreadsheets in large XML files element by element, row by row. Nothing is expanded or fetched."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator
from typing import BinaryIO
from xml.parsers import expat

from files_api_mcp.backends.documents.formats.spreadsheet.grid import MOST_ROWS, SheetContent, SheetRow
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["SheetReader", "file_chunks", "sheets_of_xml"]

_CHUNK = 256 * 1024
_Item = SheetContent | tuple[SheetRow, int] | None


class SheetReader(ABC):
    """Receives elements by their namespace and name, with a blank between them.

    It adds what it made of them to `found`: each sheet, then its rows, each with how often it is repeated, then None at
    the end of the sheet. `cells` are those of the row so far, by their columns: text, stored value and kind.
    """

    def __init__(self) -> None:
        self.found: deque[_Item] = deque()
        self.sheet = SheetContent("")
        self.cells: dict[int, tuple[str, str, str]] = {}

    @abstractmethod
    def start(self, name: str, attributes: dict[str, str]) -> None: ...
    @abstractmethod
    def end(self, name: str) -> None: ...
    @abstractmethod
    def text(self, data: str) -> None: ...

    def open_sheet(self, sheet: SheetContent) -> None:
        """Add a sheet, whose hidden columns and merged cells follow before the rows that they are about."""
        self.sheet = sheet
        self.found.append(sheet)

    def add_row(self, number: int, *, is_hidden: bool, count: int = 1) -> None:
        """Add a row of the cells, if it has any and the sheet has so many rows."""
        if self.cells and 0 < number <= MOST_ROWS:
            columns = sorted(self.cells)
            texts, stored, kinds = zip(*(self.cells[column] for column in columns), strict=True)
            self.found.append((SheetRow(number, columns, texts, stored, kinds, is_hidden), count))


def file_chunks(content: BinaryIO) -> Iterator[bytes]:
    """The bytes of a file in turn."""
    return iter(lambda: content.read(_CHUNK), b"")


def sheets_of_xml(chunks: Iterable[bytes], reader: SheetReader) -> Iterator[SheetContent]:
    """The sheets that the reader finds, whose rows are read as they are iterated.

    Raises:
        UnsupportedType: The XML is not well-formed, declares entities, or has no sheet.
    """
    found = _found(chunks, reader)
    is_empty = True
    for item in found:
        if isinstance(item, SheetContent):
            is_empty = False
            item.rows = _rows(found)
            yield item
    if is_empty:
        raise UnsupportedType("The file is damaged: it contains no sheet.")


def _found(chunks: Iterable[bytes], reader: SheetReader) -> Iterator[_Item]:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.EntityDeclHandler = _refuse
    items = reader.found
    try:
        for chunk in chunks:
            parser.Parse(chunk)
            while items:
                yield items.popleft()
        parser.Parse(b"", True)  # noqa: FBT003
    except (expat.ExpatError, LookupError):
        # What stands before the damage counts.
        yield from items
        raise UnsupportedType("The file is damaged and cannot be read.") from None
    yield from items


def _rows(found: Iterator[_Item]) -> Iterator[SheetRow]:
    for item in found:
        if item is None:
            return
        if isinstance(item, tuple):
            row, count = item
            for number in range(row.number, min(row.number + count, MOST_ROWS + 1)):
                yield row._replace(number=number) if number > row.number else row


def _refuse(*_: object) -> None:
    raise UnsupportedType("The file declares XML entities, which are not supported.")
