"""Makes a data folder of many tiny text files: `python -m benchmarks.big_library FOLDER --files 100000`.

The rows, bytes and index are those of uploads, written with the code of the store and the index, but a thousand files
in one transaction, by one process. Texts have made-up words with natural frequencies (Zipf), about 1 KB each; the same
number of files gives the same texts.
"""

import argparse
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import anyio
from anyio import to_thread

from benchmarks.speed.language import Language
from files_api_mcp.backends.clock import to_us, utc_now
from files_api_mcp.backends.documents.extract import Document
from files_api_mcp.backends.documents.marks import MarkedText
from files_api_mcp.backends.local import files_table
from files_api_mcp.backends.local.folder import StoreFolder
from files_api_mcp.backends.local.row import Row, new_row
from files_api_mcp.backends.local.schema import FILES
from files_api_mcp.backends.local.store import open_store
from files_api_mcp.backends.models import NewFile, Snapshot
from files_api_mcp.backends.search.index import rows
from files_api_mcp.backends.search.index.addition import Addition
from files_api_mcp.backends.search.index.extraction import document_info
from files_api_mcp.backends.search.index.index import document_key
from files_api_mcp.backends.search.index.received import ReceivedDocument
from files_api_mcp.backends.search.index.schema import index_path
from files_api_mcp.backends.search.index.worker import build_index
from files_api_mcp.backends.search.index.writer import IndexWriter
from files_api_mcp.backends.storage.sqlite import connect as connect_files
from files_api_mcp.backends.storage.sqlite import writing

_AT_ONCE = 1000
_LINES, _WORDS_A_LINE = 14, 11


def make_library(folder: Path, files: int) -> None:
    """Add this many files to the data folder, which is created if missing."""
    anyio.run(_prepare, folder)
    texts = _texts(files)
    place = StoreFolder(folder)
    with (
        closing(connect_files(place.database, FILES, 10)) as table,
        closing(IndexWriter(index_path(folder))) as index,
    ):
        for start in range(0, files, _AT_ONCE):
            some = [(start + at, next(texts)) for at in range(min(_AT_ONCE, files - start))]
            stored = _store(place, table, some)
            _index(index, folder, stored)


async def _prepare(folder: Path) -> None:
    async with open_store(folder):
        pass


def _texts(files: int) -> Iterator[str]:
    language = Language(files)
    for number in range(files):
        lines = (" ".join(language.word() for _ in range(_WORDS_A_LINE)) for _ in range(_LINES))
        yield "\n".join([f"Note {number}", *lines, ""])


def _store(place: StoreFolder, table: sqlite3.Connection, some: Sequence[tuple[int, str]]) -> list[tuple[Row, str]]:
    """Store these texts, without syncing each one."""
    stored: list[tuple[Row, str]] = []
    with writing(table):
        for number, text in some:
            content = text.encode()
            path = place.path / "unfinished"
            path.write_bytes(content)
            snapshot = Snapshot(path, sha256(content).hexdigest(), len(content), content, content, "text/plain")
            new = NewFile(f"note-{number:06}.txt", "text/plain", source_path=f"/notes/note-{number:06}.txt")
            row = files_table.add(table, new_row(snapshot, new, to_us(utc_now())))
            place.blobs.put(snapshot)
            place.sidecars.write(row, durable=False)
            stored.append((row, text))
    return stored


def _index(index: IndexWriter, folder: Path, stored: Sequence[tuple[Row, str]]) -> None:
    additions: list[Addition] = []
    for row, text in stored:
        received = ReceivedDocument(folder)
        for part in build_index(Document(paginated=False, pages=None, texts=[MarkedText(text)]), "text/plain"):
            received.take(part)
        additions.append(Addition(document_key(row.record), document_info(row.record, received), received))
    index.begin(additions)
    index.add_postings([one for added in additions for one in rows.posting_rows(added.number, added.received)])
    index.commit()


async def _run(folder: Path, files: int) -> None:
    began = time.perf_counter()
    await to_thread.run_sync(make_library, folder, files)
    taken = time.perf_counter() - began
    print(f"{files} files in {folder}: {taken:.0f} s, {files / taken:.0f} files/s")


def main() -> None:
    """Make a library."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=100_000)
    options = parser.parse_args()
    anyio.run(_run, options.folder, options.files)


if __name__ == "__main__":
    main()
