"""Leaves invisible characters out of text: they split words, or carry words that only programs read."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from files_api_mcp.backends.documents.marks import Line, Mark, MarkedText, marked_text
from files_api_mcp.backends.documents.tables.table import Cell, DocumentTable, Row

__all__ = ["invisible_spans", "shown_text"]

_ZERO_WIDTH = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_TAGS = "\U000e0000-\U000e007f"
_TAG = re.compile(f"[{_TAGS}]")
# Scripts whose letters change their form at a joiner, from Arabic and those of India to Mongolian.
_JOINED = "[\u0600-\u109f\u1780-\u18af\u1900-\u1cff\ua800-\uabff\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00011fff]"
# Scripts that write no spaces between words: Thai, Lao, Tibetan, Burmese, Khmer.
_UNSPACED = "[\u0e00-\u109f\u1780-\u17ff\u1950-\u1aad\ua9e0-\ua9ff\uaa60-\uaadf]"
_EMOJI = "\u00a9\u00ae\u203c-\u205e\u2070-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_REGION = "\U0001f3f4[\U000e0061-\U000e007a]{2}[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,4}\U000e007f"
_KEPT = (
    f"{_REGION}|(?<={_JOINED})[\u200c\u200d](?={_JOINED})|(?<=[{_EMOJI}\ufe0f])\u200d(?=[{_EMOJI}])"
    f"|(?<={_UNSPACED})\u200b(?={_UNSPACED})|\u00ad(?=\r?\n)|(?<![^\n])\ufeff(?![{_ZERO_WIDTH}{_TAGS}])"
)
"""A flag of a region, joiners of letters and of emoji, breaks between words, the hyphen at a line's end, and a byte
order mark at a line's start, where files were joined."""

_KEPT_OR_NOT = re.compile(f"({_KEPT})|[{_ZERO_WIDTH}{_TAGS}]+")


def shown_text(lines: Sequence[Line]) -> MarkedText:
    """Join lines and marks to a text without invisible characters, which are counted. Halves of surrogate pairs are
    joined, and lone ones become U+FFFD."""
    joined = marked_text(lines)
    if _is_plain(joined.text) and all(_is_plain(text) for _, mark in joined.marks for text in _texts(mark)):
        return joined
    sound = [_with(_sound, line) for line in lines]
    shown = marked_text([_with(_visible, line) for line in sound])
    return replace(shown, invisible=len(marked_text(sound).text) - len(shown.text))


def invisible_spans(text: str) -> Iterator[tuple[int, int]]:
    """The [start, end) of each run of characters that `shown_text` leaves out."""
    return (match.span() for match in _KEPT_OR_NOT.finditer(text) if match[1] is None)


def _visible(text: str) -> str:
    return text if text.isascii() else _KEPT_OR_NOT.sub(r"\1", text)


def _sound(text: str) -> str:
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _with(change: Callable[[str], str], line: Line) -> Line:
    """The line, or the mark with its texts, after the change."""
    if isinstance(line, str):
        return change(line)
    if isinstance(line, DocumentTable):
        return _with_cells(change, line)
    fields: list[Any] = [change(field) if isinstance(field, str) else field for field in line]
    return type(line)(*fields)


def _with_cells(change: Callable[[str], str], table: DocumentTable) -> DocumentTable:
    """The table with its texts after the change."""

    def changed(cell: Cell) -> Cell:
        return change(cell) if isinstance(cell, str) else cell

    def rows() -> Iterator[Row]:
        return ((number, [*map(changed, cells)]) for number, cells in table.rows())

    return replace(table, header=[*map(change, table.header)], rows=rows, caption=change(table.caption))


def _texts(mark: Mark) -> Iterator[str]:
    return (field for field in mark if isinstance(field, str))


def _is_plain(text: str) -> bool:
    """Whether a text has neither invisible characters nor surrogates, in a fraction of the time of a search."""
    if text.isascii():
        return True
    if any(character in text for character in _ZERO_WIDTH):
        return False
    try:
        units = len(text.encode("utf-16-le")) // 2
    except UnicodeEncodeError:
        return False
    return units == len(text) or not _TAG.search(text)
