"""Consistency check of the store: compares its table of files with the disk."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from files_api_mcp.backends.errors import StoreDamaged
from files_api_mcp.backends.local.content_stream import ContentStream, open_content
from files_api_mcp.backends.local.files_table import Row, is_referred_to, with_content_after
from files_api_mcp.backends.local.recovery import find_orphans, shard_groups
from files_api_mcp.backends.storage.blobs import Blobs
from files_api_mcp.backends.storage.sqlite import Database, check_integrity, writing

__all__ = ["StoreReport", "check_store"]

_ROWS_AT_ONCE = 500


@dataclass(slots=True)
class StoreReport:
    """The result of a check.

    `rows` counts files whose content should be there, `bytes` their contents' size, each content once.
    `missing` and `wrong` are ids of files whose content is absent or changed. `orphans` counts contents that no file
    needs (harmless: the next start removes them). `table_sound` is False if the database is damaged; nothing else was
    checked then. `data_read` says whether contents were compared with their hashes, or only their sizes.
    """

    data_read: bool
    table_sound: bool = True
    rows: int = 0
    bytes: int = 0
    missing: list[str] = field(default_factory=list[str])
    wrong: list[str] = field(default_factory=list[str])
    orphans: int = 0

    @property
    def healthy(self) -> bool:
        """Whether all acknowledged files are complete."""
        return self.table_sound and not self.missing and not self.wrong

    def __str__(self) -> str:
        if not self.table_sound:
            return "the database is damaged; restore the data folder from a backup"
        read = "hashes compared" if self.data_read else "sizes compared"
        counts = f"{self.rows} files, {self.bytes:,} bytes, {read}, {self.orphans} orphans"
        troubles = [*_named("missing", self.missing), *_named("damaged", self.wrong)]
        return "; ".join([counts, *troubles])


async def check_store(database: Database, blobs: Blobs, *, read_data: bool) -> StoreReport:
    """Compare the rows and the contents with each other; changes nothing.

    Other processes may use the store meanwhile. `read_data` reads all bytes, in constant memory.
    """
    report = StoreReport(data_read=read_data)
    try:
        await database.run(check_integrity)
    except StoreDamaged:
        report.table_sound = False
        return report
    await _check_rows(database, blobs, report)
    for shards in await database.run(lambda _: shard_groups(blobs)):
        report.orphans += await database.run(partial(_count_orphans, blobs, shards))
    return report


async def _check_rows(database: Database, blobs: Blobs, report: StoreReport) -> None:
    verdicts: dict[str, bool] = {}
    last = 0
    while batch := await database.run(partial(_with_sizes, blobs, last)):
        last = batch[-1][0].seq
        for row, sound, size_bytes in batch:
            if size_bytes is None and sound and not await database.run(partial(_still_there, row)):
                continue  # deleted since the batch was read
            report.rows += 1
            if size_bytes is None:
                report.missing.append(row.id)
                continue
            if row.sha256 not in verdicts:
                report.bytes += size_bytes
                verdicts[row.sha256] = not report.data_read or await _reads_well(database, blobs, row)
            if not sound or size_bytes != row.size_bytes or not verdicts[row.sha256]:
                report.wrong.append(row.id)


def _with_sizes(blobs: Blobs, after: int, connection: sqlite3.Connection) -> list[tuple[Row, bool, int | None]]:
    found = with_content_after(connection, after, _ROWS_AT_ONCE)
    return [(row, sound, blobs.size(row.sha256)) for row, sound in found]


def _still_there(row: Row, connection: sqlite3.Connection) -> bool:
    query = "SELECT 1 FROM files WHERE seq = ? AND has_content = 1"
    return connection.execute(query, (row.seq,)).fetchone() is not None


async def _reads_well(database: Database, blobs: Blobs, row: Row) -> bool:
    try:
        content = await database.run(partial(_open_unless_gone, blobs, row))
        if content is not None:
            async with content:
                async for _ in content:
                    continue
    except StoreDamaged:
        return False
    return True


def _open_unless_gone(blobs: Blobs, row: Row, _: sqlite3.Connection) -> ContentStream | None:
    try:
        return open_content(blobs, row)
    except FileNotFoundError:
        return None


def _count_orphans(blobs: Blobs, shards: Sequence[str], connection: sqlite3.Connection) -> int:
    candidates = find_orphans(blobs, shards, connection)
    if not candidates:
        return 0
    with writing(connection):
        return sum(blobs.size(sha256) is not None and not is_referred_to(connection, sha256) for sha256 in candidates)


def _named(what: str, ids: Sequence[str]) -> list[str]:
    more = f" and {len(ids) - 3} more" if len(ids) > 3 else ""
    return [f"{len(ids)} {what}: {', '.join(ids[:3])}{more}"] if ids else []
