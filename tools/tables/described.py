"""The tables of a file as describe_file shows them, within a few tokens."""

from collections.abc import Sequence

from pydantic import BaseModel

from files_api_mcp.backends.table_info import TableInfo, TableRow, Value
from files_api_mcp.tools.result_size import compact_json

__all__ = ["DescribedTable", "all_tables", "short_tables"]

_MOST_TOKENS = 1_600
_MOST_NAME_TOKENS = 400
_MOST_WHOLE = 20
_MOST_COLUMNS = 60
_FEW_COLUMNS = 20
_LONGEST_VALUE = 40


class DescribedTable(BaseModel):
    name: str
    where: str
    caption: str | None = None
    rows: int
    columns: list[str]
    more_columns: int | None = None
    sample: list[list[Value]] | None = None


def all_tables(tables: Sequence[TableInfo]) -> list[DescribedTable]:
    """All tables with all columns that are known."""
    return [_described(table, len(table.columns), len(table.sample)) for table in tables]


def short_tables(tables: Sequence[TableInfo]) -> tuple[list[DescribedTable], list[str]]:
    """The tables that fit into about 2,000 tokens, and names with counts of rows of as many others as fit. If not all
    fit, the largest ones are shown."""
    by_size = sorted(range(len(tables)), key=lambda at: -tables[at].rows * max(1, len(tables[at].columns)))
    shown: dict[int, DescribedTable] = {}
    room = _MOST_TOKENS
    for at in by_size[:_MOST_WHOLE]:
        # The largest table is shown in any case.
        for columns, rows in _FORMS if not shown else _FORMS[:1]:
            described = _described(tables[at], columns, rows)
            if (size := _tokens(compact_json(described))) <= room:
                shown[at] = described
                room -= size
                break
    others = [f"{table.name} ({table.rows:,} rows)" for at, table in enumerate(tables) if at not in shown]
    return [shown[at] for at in sorted(shown)], _fitting(others)


_FORMS = ((_MOST_COLUMNS, 3), (_MOST_COLUMNS, 1), (_MOST_COLUMNS, 0), (_FEW_COLUMNS, 0), (0, 0))
"""How many columns and rows of a table are shown: first that fits."""


def _described(table: TableInfo, most_columns: int, most_rows: int) -> DescribedTable:
    columns = [f"{column.name}: {column.type}" for column in table.columns[:most_columns]]
    more = table.more_columns + len(table.columns) - len(columns)
    return DescribedTable(
        name=table.name,
        where=table.where,
        caption=table.caption or None,
        rows=table.rows,
        columns=columns,
        more_columns=more or None,
        sample=[_values(row, most_columns) for row in table.sample[:most_rows]] or None,
    )


def _values(row: TableRow, most: int) -> list[Value]:
    return [_shortened(value) if isinstance(value, str) else value for value in row.values[:most]]


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE].rstrip(' .')}..."


def _fitting(names: Sequence[str]) -> list[str]:
    shown: list[str] = []
    room = _MOST_NAME_TOKENS
    for name in names:
        room -= _tokens(name) + 1
        if room < 0:
            break
        shown.append(name)
    return shown


def _tokens(text: str) -> int:
    # Imported here: its patterns take time that a server that only lists its tools does not need.
    from files_api_mcp.backends.tokens import estimate_tokens

    return estimate_tokens(text)
