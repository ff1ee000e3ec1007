"""Text of tables as it is looked up: a comma between two figures parts cells, and groups no digits."""

__all__ = ["COMMA_SEPARATED", "cells_apart"]

COMMA_SEPARATED = "text/csv"

_LINES_JUDGED = 5


def cells_apart(text: str) -> str:
    """The same text, of the same length, with blanks for the commas that part cells. Files of this type whose cells are
    parted by something else keep theirs, which stand in decimal numbers there."""
    lines = text.split("\n")
    judged = "".join(lines[:_LINES_JUDGED])
    if judged.count(",") < max(judged.count(";"), judged.count("\t")):
        return text
    return "\n".join(map(_apart, lines))


def _apart(line: str) -> str:
    # By line: a quotation mark too many then spoils its own line alone.
    parts = line.split('"')
    parts[::2] = [part.replace(",", " ") for part in parts[::2]]
    return '"'.join(parts)
