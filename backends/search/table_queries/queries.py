"""Queries over the tables of the files of a content source."""

from collections.abc import Sequence

from files_api_mcp.backends.content_source import ContentSource
from files_api_mcp.backends.documents.workers import DocumentWorkers
from files_api_mcp.backends.errors import UnsupportedType
from files_api_mcp.backends.models import Progress, silent
from files_api_mcp.backends.table_info import TableInfo
from files_api_mcp.backends.table_querier import TableQuery, TableResult

__all__ = ["TableQueries"]


class TableQueries:
    """Runs queries in the processes that read documents. Implements TableQuerier."""

    def __init__(self, source: ContentSource, workers: DocumentWorkers) -> None:
        self._source = source
        self._workers = workers

    async def tables(self, file_id: str, progress: Progress = silent) -> Sequence[TableInfo]:  # noqa: ARG002
        """The tables of a file; see TableQuerier."""
        await self._source.blob_path(file_id)
        return ()

    async def query_table(self, file_id: str, query: TableQuery, progress: Progress = silent) -> TableResult:  # noqa: ARG002
        """Run a query over the tables of one file; see TableQuerier."""
        await self._source.blob_path(file_id)
        raise UnsupportedType("The file has no tables.")
