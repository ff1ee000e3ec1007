"""HealingDatabase: the database of a store, which mends what it can before it reports damage."""

import sqlite3
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from anyio import to_thread

from files_api_mcp.backends.errors import PermissionDenied, StorageFull
from files_api_mcp.backends.local.folder import StoreFolder
from files_api_mcp.backends.local.repair.rebuild import rebuild_table
from files_api_mcp.backends.local.repair.restoration import damaged_rows, restore_damaged_rows
from files_api_mcp.backends.local.row import RowsDamaged
from files_api_mcp.backends.storage.disk_errors import DatabaseDamaged
from files_api_mcp.backends.storage.sqlite import Database

__all__ = ["HealingDatabase"]

_T = TypeVar("_T")


class HealingDatabase:
    """Runs work on the database. `lost` are the places of damaged rows that cannot be restored."""

    def __init__(self, database: Database, folder: StoreFolder, now_us: Callable[[], int]) -> None:
        self._database = database
        self._folder = folder
        self._now_us = now_us
        self.lost: frozenset[int] = frozenset()

    async def run(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Run `work`; if it finds damage, mend what can be mended and run it again."""
        try:
            return await self._database.run(work)
        except (DatabaseDamaged, RowsDamaged) as exc:
            if isinstance(exc, RowsDamaged):
                await self._restore_rows()
            elif self._folder.is_read_only:
                raise
            else:
                await to_thread.run_sync(rebuild_table, self._folder, self._now_us())
        return await self._database.run(work)

    async def _restore_rows(self) -> None:
        try:
            self.lost = await self._database.run(partial(restore_damaged_rows, folder=self._folder))
        except (StorageFull, PermissionDenied):
            # The others are served.
            self.lost = await self._database.run(lambda connection: frozenset(r.seq for r in damaged_rows(connection)))
