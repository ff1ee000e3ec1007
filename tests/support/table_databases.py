"""Databases of tables, as worker processes make and query them."""

import tempfile
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from files_api_mcp.backends.documents.tables.sql.database import database
from files_api_mcp.backends.documents.tables.sql.mistake import Mistake
from files_api_mcp.backends.documents.tables.sql.select import Selected, select
from files_api_mcp.backends.documents.tables.table import Cell, DocumentTable

__all__ = ["opened_database", "refusal", "selected", "table"]

SECONDS = 20.0


def table(name: str, header: Sequence[str], *rows: Sequence[Cell], notes: Sequence[str] = ()) -> DocumentTable:
    """A table whose header is in its row 1."""
    return DocumentTable(header, lambda: iter(enumerate(rows, start=2)), name, has_texts=False, notes=notes)


@contextmanager
def opened_database(tables: Iterable[DocumentTable]) -> Generator[BinaryIO]:
    """A file with the database of the tables."""
    with tempfile.TemporaryFile() as file:
        file.write(database(iter(tables), lambda _: None))
        file.flush()
        yield file


def selected(tables: Iterable[DocumentTable], sql: str, sheet: str | None = None, seconds: float = SECONDS) -> Selected:
    """The result of a query over the tables."""
    with opened_database(tables) as file:
        return select(file, sql, sheet, seconds)


def refusal(tables: Iterable[DocumentTable], sql: str, sheet: str | None = None, seconds: float = SECONDS) -> str:
    """What is said of a query that is wrong; "" if it is not."""
    try:
        selected(tables, sql, sheet, seconds)
    except Mistake as exc:
        return f"{exc.sentence} {exc.next_step}".strip()
    return ""
