"""The worker process of the index: it parses a document and builds its index, which the server only writes."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO

from files_api_mcp.backends.documents import worker
from files_api_mcp.backends.documents.extract import Document
from files_api_mcp.backends.documents.media_types import SHEETS
from files_api_mcp.backends.documents.tables.extract import TABLES_OF, tables_in_bytes
from files_api_mcp.backends.documents.tables.table import DocumentTable
from files_api_mcp.backends.documents.watched_file import watched_file
from files_api_mcp.backends.search.index.builder import IndexBuilder, PackedPage
from files_api_mcp.backends.search.table_catalog.collector import TableCollector

__all__ = ["build_index", "main"]

_ANSWER_BYTES = 256 * 1024
_ANSWER_S = 0.25
"""An answer is sent after this time, so that the server sees progress, and that no page takes too long."""
_MANY_PAGES = 100
"""Pages of a document of which the first answer comes when it is open: its first page may take a while."""


def main() -> None:
    """Serve the jobs of documents.worker, and `index`."""
    worker.main({"index": _index})


def _index(content: BinaryIO, job: dict[str, Any]) -> Iterator[worker.Answer]:
    mime_type: str = job["mime_type"]
    # The tables of spreadsheets come with the text. What parses it may close what it reads.
    with os.fdopen(os.dup(content.fileno()), "rb") as again:
        has_tables = mime_type in TABLES_OF and mime_type not in SHEETS
        tables = _tables(again, mime_type, job["report"]) if has_tables else ()
        yield from build_index(worker.opened_document(content, job), mime_type, tables)


def _tables(content: BinaryIO, mime_type: str, report: Callable[[worker.Answer], None]) -> Iterator[DocumentTable]:
    with watched_file(os.dup(content.fileno()), lambda: report({"checked": 0})) as watched:
        yield from tables_in_bytes(watched, mime_type)


def build_index(
    document: Document, mime_type: str, tables: Iterable[DocumentTable] = (), *, answer_bytes: int = _ANSWER_BYTES
) -> Iterator[worker.Answer]:
    """The index of a document in parts: pages, and postings once they are many. The last part has the `facts`.

    A part has `texts`, which are characters, bytes of marks, bytes of text and label of each page, and a body of texts,
    postings, words, passages, outline and tables, whose lengths are in `lengths`. `tables` are those that are not in
    the text, which are read after it.
    """
    builder = IndexBuilder(mime_type=mime_type, paginated=document.paginated)
    catalog = TableCollector(mime_type, paginated=document.paginated)
    pages: list[tuple[PackedPage, str | None]] = []
    held, last = 0, time.monotonic()

    def part(*rest: bytes) -> worker.Answer:
        nonlocal held, last
        bodies = [b"".join(page.marks + page.text for page, _ in pages), *rest]
        answer: worker.Answer = {
            "pages": document.pages,
            "texts": [(page.chars, len(page.marks), len(page.text), label) for page, label in pages],
            "lengths": [len(body) for body in bodies],
            "body": b"".join(bodies),
        }
        pages.clear()
        held, last = 0, time.monotonic()
        return answer

    if (document.pages or 0) > _MANY_PAGES:
        yield part()
    for number, piece in enumerate(document.texts, start=1):
        scanned, label = document.is_scanned(number), document.label(number)
        page = builder.add(number, piece.text, scanned=scanned, marks=piece.marks, invisible=piece.invisible)
        catalog.add_text(number, piece)
        pages.append((page, label))
        held += len(page.text) + len(page.marks)
        if builder.is_full:
            yield part(builder.take_postings(), builder.take_words())
        elif held >= answer_bytes or time.monotonic() - last >= _ANSWER_S:
            yield part()
    catalog.add_all(tables)
    final = part(builder.take_postings(), builder.take_words(), builder.passages, builder.outline, catalog.packed())
    yield {**final, "paginated": document.paginated, "facts": builder.facts()}
