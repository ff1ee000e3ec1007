"""Explains the errors of SQLite: what to write instead, and what there is."""

import re
from collections.abc import Collection, Iterable

from files_api_mcp.backends.documents.tables.sql.access import FUNCTIONS, LONGEST_ROW
from files_api_mcp.backends.documents.tables.sql.mistake import Mistake
from files_api_mcp.backends.documents.tables.sql.statement import Statement
from files_api_mcp.backends.documents.tables.sql.tables import DATA, Tables, listed, nearest

__all__ = ["explained"]

_MISSING = re.compile(r"no such (column|table|function): (.*)", re.DOTALL)
_LONGEST = 200
_MOST_TABLES = 3
_NEAR_FUNCTION = 0.75


def explained(message: str, asked: Statement, tables: Tables) -> Mistake:
    """The mistake in a query that SQLite's message is about."""
    if message == "string or blob too big":
        return Mistake(f"The query makes a text of more than {LONGEST_ROW >> 20} MB.")
    sentence = " ".join(message.split())[:_LONGEST].rstrip(".")
    used = [name for name in (DATA, *tables.names) if name.lower() in asked.names][:_MOST_TABLES]
    found = _MISSING.fullmatch(message)
    kind, missing = (found[1], found[2]) if found else ("", "")
    hint = ""
    if kind == "table":
        step = tables.offer(missing)
    elif kind == "function":
        # Older versions of SQLite have fewer functions. The nearest one may be another: median is no min.
        step = nearest(missing, [*FUNCTIONS - {missing.lower()}], _NEAR_FUNCTION)
    elif not used:
        step = tables.offer()
    else:
        columns = {name: tables.columns(name) or () for name in used}
        unqualified = missing.rpartition(".")[2]
        if kind == "column":
            hint = nearest(unqualified, [one for each in columns.values() for one in each])
        step = f"{hint}{' '.join(_columns(columns.items()))}"
    if missing in asked.quoted and not hint:
        step = f"Texts stand in single quotes. {step}"
    return Mistake(f"The query failed: {sentence}.", step.strip())


def _columns(tables: Iterable[tuple[str, Collection[str]]]) -> Iterable[str]:
    for name, columns in tables:
        yield f"Columns of {name if name == DATA else listed([name])}: {listed([*columns])}."
