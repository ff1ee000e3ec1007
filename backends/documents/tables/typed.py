"""Tables with names and types of their columns, and values as SQL sees them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from files_api_mcp.backends.documents.tables.table import Cell, DocumentTable
from files_api_mcp.backends.documents.tables.types.columns import Conventions, TypedColumn, column_names, typed_column
from files_api_mcp.backends.documents.tables.types.survey import ColumnSurvey
from files_api_mcp.backends.documents.tables.types.totals import totals_note
from files_api_mcp.backends.table_info import TableColumn, Value

__all__ = ["TypedTable", "typed_table"]

_CELLS_AT_ONCE = 16_384
_MOST_NOTES = 12


@dataclass(frozen=True, slots=True, eq=False)
class TypedTable:
    """A table whose values fit SQL.

    Each call of `rows` reads all rows from the document again: the number of each, and a value for each column.
    `count` is how many there are. `mixed` are the names of columns with values of several types. `notes` say what is
    not as in the document, and what is doubtful.
    """

    columns: tuple[TableColumn, ...]
    rows: Callable[[], Iterator[tuple[int, list[Value]]]]
    count: int
    notes: tuple[str, ...]
    mixed: frozenset[str] = frozenset()


def typed_table(table: DocumentTable) -> TypedTable:
    """Find the types of a table's columns, in one pass over its rows and in constant memory."""
    surveys: list[ColumnSurvey] = []
    count = 0
    for numbers, cells in _chunks(table, len(table.header)):
        count += len(numbers)
        surveys += [ColumnSurvey() for _ in range(len(surveys), len(cells))]
        for survey, column in zip(surveys, cells, strict=False):
            survey.add(numbers, column)
    surveys += [ColumnSurvey() for _ in range(len(surveys), len(table.header))]
    names = column_names([*table.header, *[""] * (len(surveys) - len(table.header))])
    conventions = Conventions.of(surveys, has_texts=table.has_texts)
    columns = [typed_column(name, survey, conventions) for name, survey in zip(names, surveys, strict=True)]
    totals = totals_note(one.totals for one in surveys if one.has_words)
    others = islice(chain(table.notes, *(column.notes for column in columns)), _MOST_NOTES - len(totals))
    return TypedTable(
        columns=tuple(TableColumn(column.name, column.type) for column in columns),
        rows=lambda: _values(table, columns),
        count=count,
        notes=(*others, *totals),
        mixed=frozenset(column.name for column in columns if column.is_mixed),
    )


def _values(table: DocumentTable, columns: Sequence[TypedColumn]) -> Iterator[tuple[int, list[Value]]]:
    for numbers, cells in _chunks(table, len(columns)):
        values = [column.values(chunk) for column, chunk in zip(columns, cells, strict=True)]
        yield from zip(numbers, map(list, zip(*values, strict=True)), strict=True)


def _chunks(table: DocumentTable, width: int) -> Iterator[tuple[Sequence[int], list[Sequence[Cell]]]]:
    """Some rows at a time: their numbers, and their cells column by column. Shorter rows get empty cells, and no chunk
    has fewer than `width` columns."""
    rows = table.rows()
    while chunk := list(islice(rows, max(1, _CELLS_AT_ONCE // max(1, width)))):
        numbers, cells = zip(*chunk, strict=True)
        widths = set(map(len, cells))
        width = max(width, *widths)
        yield numbers, list(zip(*(cells if widths == {width} else _padded(cells, width)), strict=True))


def _padded(rows: Iterable[Sequence[Cell]], width: int) -> Iterator[Sequence[Cell]]:
    return (cells if len(cells) == width else [*cells, *[None] * (width - len(cells))] for cells in rows)
