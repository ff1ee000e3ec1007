"""Passages for a question: the best ones joined where they touch, cut to a budget, and verified to be verbatim."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from files_api_mcp.backends.models import Passage
from files_api_mcp.backends.search.collection import Searched
from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.rows import Document, StoredPage
from files_api_mcp.backends.search.places.document_places import DocumentPlaces
from files_api_mcp.backends.search.places.locate import locate
from files_api_mcp.backends.search.ranking.reranker import rerank
from files_api_mcp.backends.search.ranking.scorer import ScoredPassage, rank
from files_api_mcp.backends.search.reader import open_places
from files_api_mcp.backends.search.semantic.reranker import rerank_by_meaning
from files_api_mcp.backends.search.semantic.similarity import Similarity
from files_api_mcp.backends.search.tables import indexed_text
from files_api_mcp.backends.tokens import estimate_tokens

__all__ = ["Found", "answer", "is_verbatim"]

_log = logging.getLogger(__name__)

_LOWEST_SHARE = 0.25
"""Passages below this share of the best score are left out: they cost tokens and answer nothing."""

_SMALLEST_CUT = 40
_LONGEST = 5_500
"""Code points of the longest passage: a place is read whole by default."""


@dataclass(slots=True)
class _Stretch:
    """Neighbouring passages of one page. `position` is the index of its document in the list of documents."""

    position: int
    page: int
    first: int
    last: int
    score: float


def _never() -> None:
    """Never cancels the call."""


@dataclass(frozen=True, slots=True)
class Found:
    """Passages best first, without their filenames, their estimated tokens, and the documents that were searched, by
    position."""

    passages: list[Passage]
    tokens: int
    documents: dict[int, Document]


def answer(
    index: Index,
    searched: Searched,
    question: str,
    max_tokens: int,
    check_cancelled: Callable[[], None] = _never,
    similarity: Similarity | None = None,
) -> Found:
    """Find verbatim passages of at most `max_tokens` estimated tokens in total.

    `check_cancelled` is called between documents; what it raises ends the call. With `similarity`, the best by words
    are ranked by meaning too.
    """
    ranked, documents = rank(index, searched, question, check_cancelled)
    texts = _Texts(index)

    def text_of(one: ScoredPassage) -> str:
        document = documents[one.position]
        return indexed_text(texts.passage(document, one.passage), document.mime_type)

    ranked = rerank(ranked, documents, question, text_of)
    if similarity is not None:
        ranked = rerank_by_meaning(ranked, documents, question, text_of, similarity)
    passages: list[Passage] = []
    left = max_tokens
    for stretch in _choose(ranked, documents, texts, max_tokens):
        document = documents[stretch.position]
        passage = _passage(searched.file_id(stretch.position), document, stretch, texts, left)
        if passage is not None and is_verbatim(texts.places(document), passage):
            passages.append(passage)
            left -= estimate_tokens(passage.text) + estimate_tokens(passage.header or "")
    return Found(passages, max_tokens - left, documents)


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


class _Texts:
    """Pages of the searched documents, each decompressed once."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._pages: dict[tuple[int, int], StoredPage] = {}
        self._places: dict[int, DocumentPlaces] = {}

    def page(self, document: Document, number: int) -> str:
        return self._page(document, number).text

    def passage(self, document: Document, passage: int) -> str:
        page, start, end = document.span(passage)
        return self.page(document, page)[start:end]

    def places(self, document: Document) -> DocumentPlaces:
        if document.id not in self._places:
            self._places[document.id] = open_places(
                self._index, document, document.mime_type, lambda number: self._page(document, number)
            )
        return self._places[document.id]

    def _page(self, document: Document, number: int) -> StoredPage:
        key = (document.id, number)
        if key not in self._pages:
            self._pages[key] = self._index.page(document, number)
        return self._pages[key]


def _choose(
    ranked: list[ScoredPassage], documents: Mapping[int, Document], texts: _Texts, max_tokens: int
) -> list[_Stretch]:
    stretches: list[_Stretch] = []
    used = 0
    for scored in ranked:
        if scored.score < _LOWEST_SHARE * ranked[0].score or used >= max_tokens - _SMALLEST_CUT:
            break
        document = documents[scored.position]
        page, _, _ = document.span(scored.passage)
        used += estimate_tokens(texts.passage(document, scored.passage))
        if not _joined(stretches, scored, page, document, texts):
            stretches.append(_Stretch(scored.position, page, scored.passage, scored.passage, scored.score))
    return stretches


def _joined(stretches: list[_Stretch], scored: ScoredPassage, page: int, document: Document, texts: _Texts) -> bool:
    for stretch in stretches:
        same_page = (stretch.position, stretch.page) == (scored.position, page)
        if same_page and stretch.first - 1 <= scored.passage <= stretch.last + 1:
            first, last = min(stretch.first, scored.passage), max(stretch.last, scored.passage)
            if not _is_one_place(document, first, last, texts):
                continue
            stretch.first, stretch.last = first, last
            return True
    return False


def _is_one_place(document: Document, first: int, last: int, texts: _Texts) -> bool:
    """Whether one result of read_document can hold all from one passage to another, and one section, sheet or part of a
    message does too."""
    (page, start, _), (_, _, end) = document.span(first), document.span(last)
    if end - start > _LONGEST:
        return False
    if document.paginated or not document.entries:
        return True
    places = texts.places(document)
    return places.is_one_part(places.position(page, start), places.position(page, end))


def _passage(file_id: str, document: Document, stretch: _Stretch, texts: _Texts, room: int) -> Passage | None:
    text, places = texts.page(document, stretch.page), texts.places(document)
    _, start, _ = document.span(stretch.first)
    _, _, end = document.span(stretch.last)
    base = places.page_span(stretch.page).start
    header = _header(places, text[start:end], base + start)
    end = _fitting(text, start, end, room - estimate_tokens(header or ""))
    quote = text[start:end]
    if not quote.strip():
        return None
    offset = 0 if document.paginated else base
    return Passage(
        file_id=file_id,
        filename="",
        page=stretch.page if document.paginated else None,
        start_char=start + offset,
        end_char=end + offset,
        text=quote,
        score=round(stretch.score, 4),
        where=locate(places, base + start, base + end),
        header=header,
    )


def _header(places: DocumentPlaces, text: str, position: int) -> str | None:
    """The header of the table that the passage's first row belongs to, if it is not in the passage."""
    table = places.table(position)
    if table is None or not table.header:
        return None
    names = table.header.partition(": ")[2] or table.header  # without the name of the sheet
    return None if table.header in text or names in text else table.header


def _fitting(text: str, start: int, end: int, room: int) -> int:
    """The end of a passage that fits the room: at a line's end, else between words."""
    if estimate_tokens(text[start:end]) <= room:
        return end
    low, high = start, end
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if estimate_tokens(text[start:middle]) <= room else (low, middle - 1)
    for mark in ("\n", " "):
        cut = text.rfind(mark, start + (low - start) // 2, low)
        if cut > start:
            return start + len(text[start:cut].rstrip())
    return low
