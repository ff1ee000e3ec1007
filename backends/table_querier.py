"""The interface of queries over the tables of a file, and their result."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from files_api_mcp.backends.models import Progress, silent
from files_api_mcp.backends.table_info import TableInfo, Value

__all__ = ["TableQuerier", "TableQuery", "TableResult"]


@dataclass(frozen=True, slots=True)
class TableQuery:
    """A SELECT of SQLite. The table `data` is the one that `sheet` names; None: the first one of the file."""

    sql: str
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class TableResult:
    """The first rows of a result, at most 200.

    `row_numbers` are those of the rows in their sheet, where each row of the result is one row of a table; else None.
    `total_rows` counts all rows; if `is_partial`, only those that were counted in time. `notes` say what of the data is
    not as in the file.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Value]]
    total_rows: int
    row_numbers: Sequence[int] | None = None
    is_partial: bool = False
    notes: Sequence[str] = ()


class TableQuerier(Protocol):
    """Queries the tables of files."""

    async def tables(self, file_id: str, progress: Progress = silent) -> Sequence[TableInfo]:
        """The tables of a file, in their order; empty if it has none.

        Raises:
            NotFound, FileExpired: The id does not name a live file.
        """
        ...

    async def query_table(self, file_id: str, query: TableQuery, progress: Progress = silent) -> TableResult:
        """Run a query over the tables of one file.

        Raises:
            InvalidArgument: The SQL is wrong, not a SELECT, or takes more than the limits; the file has no such sheet.
            UnsupportedType: The file has no tables.
            NotFound, FileExpired: The id does not name a live file.
        """
        ...
