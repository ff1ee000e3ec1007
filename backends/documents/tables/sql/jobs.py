"""The jobs of worker processes about tables: to write them into a database, and to query one."""

import os
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, BinaryIO

from files_api_mcp.backends.documents.tables.extract import document_tables
from files_api_mcp.backends.documents.tables.sql.database import database
from files_api_mcp.backends.documents.tables.sql.mistake import Mistake
from files_api_mcp.backends.documents.tables.sql.select import select
from files_api_mcp.backends.documents.watched_file import watched_file

__all__ = ["query", "tables"]

_PART = 1 << 20


def tables(content: BinaryIO, job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The database of a document's tables, in parts. `job["report"]` takes answers that show progress.

    Raises:
        UnsupportedType: It has none, or they take too much.
    """

    def report(rows: int) -> None:
        job["report"]({"rows": rows})

    mime_type, filename = job["mime_type"], job.get("filename", "")
    with watched_file(os.dup(content.fileno()), lambda: job["report"]({"checked": 0})) as watched:
        whole = memoryview(database(document_tables(watched, mime_type, filename), report))
    for start in range(0, len(whole), _PART):
        yield {"body": whole[start : start + _PART]}


def query(content: BinaryIO, job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The result of a SELECT over such a database, or what is wrong with the query."""
    try:
        yield asdict(select(content, job["sql"], job["sheet"], job["seconds"]))
    except Mistake as exc:
        yield {"mistake": exc.sentence, "next_step": exc.next_step}
