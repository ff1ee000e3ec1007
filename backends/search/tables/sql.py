"""SQL of queries over a table: names, values and conditions."""

import re
from collections.abc import Iterable, Mapping, Sequence

from files_api_mcp.backends.search.tables.conditions import Condition
from files_api_mcp.backends.search.tables.question_words import QuestionWords
from files_api_mcp.backends.search.tables.text_rows import TextRow
from files_api_mcp.backends.table_info import ColumnType

__all__ = ["condition_sql", "literal", "named", "rows_sql", "selected"]

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]{1,60}")
_KEYWORDS = frozenset(
    "abort action add all alter always analyze and as asc attach before begin between by cascade case cast check"
    " collate column commit conflict constraint create cross current database default delete desc detach distinct do"
    " drop each else end escape except exclude exists explain fail filter first following for foreign from full glob"
    " group groups having if ignore immediate in index indexed inner insert instead intersect into is isnull join key"
    " last left like limit match materialized natural no not nothing notnull null nulls of offset on or order others"
    " outer over partition plan pragma preceding primary query raise range recursive references regexp reindex release"
    " rename replace restrict returning right rollback row rows savepoint select set table temp temporary then ties to"
    " transaction trigger unbounded union unique update using vacuum values view virtual when where window with without"
    " true false".split()
)
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,10})?")
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?")
_FEW = 4
"""Different values that are listed. More share a text that each has."""
_MOST_ROWS = 40
"""Rows that are named by their numbers, where no condition says which they are."""


def named(name: str) -> str:
    """A name of a column or table in SQL, in quotes if it needs them."""
    if _PLAIN.fullmatch(name) and name.lower() not in _KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | float) -> str:
    """A value in SQL."""
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else f"{value:.15g}"


def selected(what: str, table: str, where: Iterable[str] = (), rest: str = "") -> str:
    """A SELECT. `rest` is what comes after the conditions."""
    parts = [f"SELECT {what}", f"FROM {table}", " AND ".join(where), rest]
    parts[2] = f"WHERE {parts[2]}" if parts[2] else ""
    return " ".join(part for part in parts if part)


def rows_sql(rows: Sequence[TextRow]) -> str | None:
    """A condition for rows by their numbers; None if they are too many, or have none."""
    numbers = [row.number for row in rows]
    if not all(numbers) or len(numbers) > _MOST_ROWS:
        return None
    return f"_row IN ({', '.join(map(str, numbers))})"


def condition_sql(
    condition: Condition, rows: Iterable[TextRow], question: QuestionWords, types: Mapping[str, ColumnType]
) -> str | None:
    """A condition as SQL, with the values that these rows hold; None if the values cannot be written for sure."""
    values: dict[str, dict[str, None]] = {}
    for row in rows:
        if held := condition.value(row, question):
            values.setdefault(held[0], {})[held[1]] = None
    parts = [_one_of(column, [*cells], types.get(column), condition, question) for column, cells in values.items()]
    if not parts or None in parts:
        return None
    joined = " OR ".join(part for part in parts if part)
    return f"({joined})" if len(parts) > 1 else joined


def _one_of(
    column: str, cells: Sequence[str], kind: ColumnType | None, condition: Condition, question: QuestionWords
) -> str | None:
    if kind == "text" and len(cells) > _FEW:
        words = {question.words[question.content[term]] for term in condition.terms if term in question.content}
        shared = [word for word in words if all(word.casefold() in cell.casefold() for cell in cells)]
        return " AND ".join(f"{named(column)} LIKE {literal(f'%{word}%')}" for word in shared) or None
    found = [_value(cell, kind) for cell in cells]
    if not found or None in found:
        return None
    listed = [one for one in found if one]
    return f"{named(column)} = {listed[0]}" if len(listed) == 1 else f"{named(column)} IN ({', '.join(listed)})"


def _value(cell: str, kind: ColumnType | None) -> str | None:
    """The value of a cell that is shown like this; None if it may be another."""
    if kind == "text":
        return literal(cell)
    if kind in ("integer", "number") and _NUMBER.fullmatch(cell):
        return cell
    if kind in ("date", "datetime") and _ISO.fullmatch(cell) and (kind == "date") == (len(cell) == len("2026-01-05")):
        return literal(cell.replace(" ", "T"))
    return None
