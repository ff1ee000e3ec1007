"""Finds the tables of a document: dispatches each media type to what reads its tables."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from typing import BinaryIO

from files_api_mcp.backends.documents.extract import extract
from files_api_mcp.backends.documents.media_types import ODP, PPTX
from files_api_mcp.backends.documents.tables.table import DocumentTable

__all__ = ["TABLES_OF", "document_tables", "table_name"]

_PACKAGE = "files_api_mcp.backends.documents.tables"
TABLES_OF: dict[str, tuple[str, str]] = {}
"""Types whose tables are read from the bytes: the module and function. Those of other types are found in their text."""


def document_tables(content: BinaryIO, mime_type: str, filename: str = "") -> Iterator[DocumentTable]:
    """All tables of a document, in order. Scanned pages are left out.

    Raises:
        UnsupportedType: The type has no text, or these bytes cannot be read as it.
    """
    if mime_type in TABLES_OF:
        module, name = TABLES_OF[mime_type]
        read: Callable[[BinaryIO], Iterator[DocumentTable]] = getattr(import_module(f"{_PACKAGE}.{module}"), name)
        yield from read(content)
        return
    document = extract(content, mime_type, None, filename)
    count = 0
    for page, piece in enumerate(document.texts, start=1):
        count = 0 if document.paginated else count
        for _, _, table in piece.tables:
            count += 1
            yield replace(table, name=table.name or table_name(mime_type, page if document.paginated else None, count))


def table_name(mime_type: str, page: int | None, number: int) -> str:
    """The name of a table by its place: the number (from 1) on its page, or in a document without pages."""
    if page is None:
        return f"table {number}"
    return f"{'slide' if mime_type in (PPTX, ODP) else 'page'} {page} table {number}"
