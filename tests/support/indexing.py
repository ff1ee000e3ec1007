"""Builds the index of a document in this process, as the worker process and the server do together."""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from files_api_mcp.backends.documents.extract import Document
from files_api_mcp.backends.documents.marks import MarkedText
from files_api_mcp.backends.models import DocumentInfo
from files_api_mcp.backends.search.index import rows
from files_api_mcp.backends.search.index.addition import Addition
from files_api_mcp.backends.search.index.received import ReceivedDocument
from files_api_mcp.backends.search.index.worker import build_index
from files_api_mcp.backends.search.index.writer import IndexWriter

__all__ = ["add_document", "begin_document", "received_document"]


def received_document(
    pages: Iterable[str | MarkedText],
    *,
    mime_type: str = "text/plain",
    paginated: bool = False,
    labels: Sequence[str | None] = (),
) -> ReceivedDocument:
    """The index of these pages, or pieces of a text."""
    texts = [MarkedText(page) if isinstance(page, str) else page for page in pages]
    document = Document(
        paginated=paginated,
        pages=len(texts) if paginated else None,
        texts=texts,
        label=lambda number: labels[number - 1] if labels else None,
    )
    received = ReceivedDocument(Path(tempfile.gettempdir()))
    for part in build_index(document, mime_type):
        received.take(part)
    return received


def begin_document(index: IndexWriter, key: str, received: ReceivedDocument, info: DocumentInfo | None = None) -> int:
    """Add a document in a transaction that stays open; returns its id."""
    described = info or DocumentInfo(askable=True, pages=received.pages, chars=received.chars)
    addition = Addition(key, described, received)
    index.begin([addition])
    index.add_postings([*rows.posting_rows(addition.number, received)])
    received.close()
    return addition.number


def add_document(index: IndexWriter, key: str, received: ReceivedDocument, info: DocumentInfo | None = None) -> int:
    """Add a document; returns its id."""
    number = begin_document(index, key, received, info)
    index.commit()
    return number
