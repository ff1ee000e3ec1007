"""LedgerDatabase: the database of the ledger, which is rebuilt when it is damaged."""

import logging
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from anyio import to_thread

from files_api_mcp.backends.anthropic.ledger.doubts import add_doubt_about_all, replace_damaged
from files_api_mcp.backends.anthropic.ledger.repair import (
    complete,
    finish_upgrade,
    rebuild,
    remove_old,
    restore_details,
)
from files_api_mcp.backends.anthropic.ledger.schema import LEDGER
from files_api_mcp.backends.anthropic.ledger.upload_records import UploadRecords
from files_api_mcp.backends.errors import FilesError, PermissionDenied, StorageFull, StoreDamaged
from files_api_mcp.backends.storage.bulk_sync import BulkSync
from files_api_mcp.backends.storage.disk_errors import DatabaseDamaged
from files_api_mcp.backends.storage.group_commit import GroupCommit
from files_api_mcp.backends.storage.sqlite import Database, check_integrity, create_or_migrate, inode, writing

__all__ = ["LedgerDatabase"]

_HELP = "Nothing was changed. Ask the operator to run `files-api-mcp verify`."

_log = logging.getLogger(__name__)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Work:
    run: Callable[[sqlite3.Connection], Any]
    writes: bool


class LedgerDatabase:
    """Runs work on `ledger.db`. A damaged file is set aside and rebuilt, an older copy is completed from the records.

    Calls at the same time share a transaction. `repairs` counts what was rebuilt or completed.
    """

    def __init__(self, path: Path, records: UploadRecords) -> None:
        self.repairs = 0
        self._path = path
        self._records = records
        self._database = Database(path, busy_timeout=10.0, schema=LEDGER)
        self._group = GroupCommit[_Work, Any](self._run_all, gathers=True)
        self._seen = (0, 0)

    async def prepare(self) -> None:
        """Create or migrate the tables, and repair them. If that fails, work that needs them raises the reason.

        Raises:
            StoreDamaged: The file belongs to another program or a newer version; it is unchanged.
            StoreBusy: Another process holds it.
        """

        def work(connection: sqlite3.Connection) -> None:
            check_integrity(connection)
            create_or_migrate(connection, schema=LEDGER)
            finish_upgrade(connection, self._records)
            remove_old(self._path)

        try:
            await self._healed(lambda: self._database.run(work))
        except (DatabaseDamaged, StorageFull, PermissionDenied) as exc:
            _log.warning("the ledger cannot be used: %s", exc.sentence)

    async def run(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Return what `work` returns, which only reads. It may run a second time, on a new file.

        Raises:
            StoreDamaged: The file is damaged and cannot be rebuilt now.
            FilesError: This work failed, or other work that was done at the same time.
        """
        return await self._group.run(_Work(work, writes=False))

    async def write(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Return what `work` returns; what it wrote is durable then. Otherwise as `run`."""
        return await self._group.run(_Work(work, writes=True))

    async def close(self) -> None:
        """Close the file, after the current work."""
        await self._database.close()

    async def _run_all(self, works: Sequence[_Work]) -> Sequence[Any]:
        return await self._healed(lambda: self._database.run(partial(self._transaction, works)))

    def _transaction(self, works: Sequence[_Work], connection: sqlite3.Connection) -> list[Any]:
        self._notice_replaced(connection)
        writes = sum(work.writes for work in works)
        if not writes:
            return [work.run(connection) for work in works]
        with BulkSync(self._path.parent, writes) as bulk, writing(connection):
            replace_damaged(connection)
            outcomes = [work.run(connection) for work in works]
            self._records.sync(bulk)
            return outcomes

    async def _healed(self, run: Callable[[], Awaitable[_T]]) -> _T:
        try:
            return await run()
        except StoreDamaged as exc:
            moved = getattr(exc.__cause__, "sqlite_errorcode", 0) == sqlite3.SQLITE_READONLY_DBMOVED
            if not moved and not isinstance(exc, DatabaseDamaged):
                raise
        _log.warning("the ledger is damaged; it is set aside and rebuilt")
        try:
            await to_thread.run_sync(rebuild, self._path, self._records)
        except FilesError as exc:
            sentence = f"The record of uploads is damaged and cannot be rebuilt. {exc.sentence}"
            raise DatabaseDamaged(sentence, _HELP) from exc
        self.repairs += 1
        return await run()

    def _notice_replaced(self, connection: sqlite3.Connection) -> None:
        """Complete the ledger if its file was replaced, which changes the inode, or overwritten by an older copy, in
        which the sequence is lower."""
        found: list[tuple[int]] = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'file'").fetchall()
        at, sequence = inode(self._path), found[0][0] if found else 0
        if at != self._seen[0] or sequence < self._seen[1]:
            try:
                is_older = complete(connection, self._records)
                if self._seen[0] and not is_older:
                    with writing(connection):
                        restore_details(connection, self._records)
                        add_doubt_about_all(connection)
            except (sqlite3.OperationalError, OSError) as exc:
                # Read-only, full or busy: what is in the ledger is served, and the next call tries again.
                _log.warning("the ledger could not be completed: %s", type(exc).__name__)
                return
            if is_older or self._seen[0]:
                self.repairs += 1
        self._seen = (at, sequence)
