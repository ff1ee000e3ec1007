"""Text of Jupyter notebooks: the cells in order, each with its text output."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["notebook_lines"]

_MOST_BYTES = 100_000_000


def notebook_lines(content: BinaryIO) -> Iterator[str]:
    """Lines of all cells, with a blank line after each; pictures are left out.

    Raises:
        UnsupportedType: The file is no notebook, or too long to be read.
    """
    data = content.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise UnsupportedType("The notebook is too long to read.")
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


def _cell(cell: Any) -> Iterator[str]:
    for key in ("source", "input"):
        yield from _lines(cell, key)
    for output in _list(cell, "outputs"):
        yield from _lines(output, "text")
        yield from _lines(_value(output, "data"), "text/plain")
        name, value = _value(output, "ename"), _value(output, "evalue")
        if isinstance(name, str) and isinstance(value, str):
            yield f"{name}: {value}\n"


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
