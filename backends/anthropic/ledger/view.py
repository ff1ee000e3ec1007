"""LedgerView: the rows of the ledger that one credential sees."""

import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

from files_api_mcp.backends.anthropic.ledger.database import LedgerDatabase
from files_api_mcp.backends.anthropic.ledger.rows import move, scope_of, select

__all__ = ["LedgerView"]

_T = TypeVar("_T")

Work = Callable[[sqlite3.Connection, str], _T]
"""Work on the tables. It gets the scope of the rows that count."""


class LedgerView:
    """Runs work on the rows of one credential (its fingerprint, never the secret), or of one `principal` who shares it.

    The credential's workspace is read each time, because another process may have learnt it.
    """

    def __init__(self, database: LedgerDatabase, credential: str, principal: str = "") -> None:
        self.credential = f"{credential} {principal}" if principal else credential
        self._database = database
        self._principal = principal
        self._learnt = ("", 0)

    @property
    def is_private(self) -> bool:
        """Whether the files of one principal are kept apart from those of others."""
        return bool(self._principal)

    async def learn_workspace(self, base_url: str, workspace: str | None) -> None:
        """Record the credential's workspace, as named by the server. Other keys of it see the same files."""
        scope = f"{base_url} {workspace} {self._principal}".rstrip()
        learnt = (scope, self._database.repairs)
        if workspace and learnt != self._learnt:
            await self.write(lambda connection, old: move(connection, self.credential, old, scope))
            self._learnt = learnt

    async def run(self, work: Work[_T]) -> _T:
        """Return what `work` returns, which only reads; see LedgerDatabase.run."""
        return await self._database.run(lambda connection: work(connection, scope_of(connection, self.credential)))

    async def write(self, work: Work[_T]) -> _T:
        """Return what `work` returns; what it wrote is durable then. See LedgerDatabase.write."""
        return await self._database.write(lambda connection: work(connection, scope_of(connection, self.credential)))

    async def rows(self, table: str, where: str = "1", *values: object) -> list[tuple[Any, ...]]:
        """The believed rows in a table."""
        condition = f"scope = ? AND {where}"
        return await self.run(lambda connection, scope: select(connection, table, condition, scope, *values))
