"""Cells of CSV and JSON as separate words."""

from files_api_mcp.backends.documents.media_types import JSON

__all__ = ["indexed_text"]

_CSV = "text/csv"
_LINES_JUDGED = 5


def indexed_text(text: str, mime_type: str) -> str:
    """The text to index, of the same length: blanks replace the commas between cells, which would group the digits of
    two numbers.

    Other text is unchanged, and so are tables with another separator, where commas belong to decimal numbers.
    """
    if mime_type == JSON or (mime_type == _CSV and _has_commas_for_cells(text)):
        return "\n".join(map(_values_apart, text.split("\n")))
    return text


def _has_commas_for_cells(text: str) -> bool:
    """Whether commas separate the cells: any other separator would be in every line."""
    lines = [line for line in text.split("\n", _LINES_JUDGED)[:_LINES_JUDGED] if line.strip()]
    return not any(all(mark in line for line in lines) for mark in ";\t")


def _values_apart(line: str) -> str:
    # Line by line, so that a stray quotation mark affects only its line.
    parts = line.split('"')
    parts[::2] = [part.replace(",", " ") for part in parts[::2]]
    return '"'.join(parts)
