"""Finds the columns of a table, where the sign of a currency or of a percentage may stand in a column of its own."""

from collections.abc import Sequence

__all__ = ["Column", "joined_columns", "joined_text"]

Column = tuple[int, ...]
"""The columns of the document (from 0) that make one."""
_BEFORE = frozenset({"$", "US$", "\u20ac", "\u00a3", "\u00a5", "(", "$("})
_AFTER = frozenset({")", "%", ")%", "%)"})


def joined_columns(rows: Sequence[Sequence[str]], header_rows: int) -> list[Column]:
    """The columns that have text. One with only signs below the header, which has at most so many rows, belongs to the
    column of its figures."""
    width = max(map(len, rows), default=0)
    used = [at for at in range(width) if any(at < len(cells) and cells[at] for cells in rows)]
    columns: list[Column] = []
    signs: Column = ()
    for at in used:
        if columns and not signs and _is_beside(rows, header_rows, at, columns[-1][-1], _AFTER):
            columns[-1] += (at,)
        elif at + 1 in used and _is_beside(rows, header_rows, at, at + 1, _BEFORE):
            signs += (at,)
        else:
            columns.append((*signs, at))
            signs = ()
    return columns


def joined_text(cells: Sequence[str], column: Column) -> str:
    """The cell of a row in a column."""
    if len(column) == 1:
        return cells[column[0]] if column[0] < len(cells) else ""
    return "".join([cells[at] for at in column if at < len(cells)])


def _is_beside(rows: Sequence[Sequence[str]], header_rows: int, at: int, other: int, signs: frozenset[str]) -> bool:
    """Whether a column has only signs, and no name of its own beside that of the other one."""
    is_sign = False
    for number, cells in enumerate(rows):
        text = cells[at] if at < len(cells) else ""
        if text in signs:
            is_sign = True
        elif text and (number >= header_rows or (other < len(cells) and cells[other] not in ("", text))):
            return False
    return is_sign
