"""Runs the query that decides a question about a table, and says what it gives."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import anyio

from files_api_mcp.backends.documents.tables.types.totals import is_sure_total, total_rows
from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.search.tables.plans import TablePlan
from files_api_mcp.backends.search.tables.sql import selected
from files_api_mcp.backends.table_info import Value
from files_api_mcp.backends.table_querier import TableQuerier, TableQuery, TableResult

__all__ = ["Decision", "Decisions", "decide", "query_call"]

_PATIENCE_S = 3.0
"""Seconds that a question waits for its query: the tables of a large file may have to be loaded first."""

_SHORT_PATIENCE_S = 0.5


@dataclass(frozen=True, slots=True)
class Decision:
    """The numbers of the rows that decide a question, and the note on its query."""

    plan: TablePlan
    rows: Sequence[int]
    note: str


Decisions = Mapping[int, Decision]
"""The decision of each part of a question, by its number."""


async def decide(
    tables: TableQuerier, plans: Mapping[int, TablePlan], file_id: Callable[[int], str], slow: set[str]
) -> Decisions:
    """What the queries of the plans give, within a few seconds. One that fails or takes longer decides no rows.

    `slow` are the ids of files whose queries took longer before, to which more are added: the next question waits only
    for tables that are loaded meanwhile.
    """
    asked = {number: file_id(plan.position) for number, plan in plans.items()}
    found = {
        number: Decision(plan, (), f"To compute it: {query_call(asked[number], plan.sql)}")
        for number, plan in plans.items()
    }
    with anyio.move_on_after(_PATIENCE_S if slow.isdisjoint(asked.values()) else _SHORT_PATIENCE_S) as patience:
        for number, plan in plans.items():
            try:
                found[number] = await _decided(tables, asked[number], plan)
            except FilesError:
                # A query that fails must not end a question that the text answers.
                found[number] = Decision(plan, (), "")
    if patience.cancelled_caught:
        slow.update(asked.values())
    else:
        slow.difference_update(asked.values())
    return found


async def _decided(tables: TableQuerier, file_id: str, plan: TablePlan) -> Decision:
    result = await tables.query_table(file_id, TableQuery(plan.sql))
    if plan.gives_rows and (label := _total(result)):
        plan = plan.without(*label)
        result = await tables.query_table(file_id, TableQuery(plan.sql))
    call = query_call(file_id, plan.sql)
    if not plan.gives_rows:
        is_doubtful = not plan.is_sure or _has_doubts(plan, result) or await _has_totals(tables, file_id, plan, result)
        return Decision(plan, (), f"To compute it: {call}" if is_doubtful else _computed(plan, result, call))
    rows = result.row_numbers or ()
    return Decision(plan, rows, f"First in order: {call}" if rows else "")


def query_call(file_id: str, sql: str) -> str:
    """The call of query_table, as a note shows it."""
    return f"query_table(file_id={json.dumps(file_id)}, sql={json.dumps(sql, ensure_ascii=False)})"


def _total(result: TableResult) -> tuple[str, str] | None:
    """The column and the label of a row of the result that sums up others."""
    for row in result.rows:
        for column, value in zip(result.columns, row, strict=False):
            if isinstance(value, str) and is_sure_total(value):
                return column, value
    return None


def _has_doubts(plan: TablePlan, result: TableResult) -> bool:
    """Whether a note is about the column that a query computes of: not all of its values may be numbers."""
    column = plan.computed.partition(" of ")[2].strip('"')
    doubts = (note for note in result.notes if column and note.startswith(f"{column}: "))
    return any("another type" in note or "NULL" in note for note in doubts)


async def _has_totals(tables: TableQuerier, file_id: str, plan: TablePlan, result: TableResult) -> bool:
    """Whether a row that sums up others is among those that a query computes of."""
    named = [total_rows(note) for note in result.notes]
    rows = [row for one in named for row in one or ()]
    if None in named or not rows:
        return None in named
    table, _, where = plan.sql.partition(" FROM ")[2].partition(" WHERE ")
    among = [*([where] if where else ()), f"_row IN ({', '.join(map(str, rows))})"]
    found = await tables.query_table(file_id, TableQuery(selected("count(*)", table, among)))
    return found.rows[0][0] != 0


def _computed(plan: TablePlan, result: TableResult, call: str) -> str:
    """What a query computes, if there is anything; else how to compute it."""
    values = result.rows[0] if result.rows else ()
    if not values or values[-1] is None:
        return f"To compute it: {call}"
    where = plan.sql.partition(" WHERE ")[2]
    over = f" where {where}" if where else ""
    if plan.computed == "count":
        return f"Computed: {_shown(values[0])} rows{over}: {call}"
    return f"Computed: {plan.computed} over {_shown(values[0])} rows{over} is {_shown(values[-1])}: {call}"


def _shown(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:,.10g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
