"""What a sheet's part of an XLSX file says before and after its cells: hidden columns, merged cells, links, filters."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from files_api_mcp.backends.documents.formats.spreadsheet.grid import MOST_COLUMNS, Range, range_of

__all__ = ["Edges", "read_edges"]

_BEFORE = re.compile(r"<(?:[\w.-]+:)?sheetData\b")
_AFTER = re.compile(r"</(?:[\w.-]+:)?sheetData\s*>|<(?:[\w.-]+:)?sheetData\s*/>")
_OVERLAP = 64
_MOST_CHARS = 32 * 1024 * 1024
_MOST_RANGES = 200_000
_ELEMENT = re.compile(r"<(?:[\w.-]+:)?(col|dimension|mergeCell|hyperlink|autoFilter)\s([^<>]*)>")
_ATTRIBUTE = re.compile(r"\b(?:\w+:)?(min|max|hidden|ref|id)\s*=\s*[\"']([^\"']*)[\"']")


@dataclass(slots=True)
class Edges:
    """`size` are the rows and columns of the used cells as stated, which may be wrong. `links` have the row, the
    column and the id of a relationship."""

    size: tuple[int, int] = (0, 0)
    hidden_columns: set[int] = field(default_factory=set[int])
    merged: list[Range] = field(default_factory=list[Range])
    tables: list[Range] = field(default_factory=list[Range])
    links: list[tuple[int, int, str]] = field(default_factory=list[tuple[int, int, str]])


def read_edges(texts: Iterable[str]) -> Edges:
    """Read what is around the cells in the text of a sheet's part."""
    edges = Edges()
    columns = 0
    for name, attributes in _ELEMENT.findall(_without_cells(texts)):
        values = dict(_ATTRIBUTE.findall(attributes))
        named = range_of(values.get("ref", ""))
        if name == "col" and len(edges.hidden_columns) < MOST_COLUMNS and columns < _MOST_RANGES:
            added = _columns(values)
            columns += len(added)
            edges.hidden_columns |= added
        elif named is None:
            continue
        elif name == "dimension":
            edges.size = (named.last_row, named.last_column)
        elif name == "mergeCell" and len(edges.merged) < _MOST_RANGES:
            edges.merged.append(named)
        elif name == "autoFilter":
            edges.tables.append(named)
        elif name == "hyperlink" and values.get("id") and len(edges.links) < _MOST_RANGES:
            edges.links.append((named.first_row, named.first_column, values["id"]))
    return edges


def _columns(values: dict[str, str]) -> set[int]:
    first, last = values.get("min", ""), values.get("max", "")
    if values.get("hidden") not in ("1", "true") or not (first.isdecimal() and last.isdecimal()):
        return set()
    return set(range(int(first[:6]), min(int(last[:6]), MOST_COLUMNS) + 1))


def _without_cells(texts: Iterable[str]) -> str:
    """The text before and after the rows."""
    before = after = end = ""
    is_before, is_after = True, False
    for text in texts:
        if is_before:
            before += text
            found = _BEFORE.search(before, max(0, len(before) - len(text) - _OVERLAP))
            if found is None and len(before) < _MOST_CHARS:
                continue
            at = found.start() if found else len(before)
            before, text, is_before = before[:at], before[at:], False
        if not is_after:
            text = end + text
            found = _AFTER.search(text) if "sheetData" in text else None
            end = text[-_OVERLAP:]
            if found is None:
                continue
            text, is_after = text[found.end() :], True
        after += text
        if len(after) > _MOST_CHARS:
            break
    return before + after
