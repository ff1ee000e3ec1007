"""Finds the tables of a document: dispatches each media type to what reads its tables."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from itertools import groupby
from operator import attrgetter
from typing import BinaryIO

from files_api_mcp.backends.documents.extract import extract
from files_api_mcp.backends.documents.media_types import JSON, ODS, XLS, XLSX
from files_api_mcp.backends.documents.tables.names import TableNames, TextTables
from files_api_mcp.backends.documents.tables.table import DocumentTable, Row

__all__ = ["MOST_TABLES", "TABLES_OF", "document_tables", "tables_in_bytes"]

MOST_TABLES = 1000
"""Tables of a document that are kept."""
_PACKAGE = "files_api_mcp.backends.documents.tables"
TABLES_OF: dict[str, tuple[str, str]] = {
    "text/csv": ("files.delimited", "delimited_tables"),
    "text/tab-separated-values": ("files.delimited", "delimited_tables"),
    JSON: ("files.json_records", "json_tables"),
    ODS: ("files.sheets", "sheet_tables"),
    XLS: ("files.sheets", "sheet_tables"),
    XLSX: ("files.sheets", "sheet_tables"),
}
"""Types whose tables are read from the bytes: the module and function. Those of other types are found in their text."""


def document_tables(content: BinaryIO, mime_type: str, filename: str = "") -> Iterator[DocumentTable]:
    """All tables of a document, in order; each has a name of its own. Scanned pages are left out.

    Raises:
        UnsupportedType: The type has no text, or these bytes cannot be read as it.
    """
    if mime_type in TABLES_OF:
        yield from tables_in_bytes(content, mime_type)
        return
    document = extract(content, mime_type, None, filename)
    tables = TextTables(mime_type, paginated=document.paginated)
    found = (table for page, text in enumerate(document.texts, start=1) for _, _, table in tables.named(page, text))
    for _, parts in groupby(found, key=attrgetter("name")):
        yield _joined(list(parts))


def _joined(parts: list[DocumentTable]) -> DocumentTable:
    """One table of parts on several pages, whose rows are numbered from the first part on."""
    if len(parts) == 1:
        return parts[0]

    def rows() -> Iterator[Row]:
        number = 0
        for part in parts:
            last = number
            for own, cells in part.rows():
                number = last + own
                yield number, cells

    return replace(parts[0], rows=rows)


def tables_in_bytes(content: BinaryIO, mime_type: str) -> Iterator[DocumentTable]:
    """The tables of a document of a type in TABLES_OF, in order; each has a name of its own.

    Raises:
        UnsupportedType: These bytes cannot be read as the type.
    """
    module, name = TABLES_OF[mime_type]
    read: Callable[[BinaryIO], Iterator[DocumentTable]] = getattr(import_module(f"{_PACKAGE}.{module}"), name)
    names = TableNames()
    for number, table in enumerate(read(content), start=1):
        yield replace(table, name=names.unique(table.name or f"table {number}"))
