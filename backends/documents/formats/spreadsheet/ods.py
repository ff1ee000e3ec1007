"""Sheets of OpenDocument spreadsheets, in a zip or flat. The file holds each value as its cell shows it."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from files_api_mcp.backends.documents.formats.archive import Archive
from files_api_mcp.backends.documents.formats.spreadsheet.digits import general
from files_api_mcp.backends.documents.formats.spreadsheet.grid import (
    MOST_COLUMNS,
    MOST_ROWS,
    Range,
    SheetContent,
)
from files_api_mcp.backends.documents.formats.spreadsheet.xml_events import SheetReader, file_chunks, sheets_of_xml
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["flat_sheets", "ods_sheets"]

_ROOT = "urn:oasis:names:tc:opendocument:xmlns:"
_OFFICE, _TABLE, _TEXT, _STYLE = (f"{_ROOT}{name}:1.0 " for name in ("office", "table", "text", "style"))
_LINK = "http://www.w3.org/1999/xlink href"
_CELL, _COVERED, _ROW = f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell", f"{_TABLE}table-row"
_PARAGRAPH = f"{_TEXT}p"
_SPACES = frozenset({f"{_TEXT}s", f"{_TEXT}tab", f"{_TEXT}line-break"})
_KINDS = {"float": "n", "percentage": "n", "currency": "n", "date": "d", "time": "t", "boolean": "b"}
_VALUE_TYPE, _VALUE, _DATE_VALUE = (f"{_OFFICE}{name}" for name in ("value-type", "value", "date-value"))
_OTHER_VALUES = (_DATE_VALUE, *(f"{_OFFICE}{name}" for name in ("time-value", "boolean-value", "string-value")))
_COLUMNS_REPEATED, _ROWS_REPEATED, _ROWS_SPANNED = (
    f"{_TABLE}number-{name}" for name in ("columns-repeated", "rows-repeated", "rows-spanned")
)
_REFERENCE = re.compile(r"\[([^\[\]]*)\]")


def ods_sheets(content: BinaryIO) -> Iterator[SheetContent]:
    """The sheets of a file in a zip.

    Raises:
        UnsupportedType: It is damaged or encrypted.
    """
    archive = Archive(content)
    manifest = archive.read("META-INF/manifest.xml") or b""
    if b"encryption-data" in manifest:
        raise UnsupportedType("The file needs a password.")
    if "content.xml" not in archive:
        raise UnsupportedType("The file is damaged: it contains no document.")
    return sheets_of_xml(archive.chunks("content.xml"), _Reader())


def flat_sheets(content: BinaryIO) -> Iterator[SheetContent]:
    """The sheets of a flat XML file."""
    return sheets_of_xml(file_chunks(content), _Reader())


class _Reader(SheetReader):
    def __init__(self) -> None:
        super().__init__()
        self._tables = self._paragraphs = 0
        self._style = ""
        self._hidden_styles: set[str] = set()
        self._column = self._number = 0
        self._row: dict[str, str] = {}
        self._cell: dict[str, str] | None = None
        self._parts: list[str] = []
        self._aside: list[str] | None = None
        self._link = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == _PARAGRAPH:
            self._paragraphs += 1
            self.text(" ")
        elif name in (_CELL, _COVERED):
            if self._tables == 1 and self._cell is None:
                self._cell, self._parts, self._link = attributes, [], ""
        elif name == _ROW:
            if self._tables == 1:
                self._row, self.cells, self._column = attributes, {}, 0
        elif name in _SPACES:
            self.text(" ")
        else:
            self._start_other(name, attributes)

    def _start_other(self, name: str, attributes: dict[str, str]) -> None:
        if name == f"{_TABLE}table":
            self._tables += 1
            if self._tables == 1:
                self._open(attributes)
        elif name == f"{_TABLE}table-column" and self._tables == 1:
            count = min(_count(attributes, _COLUMNS_REPEATED), MOST_COLUMNS - self._column)
            if attributes.get(f"{_TABLE}visibility") in ("collapse", "filter"):
                self.sheet.hidden_columns.update(range(self._column + 1, self._column + count + 1))
            self._column += count
        elif name == f"{_STYLE}style":
            self._style = attributes.get(f"{_STYLE}name", "")
        elif name == f"{_STYLE}table-properties" and attributes.get(f"{_TABLE}display") == "false":
            self._hidden_styles.add(self._style)
        elif name == f"{_OFFICE}annotation" or (name in _BOXES and self._tables):
            self._aside = []
        elif name == f"{_TEXT}a" and self._cell is not None:
            self._link = attributes.get(_LINK, "")

    def end(self, name: str) -> None:
        if name == _PARAGRAPH:
            self._paragraphs -= 1
        elif name in (_CELL, _COVERED):
            if self._tables == 1 and self._cell is not None:
                self._end_cell(self._cell, is_covered=name == _COVERED)
                self._cell = None
        elif name == _ROW:
            if self._tables == 1:
                self._end_row()
        elif name == f"{_TABLE}table":
            self._tables -= 1
            if self._tables == 0:
                self.found.append(None)
        elif self._aside is not None and (name == f"{_OFFICE}annotation" or name in _BOXES):
            self._end_aside(is_comment=name == f"{_OFFICE}annotation")

    def text(self, data: str) -> None:
        if not self._paragraphs:
            return
        if self._aside is not None:
            self._aside.append(data)
        elif self._cell is not None:
            self._parts.append(data)

    def _open(self, attributes: dict[str, str]) -> None:
        is_hidden = attributes.get(f"{_TABLE}style-name", "") in self._hidden_styles
        self.open_sheet(SheetContent(attributes.get(f"{_TABLE}name", ""), is_hidden=is_hidden))
        self._column = self._number = 0

    def _end_row(self) -> None:
        count = _count(self._row, _ROWS_REPEATED)
        is_hidden = self._row.get(f"{_TABLE}visibility") in ("collapse", "filter")
        self.add_row(self._number + 1, is_hidden=is_hidden, count=count)
        self._number += count

    def _end_cell(self, attributes: dict[str, str], *, is_covered: bool) -> None:
        first = self._column + 1
        count = _count(attributes, _COLUMNS_REPEATED) if _COLUMNS_REPEATED in attributes else 1
        self._column += count
        if is_covered or not (attributes or self._parts):
            return
        kind = _KINDS.get(attributes.get(_VALUE_TYPE, ""), "s")
        text = " ".join("".join(self._parts).split())
        stored = attributes.get(_VALUE) or self._stored(attributes, text)
        if not text or (kind == "d" and _DATE_VALUE in attributes):
            text = _without_text(attributes, stored, kind)
        if not text:
            return
        if ":" in self._link:
            self.sheet.add_link(self._number + 1, first, self._link)
        cell = (text, stored, kind)
        for column in range(first, min(first + count, MOST_COLUMNS + 1)):
            self.cells[column] = cell
        if _ROWS_SPANNED in attributes:
            last = self._number + _count(attributes, _ROWS_SPANNED)
            self.sheet.merged.append(Range(self._number + 1, first, min(last, MOST_ROWS), first))

    @staticmethod
    def _stored(attributes: dict[str, str], text: str) -> str:
        return next((attributes[name] for name in _OTHER_VALUES if name in attributes), text)

    def _end_aside(self, *, is_comment: bool) -> None:
        text = " ".join("".join(self._aside or ()).split())
        self._aside = None
        row = self._number + 1
        if is_comment and self._cell is not None:
            self.sheet.add_comment(row, self._column + 1, text)
        elif text:
            self.sheet.after.append((row, text))


_BOXES = frozenset({"urn:oasis:names:tc:opendocument:xmlns:drawing:1.0 text-box"})


def _count(attributes: dict[str, str], name: str) -> int:
    text = attributes.get(name, "")
    return min(max(int(text), 1), MOST_ROWS) if text.isdecimal() and len(text) < 10 else 1


def _without_text(attributes: dict[str, str], stored: str, kind: str) -> str:
    """What a cell shows whose file does not say it, and dates, whose text depends on the locale."""
    formula = attributes.get(f"{_TABLE}formula", "")
    if not stored and formula:
        source = _REFERENCE.sub(lambda found: found[1].replace(":.", ":").lstrip("."), formula.partition(":")[2])
        return f"{source} (not calculated)"
    if kind == "d":
        return stored.replace("T00:00:00", "").replace("T", " ")
    if kind == "b":
        return stored.upper()
    try:
        number = float(stored) if kind == "n" else None
    except ValueError:
        return stored
    if number is not None and attributes.get(_VALUE_TYPE) == "percentage":
        return f"{general(number * 100)}%"
    return stored if number is None else general(number)
