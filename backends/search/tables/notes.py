"""What an answer says of the rows of tables that it does not show."""

from collections.abc import Sequence

from files_api_mcp.backends.search.selection import Stretch
from files_api_mcp.backends.search.table_catalog.stored_tables import StoredTable
from files_api_mcp.backends.search.tables.decisions import query_call
from files_api_mcp.backends.search.tables.matching_rows import MatchingRows
from files_api_mcp.backends.search.tables.plans import by_table, filters, table_sql
from files_api_mcp.backends.search.tables.sql import selected

__all__ = ["ROOM", "shown", "shown_note"]

ROOM = 90
"""Tokens that are kept for the note."""


def shown(matching: MatchingRows, stretches: Sequence[Stretch]) -> int:
    """How many of the rows that match are in these stretches."""
    return sum(
        any(one.page == row.page and one.start <= row.start and row.end <= one.end for one in stretches)
        for row in matching.rows
    )


def shown_note(
    matching: MatchingRows,
    stretches: Sequence[Stretch],
    file_id: str,
    tables: Sequence[StoredTable],
    *,
    has_query: bool = False,
) -> str | None:
    """How many of the rows that match are shown, and the query for all; None if these are all. Of several tables, it
    is about the one with most rows. If another note `has_query`, this one has none."""
    if shown(matching, stretches) == len(matching.rows) and matching.are_complete:
        return None
    table, own = max(by_table(matching, tables), key=lambda one: len(one[1].rows), default=(None, matching))
    if table is None or (shown(own, stretches) == len(own.rows) and own.are_complete):
        return f"{_said(matching, stretches)} shown."
    is_part = len(own.rows) < len(matching.rows)
    said = f"{_said(own, stretches)}{f' of {table.info.name}' if is_part else ''} shown"
    where = None if has_query else filters(own, table.info)
    if not where:
        return f"{said}."
    return f"{said}; all: {query_call(file_id, selected('*', table_sql(table, tables), where))}"


def _said(matching: MatchingRows, stretches: Sequence[Stretch]) -> str:
    total = f"{'' if matching.are_complete else 'at least '}{len(matching.rows)}"
    return f"{shown(matching, stretches)} of {total} matching rows"
