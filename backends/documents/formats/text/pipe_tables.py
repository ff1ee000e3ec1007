"""Tables of Markdown: rows with `|` between their cells, and a line of dashes below the header."""

import html
import re
from collections.abc import Sequence
from typing import NamedTuple

from files_api_mcp.backends.documents.marks import Table
from files_api_mcp.backends.documents.tables.table import DocumentTable
from files_api_mcp.backends.documents.tables.text_table import ROWS_JUDGED, TextRow, text_table

__all__ = ["PipeTable", "is_delimiter", "pipe_table"]

_DASHES = re.compile(r":?-+:?")
_PIPE = re.compile(r"(?<!\\)\|")
_LINKED = re.compile(r"!?\[([^\[\]]{0,300})\]\([^()]{0,500}\)")
_BREAK = re.compile(r"<br ?/?>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_STRESSED = re.compile(r"(\*\*|__|~~)([^*_~`]{1,500})\1|`([^`]{1,500})`")
_WHOLLY_STRESSED = re.compile(r"\*([^*]{1,500})\*|_([^_]{1,500})_")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_MARKUP = frozenset("*_~`[<&\\")
_DELIMITERS = frozenset("|:-")
_OTHER_BLOCKS = "#`~"
_AROUND = "> \t\r"


class PipeTable(NamedTuple):
    """A table, None if it surely is none, the mark of its header, and the number of the line after its last row."""

    table: DocumentTable | None
    mark: Table
    end: int


def is_delimiter(line: str) -> bool:
    """Whether a line parts the header of a table with several columns from its rows."""
    text = line.strip(_AROUND)
    if text[:1] not in _DELIMITERS or "|" not in text or "-" not in text or text.strip("|:- \t"):
        return False
    cells = _parts(text)
    return len(cells) > 1 and all(_DASHES.fullmatch(cell.strip()) for cell in cells)


def pipe_table(lines: Sequence[str], at: int) -> PipeTable | None:
    """The table whose delimiter is the line at this number; None if no header is above it."""
    header = lines[at - 1].strip(_AROUND) if at else ""
    width = len(_parts(lines[at].strip(_AROUND)))
    if "|" not in header or len(_parts(header)) != width:
        return None
    end = at + 1
    while end < len(lines) and "|" in lines[end] and lines[end][0] not in _OTHER_BLOCKS:
        end += 1
    names = _cells(header, width)
    first = [_cells(line, width) for line in lines[at + 1 : min(end, at + ROWS_JUDGED)]]
    found = text_table([TextRow(names, is_header=True), *map(TextRow, first)])
    if found:
        rest = lines[at + 1 + len(first) : end]
        found.extend_later(lambda: (_cells(line, width) for line in rest), width)
    return PipeTable(found.table() if found else None, Table(header if any(names) else None), end)


def _parts(text: str) -> list[str]:
    """The cells of a row, without the pipes at its ends."""
    parts = text.split("|") if "\\" not in text else _PIPE.split(text)
    return parts[parts[0] == "" : len(parts) - (len(parts) > 1 and not parts[-1].strip())]


def _cells(line: str, width: int) -> list[str]:
    """The cells of a row as a person sees them."""
    cells = [_shown(part) for part in _parts(line.strip(_AROUND))[:width]]
    return cells + [""] * (width - len(cells))


def _shown(cell: str) -> str:
    if not _MARKUP.isdisjoint(cell):
        text = _TAG.sub("", _BREAK.sub(" ", _LINKED.sub(r"\1", cell.strip())))
        text = _STRESSED.sub(lambda found: found[2] or found[3], text)
        if whole := _WHOLLY_STRESSED.fullmatch(text):
            text = whole[1] or whole[2]
        cell = html.unescape(_ESCAPED.sub(r"\1", text))
    return " ".join(cell.split())
