"""The document that is being added to the index, in one transaction."""

import sqlite3
from dataclasses import dataclass

from files_api_mcp.backends.models import DocumentInfo
from files_api_mcp.backends.search.index import rows
from files_api_mcp.backends.search.index.builder import IndexBuilder

__all__ = ["Addition", "insert_pages"]


@dataclass(slots=True)
class Addition:
    """The document that the open transaction adds. `postings` counts its rows so far."""

    number: int
    key: str
    info: DocumentInfo
    built: IndexBuilder
    postings: int = 0


def insert_pages(connection: sqlite3.Connection, number: int, built: IndexBuilder) -> None:
    """Insert a document's pages, labels and outline."""
    pages = (rows.page_row(number, *page) for page in built.texts)
    connection.executemany("insert into page (document, number, marks, text, crc) values (?, ?, ?, ?, ?)", pages)
    if built.labels:
        labels = rows.labels_row(number, built.labels)
        connection.execute("insert into label (document, labels, crc) values (?, ?, ?)", labels)
    if built.outline.entries or not built.paginated:
        outline = rows.outline_row(number, built.outline)
        connection.execute("insert into outline (document, entries, crc) values (?, ?, ?)", outline)
