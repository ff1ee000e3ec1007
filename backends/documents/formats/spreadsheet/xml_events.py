"""Reads spreadsheets in large XML files element by element, row by row. Nothing is expanded or fetched."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Protocol
from xml.parsers import expat

from files_api_mcp.backends.documents.formats.spreadsheet.grid import MOST_ROWS, SheetContent, SheetRow
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["Item", "SheetReader", "sheets_of_xml"]

Item = SheetContent | tuple[SheetRow, int] | None
"""A sheet, a row that is repeated so many times, or the end of the sheet."""


class SheetReader(Protocol):
    """Receives elements by their namespace and name, with a blank between them, and adds what it made of them to
    `found`: each sheet, then its rows, then its end."""

    found: deque[Item]

    def start(self, name: str, attributes: dict[str, str]) -> None: ...
    def end(self, name: str) -> None: ...
    def text(self, data: str) -> None: ...


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


def _found(chunks: Iterable[bytes], reader: SheetReader) -> Iterator[Item]:
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


def _rows(found: Iterator[Item]) -> Iterator[SheetRow]:
    for item in found:
        if item is None:
            return
        if isinstance(item, tuple):
            row, count = item
            for number in range(row.number, min(row.number + count, MOST_ROWS + 1)):
                yield row._replace(number=number) if number > row.number else row


def _refuse(*_: object) -> None:
    raise UnsupportedType("The file declares XML entities, which are not supported.")
