"""Merged cells of sheets."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from files_api_mcp.backends.documents.formats.spreadsheet.grid import Range, SheetRow

__all__ = ["with_merged"]


def with_merged(rows: Iterable[SheetRow], merged: list[Range]) -> Iterator[SheetRow]:
    """Rows with the value of a merged cell in each row that it covers and that has other values.

    A reader may add to `merged` before it gives the first row that a merged cell covers.
    """
    starts: dict[int, list[Range]] = {}
    covering: dict[int, tuple[int, list[str]]] = {}
    known = 0
    for row in rows:
        for one in merged[known:]:
            if one.last_row > one.first_row:
                starts.setdefault(one.first_row, []).append(one)
        known = len(merged)
        if starts or covering:
            row = _covered(row, covering)
            _cover(row, starts.pop(row.number, ()), covering)
        yield row


def _covered(row: SheetRow, covering: dict[int, tuple[int, list[str]]]) -> SheetRow:
    """The row with the values of merged cells that cover it."""
    for column in [column for column, (last, _) in covering.items() if last < row.number]:
        del covering[column]
    missing = covering.keys() - set(row.columns) if covering else ()
    if not missing:
        return row
    cells = {column: cell for column, *cell in zip(*row[1:5], strict=True)}
    cells |= {column: covering[column][1] for column in missing}
    columns = sorted(cells)
    texts, stored, kinds = zip(*(cells[column] for column in columns), strict=True)
    return row._replace(columns=columns, texts=texts, stored=stored, kinds=kinds)


def _cover(row: SheetRow, ranges: Iterable[Range], covering: dict[int, tuple[int, list[str]]]) -> None:
    for one in ranges:
        at = bisect_left(row.columns, one.first_column)
        if at < len(row.columns) and row.columns[at] == one.first_column:
            covering[one.first_column] = (one.last_row, [row.texts[at], row.stored[at], row.kinds[at]])
