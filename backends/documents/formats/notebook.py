"""Text of Jupyter notebooks: the cells in order, each with its text output."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from files_api_mcp.backends.documents.formats.html import page_lines
from files_api_mcp.backends.documents.formats.text.outline import outlined
from files_api_mcp.backends.documents.formats.whole_file import read_whole
from files_api_mcp.backends.documents.marks import Heading, Line
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["notebook_lines"]

_MOST_BYTES = 100_000_000


def notebook_lines(content: BinaryIO) -> Iterator[Line]:
    """Lines of all cells, with a blank line after each. Headings of Markdown are marked; pictures are left out.

    Raises:
        UnsupportedType: The file is no notebook, or too long to be read.
    """
    data = read_whole(content, _MOST_BYTES, "notebook")
    try:
        book = json.loads(data)
    except ValueError:
        raise UnsupportedType("The notebook is damaged and cannot be read.") from None
    for cell in _cells(book):
        lines = [*_cell(cell)]
        if lines:
            yield from lines
            yield "\n"


def _cells(book: Any) -> Iterator[Any]:
    # Before version 4, cells stood in worksheets.
    for sheet in (book, *_list(book, "worksheets")):
        yield from _list(sheet, "cells")


def _cell(cell: Any) -> Iterator[Line]:
    is_markdown = _value(cell, "cell_type") == "markdown"
    for key in ("source", "input"):
        lines = list(_lines(cell, key))
        yield from outlined(lines) if is_markdown else lines
    for output in _list(cell, "outputs"):
        yield from _lines(output, "text")
        yield from _shown(_value(output, "data"))
        name, value = _value(output, "ename"), _value(output, "evalue")
        if isinstance(name, str) and isinstance(value, str):
            yield f"{name}: {value}\n"


def _shown(data: Any) -> Iterator[Line]:
    """A result as plain text, or as HTML if that is its only form."""
    lines = list(_lines(data, "text/plain"))
    if lines:
        yield from lines
        return
    page = "".join(_lines(data, "text/html"))
    yield from (line for line in page_lines(page) if not isinstance(line, Heading))


def _value(holder: Any, key: str) -> Any:
    return holder.get(key) if isinstance(holder, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def _list(holder: Any, key: str) -> list[Any]:
    value = _value(holder, key)
    return value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]


def _lines(holder: Any, key: str) -> Iterator[str]:
    """A text stored as a string or as a list of lines."""
    value = _value(holder, key)
    parts = [value] if isinstance(value, str) else [part for part in _list(holder, key) if isinstance(part, str)]
    for line in "".join(parts).splitlines():
        yield f"{line}\n"
