"""What was spent, read from the ledger without changing it."""

import sqlite3
from contextlib import closing
from pathlib import Path

from files_api_mcp.backends.findings import Spent
from files_api_mcp.backends.storage.disk_errors import translated

__all__ = ["spending_in"]

_LOCK_S = 10.0
_ROWS = """SELECT day, principal, model, count(*), sum(coalesce(spent_nano, 0)),
    sum(CASE WHEN spent_nano IS NULL THEN reserved_nano ELSE 0 END) FROM spending GROUP BY 1, 2, 3
    ORDER BY day DESC, principal, model"""


def spending_in(ledger: Path) -> list[Spent]:
    """What was spent by day, principal and model, newest first; empty without a ledger, or in one from before budgets.

    Raises:
        FilesError: The ledger is damaged or locked.
    """
    if not ledger.exists():
        return []
    with translated(), closing(_opened(ledger)) as connection:
        known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'spending'").fetchall()
        rows = connection.execute(_ROWS).fetchall() if known else []
    return [
        Spent(day, who or None, model, calls, spent / 1e9, held / 1e9) for day, who, model, calls, spent, held in rows
    ]


def _opened(ledger: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{ledger.absolute().as_uri()}?mode=ro", uri=True, timeout=_LOCK_S)
