"""Passages as a result quotes them: verbatim, placed, and within a number of tokens."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from files_api_mcp.backends.models import Passage
from files_api_mcp.backends.search.collection import Searched
from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.page_texts import PageTexts
from files_api_mcp.backends.search.places.document_places import DocumentPlaces
from files_api_mcp.backends.search.places.locate import locate
from files_api_mcp.backends.search.selection import SMALLEST_CUT, Stretch
from files_api_mcp.backends.tokens import estimate_tokens

__all__ = ["NO_WORD", "RESULT_FRAME", "Quotes", "is_verbatim", "json_tokens", "notes_tokens", "within"]

_log = logging.getLogger(__name__)

NO_WORD = "No passage contains a word of the question."
"""The note of an answer without a passage that matches."""
RESULT_FRAME = 48
"""Estimated tokens of a result beside its passages and notes: `usage` and `next`."""
_UNKNOWN_NAME = "x" * 40
"""Stands for a name that is looked up later."""


class Quotes:
    """Makes passages of stretches of the searched documents."""

    def __init__(self, searched: Searched, documents: Mapping[int, Document], texts: PageTexts) -> None:
        self._searched = searched
        self._documents = documents
        self._texts = texts
        self._known: dict[tuple[int, int, int, int], tuple[str, str | None]] = {}

    def frame(self, stretch: Stretch) -> int:
        """The estimated tokens that a stretch takes in a result beside its text."""
        return self._frame(stretch.position, *self._place(stretch, *self._span(stretch)))

    def fitted(self, stretches: Sequence[Stretch], room: int) -> list[Passage]:
        """The passages of those stretches that fit into so many tokens of a result. The last one may be cut."""
        passages: list[Passage] = []
        for stretch in stretches:
            passage = self._passage(stretch, room)
            if passage is None:
                continue
            document = self._documents[stretch.position]
            if is_verbatim(self._texts.places(document), passage):
                passages.append(passage)
                room -= json_tokens(passage.text) + self._frame(stretch.position, passage.where, passage.header)
            if room < SMALLEST_CUT:
                break
        return passages

    def _passage(self, stretch: Stretch, room: int) -> Passage | None:
        document = self._documents[stretch.position]
        text = self._texts.page(document, stretch.page)
        start, whole = self._span(stretch)
        where, header = self._place(stretch, start, whole)
        end = _fitting(text, start, whole, room - self._frame(stretch.position, where, header))
        quote = text[start:end]
        if not quote.strip():
            return None
        offset = 0 if document.paginated else self._base(stretch)
        return Passage(
            file_id=self._searched.file_id(stretch.position),
            filename="",
            page=stretch.page if document.paginated else None,
            start_char=start + offset,
            end_char=end + offset,
            text=quote,
            score=round(stretch.score, 4),
            where=where if end == whole else self._where(stretch, start, end),
            header=header,
        )

    def _span(self, stretch: Stretch) -> tuple[int, int]:
        """Start and end of a stretch on its page."""
        return stretch.start, stretch.end

    def _base(self, stretch: Stretch) -> int:
        return self._texts.places(self._documents[stretch.position]).page_span(stretch.page).start

    def _place(self, stretch: Stretch, start: int, end: int) -> tuple[str, str | None]:
        """The place of a stretch, and the header of its table."""
        key = stretch.position, stretch.page, start, end
        if key not in self._known:
            self._known[key] = self._where(stretch, start, end), self._header(stretch, start, end)
        return self._known[key]

    def _where(self, stretch: Stretch, start: int, end: int) -> str:
        base = self._base(stretch)
        return locate(self._texts.places(self._documents[stretch.position]), base + start, base + end)

    def _header(self, stretch: Stretch, start: int, end: int) -> str | None:
        """The header of the table that the first row belongs to, if it is not in the text."""
        document = self._documents[stretch.position]
        table = self._texts.places(document).table(self._base(stretch) + start)
        if table is None or not table.header:
            return None
        text = self._texts.page(document, stretch.page)[start:end]
        names = table.header.partition(": ")[2] or table.header  # without the name of the sheet
        return None if table.header in text or names in text else table.header

    def _frame(self, position: int, where: str, header: str | None) -> int:
        name = self._searched.filename(position) or _UNKNOWN_NAME
        return _frame_tokens(self._searched.file_id(position), name, where, header)


def within(passages: Sequence[Passage], room: int) -> list[Passage]:
    """Those of the passages, now with their filenames, that fit into so many tokens of a result. The last one may be
    cut: its place holds what is left of it."""
    kept: list[Passage] = []
    for one in passages:
        room -= _frame_tokens(one.file_id, one.filename, one.where, one.header)
        end = _fitting(one.text, 0, len(one.text), max(0, room))
        if end < len(one.text) and room < SMALLEST_CUT:
            break
        kept.append(replace(one, text=one.text[:end], end_char=one.start_char + end))
        room -= json_tokens(kept[-1].text)
    return kept


def is_verbatim(places: DocumentPlaces, passage: Passage) -> bool:
    """Whether the passage's text is at its page and offsets."""
    if passage.page is not None and passage.page > len(places.document.sizes):
        return False
    base = places.page_span(passage.page).start if passage.page else 0
    start, end = base + passage.start_char, base + passage.end_char
    number = places.page_of(start)
    span = places.page_span(number)
    verbatim = places.page(number).text[start - span.start : end - span.start] == passage.text
    if not verbatim:
        _log.error("a passage of %s is not at the place that it names, and was left out", passage.file_id)
    return verbatim


def json_tokens(text: str) -> int:
    """The estimated tokens of a text as a part of JSON, where line ends and quotation marks take two characters."""
    return estimate_tokens(json.dumps(text, ensure_ascii=False)[1:-1])


def notes_tokens(notes: Sequence[str]) -> int:
    """The estimated tokens of notes in a result."""
    return sum(json_tokens(note) + 1 for note in notes) + 3 if notes else 0  # their name and brackets


def _frame_tokens(file_id: str, filename: str, where: str, header: str | None) -> int:
    shape = {
        "file_id": file_id,
        "filename": filename,
        "where": where,
        **({"header": header} if header else {}),
        "text": "",
    }
    return estimate_tokens(json.dumps(shape, ensure_ascii=False, separators=(",", ":"))) + 1  # and a comma


def _fitting(text: str, start: int, end: int, room: int) -> int:
    """The end of a passage that fits the room: at a line's end, else between words."""
    if json_tokens(text[start:end]) <= room:
        return end
    low, high = start, end
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if json_tokens(text[start:middle]) <= room else (low, middle - 1)
    for mark in ("\n", " "):
        cut = text.rfind(mark, start + (low - start) // 2, low)
        if cut > start:
            return start + len(text[start:cut].rstrip())
    return low
