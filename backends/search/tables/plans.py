"""Queries that decide a question about a table: made of its values, its order and the table's columns."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from files_api_mcp.backends.search.table_catalog.stored_tables import StoredTable
from files_api_mcp.backends.search.tables.columns import Measure, measured
from files_api_mcp.backends.search.tables.intents import Intent, intent_of
from files_api_mcp.backends.search.tables.matching_rows import MatchingRows
from files_api_mcp.backends.search.tables.question_words import QuestionWords, Span
from files_api_mcp.backends.search.tables.sql import condition_sql, literal, named, rows_sql, selected
from files_api_mcp.backends.search.tables.text_rows import TextRow
from files_api_mcp.backends.search.tables.unread_conditions import has_unread_condition
from files_api_mcp.backends.table_info import ColumnType, TableInfo

__all__ = ["TablePlan", "by_table", "filters", "plan_of", "table_sql"]

_CELLS = re.compile(r"(.+)![A-Z]{1,3}(\d{1,9}):[A-Z]{1,3}(\d{1,9})")
_ROWS = re.compile(r"rows (\d{1,9})-(\d{1,9})")
_FUNCTIONS = {"sum": "sum", "average": "avg"}


@dataclass(frozen=True, slots=True)
class TablePlan:
    """A query over a table of the file at a position. `gives_rows` means that its rows decide the question; else it
    computes what `computed` says, with a count of rows before it. `is_sure` says that the question is understood."""

    position: int
    table: StoredTable
    sql: str
    gives_rows: bool
    is_sure: bool
    computed: str = ""

    def without(self, column: str, value: str) -> "TablePlan":
        """The same query for rows that do not hold this value, such as the label of a total."""
        before, mark, order = self.sql.rpartition(" ORDER BY ")
        joint = "AND" if " WHERE " in before else "WHERE"
        name = named(column)
        return replace(self, sql=f"{before} {joint} ({name} IS NULL OR {name} <> {literal(value)}){mark}{order}")


class _Asked(NamedTuple):
    """What a question asks of a table: the table's name in SQL, the conditions, the column that counts, if it is known,
    and the rows that match."""

    source: str
    where: list[str]
    intent: Intent
    measure: Measure | None
    matching: MatchingRows | None


class _Filter(NamedTuple):
    """Conditions of SQL, the columns that they are about, and what is left of the question without their values."""

    where: list[str]
    columns: frozenset[str]
    question: str


def plan_of(
    position: int, question: str, matching: MatchingRows | None, tables: Sequence[StoredTable], best: TextRow | None
) -> TablePlan | None:
    """The query that decides a question about a file with these tables; None if it asks for nothing but rows, or it is
    not known for what. `best` is a row of the best passage."""
    table, matching = _asked_table(question, matching, tables, best)
    if table is None:
        return None
    wanted = _filter(question, matching, table.info)
    intent = intent_of(wanted.question)
    names = [column.name for column in table.info.columns]
    if intent is None or (intent.kind != "next" and has_unread_condition(wanted.question, names, intent.most)):
        return None
    rest = QuestionWords(wanted.question)
    measure = measured(table.info.columns, rest, intent, wanted.columns)
    asked = _Asked(table_sql(table, tables), wanted.where, intent, measure, matching)
    made = _ROW_PLANS.get(intent.kind, _computed)(asked)
    if made is None:
        return None
    sql, computed, is_sure = made
    return TablePlan(position, table, sql, not computed, is_sure, computed)


def by_table(matching: MatchingRows, tables: Sequence[StoredTable]) -> list[tuple[StoredTable, MatchingRows]]:
    """The rows that match in each table, in the order of the first ones."""
    known: dict[tuple[str, frozenset[str]], list[StoredTable]] = {}
    found: dict[int, list[TextRow]] = {}
    for row in matching.rows:
        kind = row.header, frozenset(row.cells)
        if kind not in known:
            known[kind] = [one for one in tables if kind[1] <= {column.name for column in one.info.columns}]
        for one in known[kind]:
            if len(known[kind]) == 1 or _is_inside(row, one.info.where):
                found.setdefault(tables.index(one), []).append(row)
                break
    return [(tables[at], replace(matching, rows=rows)) for at, rows in found.items()]


def _asked_table(
    question: str, matching: MatchingRows | None, tables: Sequence[StoredTable], best: TextRow | None
) -> tuple[StoredTable | None, MatchingRows | None]:
    """The table that a question is about, and the rows in it that match. Of several, it is the one with most of the
    columns that the question names."""
    if matching is None:
        held = [one for one in tables if best and best.cells.keys() <= {column.name for column in one.info.columns}]
        near = [one for one in held if best and _is_inside(best, one.info.where)]
        return next(iter(near or held), None), None
    asked = QuestionWords(question)

    def worth(one: tuple[StoredTable, MatchingRows]) -> tuple[int, int]:
        return sum(asked.named(column.name) for column in one[0].info.columns), len(one[1].rows)

    return max(by_table(matching, tables), key=worth, default=(None, None))


def table_sql(table: StoredTable, tables: Sequence[StoredTable]) -> str:
    """The name of a table in SQL: `data` is the first one."""
    return "data" if table is tables[0] else named(table.info.name)


def filters(matching: MatchingRows, table: TableInfo) -> list[str] | None:
    """The conditions of SQL that these rows, and no others, hold; None if there are none."""
    types: dict[str, ColumnType] = {column.name: column.type for column in table.columns}
    found = [condition_sql(one, matching.rows, matching.question, types) for one in matching.conditions]
    if all(found):
        return [one for one in found if one]
    rows = rows_sql(matching.rows) if matching.are_complete else None
    return [rows] if rows else None


def _is_inside(row: TextRow, where: str) -> bool:
    if cells := _CELLS.fullmatch(where):
        return row.header.startswith(f"{cells[1]}: ") and int(cells[2]) <= row.number <= int(cells[3])
    if rows := _ROWS.fullmatch(where):
        return int(rows[1]) <= row.number <= int(rows[2])
    return False


def _filter(question: str, matching: MatchingRows | None, table: TableInfo) -> _Filter:
    if matching is None:
        return _Filter([], frozenset(), question)
    columns = frozenset(column for one in matching.conditions for column in one.columns)
    spans = [span for one in matching.conditions for span in one.spans]
    return _Filter(filters(matching, table) or [], columns, _without(matching.question, spans))


def _without(question: QuestionWords, spans: Sequence[Span]) -> str:
    """The question without some of its terms."""
    text = question.text
    cut = {question.places[place] for span in spans for place in range(span.first, span.last)}
    for start, end in sorted(cut, reverse=True):
        text = f"{text[:start]} {text[end:]}"
    return text


Made = tuple[str, str, bool]
"""A query, what it computes ("" for rows), and whether the question is understood."""


def _first(asked: _Asked) -> Made | None:
    intent, measure = asked.intent, asked.measure
    if measure is None:
        if intent.about != "date":
            return None
        order = "_row DESC" if intent.descending else "_row"
        return selected("*", asked.source, asked.where, f"ORDER BY {order} LIMIT {intent.most}"), "", False
    name = named(measure.column.name)
    order = f"ORDER BY {name}{' DESC' if measure.descending else ''} LIMIT {intent.most}"
    return selected("*", asked.source, [*asked.where, f"{name} IS NOT NULL"], order), "", measure.is_sure


def _next(asked: _Asked) -> Made | None:
    intent, measure = asked.intent, asked.measure
    if measure is None or asked.matching is None or len(asked.matching.rows) > 1 or not asked.where:
        return None
    name = named(measure.column.name)
    this = selected(name, asked.source, asked.where)
    mark, order = ("<", " DESC") if intent.descending else (">", "")
    return selected("*", asked.source, [f"{name} {mark} ({this})"], f"ORDER BY {name}{order} LIMIT 1"), "", False


def _computed(asked: _Asked) -> Made | None:
    intent, measure = asked.intent, asked.measure
    if intent.kind == "count" and (measure is None or not measure.is_sure):
        return selected("count(*)", asked.source, asked.where), "count", bool(asked.where)
    if measure is None or (asked.matching is not None and len(asked.matching.rows) == 1):
        return None
    name = named(measure.column.name)
    function = _FUNCTIONS.get(intent.kind, "sum")
    is_sure = measure.is_sure and intent.kind != "count"
    return (
        selected(f"count({name}), {function}({name})", asked.source, asked.where),
        f"{intent.kind} of {name}",
        is_sure,
    )


_ROW_PLANS = {"first": _first, "next": _next}
