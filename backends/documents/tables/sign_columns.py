"""Finds the columns of a table, where the sign of a currency or of a percentage may stand in a column of its own."""

from collections.abc import Container, Sequence

__all__ = ["Column", "joined_columns", "joined_text"]

Column = tuple[int, ...]
"""The columns of the document (from 0) that make one."""
_BEFORE = frozenset({"$", "US$", "\u20ac", "\u00a3", "\u00a5", "(", "$("})
_AFTER = frozenset({")", "%", ")%", "%)"})

Rows = Sequence[Sequence[str]]


def joined_columns(rows: Rows, header_rows: int, covered: Container[int]) -> list[Column]:
    """The columns that have text. One with only signs below the header, which has at most so many rows, belongs to the
    column of its figures; so does one that is `covered` by the name of the column before, if no row has texts in both.
    """
    width = max(map(len, rows), default=0)
    used = [at for at in range(width) if any(at < len(cells) and cells[at] for cells in rows)]
    columns: list[Column] = []
    signs: Column = ()
    for at in used:
        before = columns[-1] if columns and not signs else None
        if before and (
            _is_beside(rows, header_rows, at, before[-1], _AFTER)
            or (all(one in covered for one in range(before[-1] + 1, at + 1)) and _alternate(rows, before, at))
        ):
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
    text = before = ""
    for part in (cells[at] for at in column if at < len(cells) and cells[at]):
        text += part if not text or before in _BEFORE or part in _AFTER else f" {part}"
        before = part
    return text


def _is_beside(rows: Rows, header_rows: int, at: int, other: int, signs: frozenset[str]) -> bool:
    """Whether a column has only signs, and no name of its own beside that of the other one."""
    is_sign = False
    for number, cells in enumerate(rows):
        text = cells[at] if at < len(cells) else ""
        if text in signs:
            is_sign = True
        elif text and (number >= header_rows or (other < len(cells) and cells[other] not in ("", text))):
            return False
    return is_sign


def _alternate(rows: Rows, column: Column, at: int) -> bool:
    """Whether each row has text only in the column or in the one at `at`, signs left out."""
    texts = (cells for cells in rows if at < len(cells) and cells[at] and cells[at] not in _AFTER)
    return not any(cells[one] and cells[one] not in _BEFORE for cells in texts for one in column)
