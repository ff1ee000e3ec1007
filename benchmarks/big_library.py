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

from benchmarks.scale import Language
from files_api_mcp.backends.clock import to_us, utc_now
from files_api_mcp.backends.local import files_table
from files_api_mcp.backends.local.folder import StoreFolder
from files_api_mcp.backends.local.row import Row, new_row
from files_api_mcp.backends.local.schema import FILES
from files_api_mcp.backends.local.store import open_store
from files_api_mcp.backends.models import NewFile, Snapshot
from files_api_mcp.backends.search.index import rows
from files_api_mcp.backends.search.index.addition import insert_pages
from files_api_mcp.backends.search.index.builder import HEAD_PREFIX, IndexBuilder
from files_api_mcp.backends.search.index.extraction import document_info
from files_api_mcp.backends.search.index.index import document_key
from files_api_mcp.backends.search.index.schema import connect, index_path
from files_api_mcp.backends.search.index.term_table import add_terms
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
        closing(connect(index_path(folder), 10)) as index,
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


def _index(index: sqlite3.Connection, folder: Path, stored: Sequence[tuple[Row, str]]) -> None:
    index.execute("begin immediate")
    held: list[tuple[str, int, int]] = []
    (last,) = index.execute("select seq from sqlite_sequence where name = 'document'").fetchone()
    for number, (row, text) in enumerate(stored, start=last + 1):
        with IndexBuilder(folder) as built:
            built.add(1, text)
            postings = list(built.postings.merged())
            insert_pages(index, number, built)
            added = rows.posting_rows(number, postings, built)
            index.executemany("insert into posting (document, term, data, crc) values (?, ?, ?, ?)", added)
            info = document_info(row.record, built)
            document = rows.document_row(number, document_key(row.record), info, built, len(postings))
        index.execute("insert into document (id, key, facts, sizes, passages, crc) values (?, ?, ?, ?, ?, ?)", document)
        held += [(term, number, len(pairs) // 2) for term, pairs in postings if not term.startswith(HEAD_PREFIX)]
    add_terms(index, held)
    index.execute("update sqlite_sequence set seq = ? where name = 'document'", (last + len(stored),))
    index.execute("commit")


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
