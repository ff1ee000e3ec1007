"""query_table: exact rows, sums and counts of the tables in a stored file."""

from typing import Annotated

from pydantic import BaseModel, Field

from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.table_info import Value
from files_api_mcp.backends.table_querier import TableQuery, TableResult
from files_api_mcp.tools.arguments.types import FileId
from files_api_mcp.tools.context import Call
from files_api_mcp.tools.result_size import MOST_TOKENS, lines_that_fit, notes_that_fit

__all__ = ["QueryResult", "query_result", "query_table"]

_ROW = "_row"
_OTHER_TOKENS = 3_000
"""Of the notes and the next step."""
_COLUMNS_TOKENS = 15_000


class QueryResult(BaseModel):
    total_rows: int
    truncated: bool
    next: str | None = None
    notes: list[str] | None = None
    columns: list[str]
    rows: list[list[Value]]


async def query_table(
    call: Call,
    file_id: FileId,
    sql: str,
    sheet: Annotated[str | None, Field(description="Sheet or table that data is; default the first")] = None,
) -> QueryResult:
    """Compute exact rows, sums and counts with a SQLite SELECT FROM data, or other tables by "name". describe_file has
    the tables and columns; _row is the row's number."""
    opened = await call.backend()
    return query_result(await opened.tables.query_table(file_id, TableQuery(sql, sheet), call.progress()))


def query_result(found: TableResult) -> QueryResult:
    """The result of a query as a tool result: the row numbers come first in each row, and rows that are too many or too
    long for one result are left out.

    Raises:
        InvalidArgument: The names of the columns do not fit into one result.
    """
    columns, rows = [*found.columns], [[*row] for row in found.rows]
    if found.row_numbers is not None and _ROW not in columns:
        columns = [_ROW, *columns]
        rows = [[number, *row] for number, row in zip(found.row_numbers, rows, strict=True)]
    if not lines_that_fit([columns], room=_COLUMNS_TOKENS):
        raise InvalidArgument(
            f"The names of {len(columns):,} columns do not fit into one result.", "SELECT the columns that you need."
        )
    shown = rows[: lines_that_fit([columns, *rows], room=MOST_TOKENS - _OTHER_TOKENS) - 1]
    truncated = found.is_partial or len(shown) < found.total_rows
    return QueryResult(
        total_rows=found.total_rows,
        truncated=truncated,
        columns=columns,
        rows=shown,
        notes=notes_that_fit(found.notes),
        next=_next(len(shown), found) if truncated else None,
    )


def _next(shown: int, found: TableResult) -> str:
    if not shown and found.rows:
        return "The first row is too long for one result: SELECT fewer columns, or parts of them with substr."
    total = f"at least {found.total_rows:,}" if found.is_partial else f"{found.total_rows:,}"
    return (
        f"{shown:,} of {total} rows are shown. Compute over all with COUNT, SUM or GROUP BY, or go on with LIMIT and "
        f"OFFSET {shown}."
    )
