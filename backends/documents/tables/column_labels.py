"""Labels of columns in headers of one or several rows."""

from collections.abc import Mapping, Sequence

__all__ = ["column_labels"]


def column_labels(rows: Sequence[Mapping[int, str]], columns: Sequence[int]) -> list[str]:
    """The label of each of these columns: its cells in the rows of the header, joined by a blank; "" for none.

    A cell in an upper row also groups the columns to its right up to the next such cell.
    """
    return [" ".join(text for text in parts if text) for parts in zip(*_filled(rows, columns), strict=True)]


def _filled(rows: Sequence[Mapping[int, str]], columns: Sequence[int]) -> list[list[str]]:
    below: Mapping[int, str] = rows[-1] if rows else {}
    filled: list[list[str]] = []
    for row in rows:
        group = ""
        line: list[str] = []
        for column in columns:
            text = row.get(column, "")
            group = text or group
            line.append(text or (group if row is not below and below.get(column) else ""))
        filled.append(line)
    return filled or [[""] * len(columns)]
