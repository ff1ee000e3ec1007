"""The search runtime: the worker processes that read documents, and the semantic model if there is one."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from files_api_mcp.backends.documents.workers import DocumentWorkers
from files_api_mcp.backends.search.semantic.similarity import Similarity

__all__ = ["INDEX_WORKER", "SearchRuntime", "index_workers", "open_runtime"]

INDEX_WORKER = "files_api_mcp.backends.search.index.worker"
"""The program of the worker processes. It is not imported here, as it imports the parsers."""


@dataclass(frozen=True, slots=True)
class SearchRuntime:
    """Reads and ranks documents for one or several backends. Without `similarity`, only words count."""

    workers: DocumentWorkers
    similarity: Similarity | None = None


def index_workers() -> DocumentWorkers:
    """Worker processes that also build the index of a document."""
    return DocumentWorkers(program=INDEX_WORKER)


@asynccontextmanager
async def open_runtime(similarity: Similarity | None = None) -> AsyncGenerator[SearchRuntime]:
    """Start the runtime."""
    async with index_workers() as workers:
        yield SearchRuntime(workers, similarity)
