"""Queries over the tables of the files of a content source."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

from files_api_mcp.backends.content_source import ContentSource
from files_api_mcp.backends.documents.task import ReaderStopped, Task
from files_api_mcp.backends.documents.workers import DocumentWorkers
from files_api_mcp.backends.errors import ContentDamaged, InvalidArgument
from files_api_mcp.backends.models import FileRecord, Progress, silent
from files_api_mcp.backends.search.documents import Documents
from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.question_scope import version_note
from files_api_mcp.backends.search.reader import open_places
from files_api_mcp.backends.search.table_catalog.located import located_tables
from files_api_mcp.backends.search.table_queries.databases import Databases
from files_api_mcp.backends.table_info import TableInfo
from files_api_mcp.backends.table_querier import TableQuery, TableResult

__all__ = ["TableQueries"]

_SECONDS = 5.0
"""Processor time of a query."""
_VALUES = (str, int, float, type(None))


class TableQueries:
    """Runs queries in the processes that read documents. Implements TableQuerier."""

    def __init__(self, source: ContentSource, workers: DocumentWorkers, documents: Documents, folder: Path) -> None:
        """`folder` is for the unnamed files of `databases`."""
        self._source = source
        self._workers = workers
        self._documents = documents
        self.databases = Databases(workers, folder)

    def close(self) -> None:
        """Close the files."""
        self.databases.close()

    def forget(self, record: FileRecord) -> None:
        """Drop the tables of a file."""
        self.databases.forget(record)

    async def tables(self, file_id: str, progress: Progress = silent) -> Sequence[TableInfo]:
        """The tables of a file; see TableQuerier."""

        def located(index: Index, document: Document) -> Sequence[TableInfo]:
            tables = index.tables(document)
            return [*located_tables(open_places(index, document, document.mime_type), tables)] if tables else ()

        return await self._documents.with_document(file_id, located, progress)

    async def query_table(self, file_id: str, query: TableQuery, progress: Progress = silent) -> TableResult:
        """Run a query over the tables of one file; see TableQuerier."""
        record, path = await self._source.blob_path(file_id)
        try:
            async with self.databases.opened(record, path, progress) as database:
                result = await self._queried(database, query)
        except (ContentDamaged, ReaderStopped):
            # Bytes that are deleted while they are read look damaged.
            await self._source.blob_path(file_id)
            raise
        note = version_note(record)
        return replace(result, notes=[note, *result.notes]) if note else result

    async def _queried(self, database: int, query: TableQuery) -> TableResult:
        task = Task("query", database, None, {"sql": query.sql, "sheet": query.sheet, "seconds": _SECONDS})
        answer: dict[str, Any] = {}
        try:
            async with aclosing(self._workers.run([task])) as jobs:
                async for answers in jobs:
                    async for one in answers:
                        answer = one
        except ReaderStopped as exc:
            raise InvalidArgument(
                "The query was stopped: it takes too much time or memory.", "Let it read and join less."
            ) from exc
        if "mistake" in answer:
            raise InvalidArgument(str(answer["mistake"]), str(answer["next_step"]))
        return _result(answer)


def _result(answer: dict[str, Any]) -> TableResult:
    """The result in an answer. Hostile bytes may have captured the process: what it says is checked.

    Raises:
        ReaderStopped: It is no result.
    """
    try:
        columns, rows, numbers = answer["columns"], answer["rows"], answer["row_numbers"]
        _expect(all(isinstance(one, str) for one in [*columns, *answer["notes"]]))
        _expect(all(len(row) == len(columns) and all(isinstance(one, _VALUES) for one in row) for row in rows))
        _expect(numbers is None or (len(numbers) == len(rows) and all(isinstance(one, int) for one in numbers)))
        _expect(isinstance(answer["total"], int))
        return TableResult(columns, rows, answer["total"], numbers, bool(answer["is_partial"]), answer["notes"])
    except (LookupError, TypeError, ValueError):
        raise ReaderStopped("The query could not be run: its process gave a wrong answer.") from None


def _expect(holds: bool) -> None:  # noqa: FBT001 - one condition
    if not holds:
        raise ValueError("a result that is not right")
