"""The documents that are being added to the index, in one transaction."""

import sqlite3
from dataclasses import dataclass

from files_api_mcp.backends.models import DocumentInfo
from files_api_mcp.backends.search.index import rows
from files_api_mcp.backends.search.index.received import ReceivedDocument
from files_api_mcp.backends.search.table_catalog.stored_tables import tables_row
from files_api_mcp.backends.search.vocabulary.packed import vocabulary_row

__all__ = ["Addition", "insert_pages"]


@dataclass(slots=True)
class Addition:
    """A document that the open transaction adds. `number` is its id, `postings` counts its rows so far."""

    key: str
    info: DocumentInfo
    received: ReceivedDocument
    number: int = 0
    postings: int = 0


def insert_pages(connection: sqlite3.Connection, number: int, received: ReceivedDocument) -> None:
    """Insert a document's pages, labels, outline, tables and vocabulary."""
    pages = (rows.page_row(number, *page) for page in received.texts())
    connection.executemany("insert into page (document, number, marks, text, crc) values (?, ?, ?, ?, ?)", pages)
    if received.labels:
        labels = rows.labels_row(number, received.labels)
        connection.execute("insert into label (document, labels, crc) values (?, ?, ?)", labels)
    if received.outline:
        outline = rows.outline_row(number, received.outline)
        connection.execute("insert into outline (document, entries, crc) values (?, ?, ?)", outline)
    if received.tables:
        tables = tables_row(number, received.tables)
        connection.execute("insert into catalog (document, tables, crc) values (?, ?, ?)", tables)
    parts = received.vocabulary_parts
    vocabulary = (vocabulary_row(number, at, parts, data) for at, data in enumerate(received.vocabulary()))
    connection.executemany(
        "insert into vocabulary (document, number, parts, words, crc) values (?, ?, ?, ?, ?)", vocabulary
    )
