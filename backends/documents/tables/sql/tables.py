"""The tables of an opened database, by the names that a query may use."""

import sqlite3
from collections.abc import Sequence
from difflib import get_close_matches

from files_api_mcp.backends.documents.tables.sql.mistake import Mistake
from files_api_mcp.backends.documents.tables.sql.tokens import quoted

__all__ = ["DATA", "NOTES", "ROW", "Tables", "listed", "nearest"]

ROW = "_row"
DATA = "data"
NOTES = "\x01"
"""The name of the table of notes, which no table of a document has: the name of a table, or NULL, and a note."""
_MOST_LISTED = 30
_LONGEST_LISTED = 60


class Tables:
    """The tables of a document. `data` is the name of the chosen one, and `notes` are about the choice."""

    def __init__(self, connection: sqlite3.Connection, sheet: str | None) -> None:
        """Take the notes out of the database, and make the table `data`.

        Raises:
            Mistake: There is no such sheet.
        """
        self._notes: list[tuple[str | None, str]] = connection.execute(f'SELECT * FROM "{NOTES}"').fetchall()  # noqa: S608
        connection.execute(f'DROP TABLE "{NOTES}"')
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid").fetchall()
        self.names: Sequence[str] = [name for (name,) in found]
        self.data, self.notes = self.names[0], list[str]()
        if sheet is not None:
            self.data, self.notes = self._chosen(sheet)
        connection.execute(f"CREATE TEMP VIEW {DATA} AS SELECT * FROM main.{quoted(self.data)}")  # noqa: S608
        self._real = {name.lower(): name for name in self.names} | {DATA: self.data}
        self._connection = connection

    def columns(self, name: str) -> Sequence[str] | None:
        """The columns of a table, without the one for its row's number; None if there is no such table."""
        real = self._real.get(name.lower())
        if real is None:
            return None
        found = self._connection.execute(f"SELECT * FROM main.{quoted(real)} LIMIT 0")  # noqa: S608
        return [column for column, *_ in found.description if column != ROW]

    def notes_about(self, tables: set[str]) -> list[str]:
        """The notes about these tables, and those about the document."""
        return [*self.notes, *(note for name, note in self._notes if name is None or name in tables)]

    def _chosen(self, sheet: str) -> tuple[str, list[str]]:
        folded = {name.casefold(): name for name in reversed(self.names)}
        wanted = sheet.strip().casefold()
        wanted = wanted if wanted in folded else wanted.strip("'\"")
        # A place on a sheet with one table is that table.
        found = folded.get(wanted) or folded.get(wanted.rpartition("!")[0].strip("'"))
        if found is not None or wanted == DATA:
            return found or self.names[0], []
        # A sheet or page with several tables.
        parts = [name for name in self.names if name.casefold().startswith((f"{wanted}!", f"{wanted} table "))]
        if not parts:
            raise Mistake(f"There is no table {_shown(sheet)}.", self.offer(sheet))
        note = f"{DATA} is {_shown(parts[0])}; there is also {listed(parts[1:])}."
        return parts[0], [note] if len(parts) > 1 else []

    def offer(self, name: str = "") -> str:
        """What tables there are, with the one of the nearest name first."""
        return f"{nearest(name, self.names)}Tables: {listed(self.names)}."


def nearest(name: str, names: Sequence[str], nearness: float = 0.6) -> str:
    """A question about the nearest name, if it is as near as this (1: the same); "" if none is."""
    folded = {one.casefold(): one for one in names}
    found = get_close_matches(name.casefold(), folded, 1, nearness)
    return f"Did you mean {_shown(folded[found[0]])}? " if found else ""


def listed(names: Sequence[str]) -> str:
    """The first of the names in quotes, and how many more there are."""
    shown = ", ".join(map(_shown, names[:_MOST_LISTED]))
    return shown if len(names) <= _MOST_LISTED else f"{shown} and {len(names) - _MOST_LISTED:,} more"


def _shown(name: str) -> str:
    """A name in quotes, as SQL writes it."""
    shown = name if len(name) <= _LONGEST_LISTED else f"{name[:_LONGEST_LISTED]}..."
    return '"' + shown.replace('"', '""') + '"'
