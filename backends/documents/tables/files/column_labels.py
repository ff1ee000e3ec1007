"""Labels of columns in headers of one or several rows."""

from collections.abc import Mapping, Sequence
from itertools import groupby

__all__ = ["column_labels"]


def column_labels(rows: Sequence[Mapping[int, str]], columns: Sequence[int], *, groups: bool = True) -> list[str]:
    """The label of each of these columns: its cells in the rows of the header, joined by a blank; "" for none.

    With `groups`, a cell in an upper row also holds for the columns to its right, up to the next such cell.
    """
    return [_joined(parts) for parts in zip(*_filled(rows, columns, groups=groups), strict=True)]


def _joined(parts: Sequence[str]) -> str:
    """The cells of a label. A cell that goes on over several rows counts once."""
    return " ".join(text for text, _ in groupby(parts) if text)


def _filled(rows: Sequence[Mapping[int, str]], columns: Sequence[int], *, groups: bool) -> list[list[str]]:
    below: Mapping[int, str] = rows[-1] if rows else {}
    filled: list[list[str]] = []
    for row in rows:
        group = ""
        line: list[str] = []
        for column in columns:
            text = row.get(column, "")
            group = text or group
            line.append(text or (group if groups and row is not below and below.get(column) else ""))
        filled.append(line)
    return filled or [[""] * len(columns)]
