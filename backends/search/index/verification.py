"""Verifies the index: SQLite's own checks, and every row by its checksum, while a server may use it."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from anyio import to_thread

from files_api_mcp.backends.content_source import ContentSource
from files_api_mcp.backends.damage import Damage
from files_api_mcp.backends.file_filter import ANY_STATE
from files_api_mcp.backends.models import FileRecord, Progress, silent
from files_api_mcp.backends.search.index import rows
from files_api_mcp.backends.search.index.damage import DocumentsDamaged
from files_api_mcp.backends.search.index.index import document_key
from files_api_mcp.backends.search.index.postings import HEAD_PREFIX
from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.index.schema import (
    FORMAT,
    ORPHANS,
    check_intact,
    connect_to_read,
    index_path,
    inode,
    throw_away,
)
from files_api_mcp.backends.search.index.term_table import BLOCK, BlockDamaged, holders_in_block
from files_api_mcp.backends.search.index.writer import IndexWriter
from files_api_mcp.backends.search.table_catalog.stored_tables import decode_tables
from files_api_mcp.backends.search.vocabulary.packed import vocabulary_words
from files_api_mcp.backends.storage.disk_errors import translated
from files_api_mcp.backends.storage.salvage import UNREADABLE

__all__ = ["verify_index"]

_WHOLE = "The index is damaged: questions may fail or miss passages until it is built again."
_LEFTOVER = "Text of a file that is gone is still in the index."


@dataclass
class _Found:
    """What is wrong: the whole file, documents of files, or documents and rows whose file is gone."""

    whole: bool = False
    damaged: dict[int, str] = field(default_factory=dict[int, str])
    leftover: set[int] = field(default_factory=set[int])


async def verify_index(
    data_dir: Path, source: ContentSource, *, repair: bool, progress: Progress = silent
) -> list[Damage]:
    """Read every row of the index in a data folder, and report what is damaged or left over.

    With `repair`, damaged documents or the whole damaged file are removed, so that they are indexed again. Without it
    nothing is changed. A missing index is no damage and is not created; nor is one with an interrupted write, which the
    next start undoes.

    Raises:
        FilesError: The index or the list of files cannot be read now.
    """
    path = index_path(data_dir)
    connection = await to_thread.run_sync(_opened, path)
    if connection is None:
        return []
    try:
        found = await _verified(connection, source, progress)
        keys, files = {*found.damaged.values()}, await source.live_files(ANY_STATE)
        damaged = [file_id for at, file_id in enumerate(files.ids) if " ".join(files.content(at)) in keys]
        records = [record for record, _ in await source.located(damaged)]
        if repair:
            await to_thread.run_sync(_repair, path, found)
    finally:
        await to_thread.run_sync(connection.close)
    return _damages(found, records, repaired=repair)


def _opened(path: Path) -> sqlite3.Connection | None:
    """A connection that cannot change the file; None if there is nothing to verify."""
    if not path.exists() or not path.stat().st_size:
        return None
    with translated():
        connection = connect_to_read(path)
        try:
            connection.execute("pragma schema_version").fetchone()
        except UNREADABLE as exc:
            if getattr(exc, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_READONLY:
                connection.close()
                return None
        return connection


async def _verified(connection: sqlite3.Connection, source: ContentSource, progress: Progress) -> _Found:
    found = _Found()
    documents: dict[int, str] = {}
    if not await _check(lambda: documents.update(_documents(connection)), found):
        return found
    # In this order, a file that is stored meanwhile is not taken for one that is gone.
    files = await source.live_files(ANY_STATE)
    wanted = {" ".join(files.content(at)) for at in range(len(files))}
    for done, (number, key) in enumerate(documents.items(), start=1):
        if not await _check(lambda number=number, key=key: _verify_document(connection, number, key, found), found):
            return found
        if key not in wanted and number not in found.damaged:
            found.leftover.add(number)
        await progress(done, len(documents), "Verifying the index")
    blocks = {number // BLOCK for number in documents}
    await _check(
        lambda: blocks.update(block for (block,) in connection.execute("select distinct block from term")), found
    )
    for block in sorted(blocks):
        if not await _check(lambda block=block: _verify_block(connection, block, found), found):
            return found
    await _check(lambda: found.leftover.update(_orphans(connection)), found)
    return found


async def _check(work: Callable[[], None], found: _Found) -> bool:
    """Do a slice of the work; returns whether the file can be read on."""

    def attempt() -> None:
        with translated():
            try:
                work()
            except UNREADABLE as exc:
                if _is_passing(exc):
                    raise
                found.whole = True

    await to_thread.run_sync(attempt)
    return not found.whole


def _is_passing(exc: Exception) -> bool:
    primary = getattr(exc, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return primary in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT}


def _documents(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    """Ids and keys of the documents.

    Raises:
        sqlite3.DatabaseError: The file is damaged.
    """
    (version,) = connection.execute("pragma user_version").fetchone()
    if version != FORMAT:
        raise sqlite3.DatabaseError("the file is not an index")
    check_intact(connection)
    found = connection.execute("select id, key from document order by id").fetchall()
    return [(number, rows.decode_key(key)) for number, key in found]


def _orphans(connection: sqlite3.Connection) -> list[int]:
    return [number for query in ORPHANS for (number,) in connection.execute(query)]


def _verify_document(connection: sqlite3.Connection, number: int, key: str, found: _Found) -> None:
    connection.execute("begin")  # one view of all its rows
    try:
        query = "select id, key, facts, sizes, passages, crc from document where id = ?"
        row = connection.execute(query, (number,)).fetchone()
        if row is not None:  # else it was removed meanwhile
            _verify_rows(connection, rows.decode_document(key, row))
    except (DocumentsDamaged, *rows.UNDECODABLE):
        found.damaged[number] = key
    finally:
        connection.execute("rollback")


def _verify_rows(connection: sqlite3.Connection, document: Document) -> None:
    for passage in range(len(document.passages)):
        document.span(passage)
    pages = 0
    query = "select number, marks, text, crc from page where document = ? order by number"
    for number, *row in connection.execute(query, (document.id,)):
        pages += 1
        rows.decode_page(document, number, tuple(row))
    labels = connection.execute("select labels, crc from label where document = ?", (document.id,)).fetchall()
    for row in labels:
        rows.decode_labels(document, row)
    outlines = connection.execute("select entries, crc from outline where document = ?", (document.id,)).fetchall()
    for row in outlines:
        rows.decode_outline(document, row)
    catalogs = connection.execute("select tables, crc from catalog where document = ?", (document.id,)).fetchall()
    for row in catalogs:
        decode_tables(document, row)
    postings = 0
    for row in connection.execute("select term, data, crc from posting where document = ?", (document.id,)):
        postings += 1
        rows.decode_posting(document, row)
    parts = connection.execute(
        "select document, number, parts, words, crc from vocabulary where document = ?", (document.id,)
    ).fetchall()
    for row in parts:
        vocabulary_words(row)
    has_outline = bool(document.entries) or not document.paginated
    expected = (len(document.sizes), document.info.chars, document.postings, bool(document.labels), has_outline)
    found = (pages, sum(document.sizes), postings, bool(labels), bool(outlines))
    if bool(document.tables) != bool(catalogs):
        raise LookupError("the tables of the document are missing")
    if found != expected or len(parts) != document.vocabulary:
        raise LookupError("rows of the document are missing")


def _verify_block(connection: sqlite3.Connection, block: int, found: _Found) -> None:
    """Compare the table of terms with the postings of a block of documents."""
    span = (block * BLOCK, (block + 1) * BLOCK)
    connection.execute("begin")  # one view of all its rows
    try:
        documents = connection.execute("select id, key from document where id >= ? and id < ?", span).fetchall()
        keys = {number: rows.decode_key(key) for number, key in documents}
        query = (
            "select document, count(*) from posting where document >= ? and document < ? and unicode(term) != ?"
            " group by document"
        )
        expected = dict(connection.execute(query, (*span, ord(HEAD_PREFIX))).fetchall())
        try:
            held = Counter(span[0] + place for one in holders_in_block(connection, block) for place in one.documents)
        except BlockDamaged:
            found.damaged.update(keys)
            return
        found.damaged.update((number, keys[number]) for number in keys if held[number] != expected.get(number, 0))
        found.leftover.update(held.keys() - keys.keys())
    finally:
        connection.execute("rollback")


def _repair(path: Path, found: _Found) -> None:
    with translated():
        if found.whole:
            throw_away(path, inode(path))
        elif found.damaged or found.leftover:
            with closing(IndexWriter(path)) as index:
                index.drop_damaged([*found.damaged, *found.leftover])


def _damages(found: _Found, files: Sequence[FileRecord], *, repaired: bool) -> list[Damage]:
    if found.whole:
        return [Damage("index", _WHOLE, repaired=repaired)]
    damages: list[Damage] = []
    for key in found.damaged.values():
        named = [record for record in files if document_key(record) == key]
        damages.extend(Damage("index", _meaning(one.filename), one.id, one.filename, repaired) for one in named)
        if not named:
            damages.append(Damage("index", _meaning("a file"), repaired=repaired))
    return damages + [Damage("leftover", _LEFTOVER, repaired=repaired) for _ in found.leftover]


def _meaning(name: str) -> str:
    return f"The index of {name} is damaged: questions may miss passages of it until it is indexed again."
