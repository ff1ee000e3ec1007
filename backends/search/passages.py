"""Passages for a question: the best ones joined where they touch, cut to a budget, and verified to be verbatim."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from files_api_mcp.backends.documents.media_types import SHEETS, TABLES
from files_api_mcp.backends.models import FileRecord, Passage
from files_api_mcp.backends.search.embeddings import Similarity
from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.rows import Document, StoredPage
from files_api_mcp.backends.search.reader import ReadRange, read
from files_api_mcp.backends.search.reranker import RERANKED, rerank
from files_api_mcp.backends.search.scorer import ScoredPassage, rank
from files_api_mcp.backends.search.tables import header_after, indexed_text
from files_api_mcp.backends.tokens import estimate_tokens

__all__ = ["answer", "is_verbatim"]

_log = logging.getLogger(__name__)

_LOWEST_SHARE = 0.25
"""Passages below this share of the best score are left out: they cost tokens and answer nothing."""

_SMALLEST_CUT = 40
_MEANING = 0.4


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


def answer(
    index: Index,
    searched: list[tuple[FileRecord, Document]],
    question: str,
    max_tokens: int,
    check_cancelled: Callable[[], None] = _never,
    similarity: Similarity | None = None,
) -> tuple[list[Passage], int]:
    """Verbatim passages, best first, of at most `max_tokens` estimated tokens in total, and that total.

    `check_cancelled` is called between documents; what it raises ends the call. With `similarity`, the best by words
    are ranked by meaning too.
    """
    documents = [document for _, document in searched]
    ranked = rank(index, documents, question, check_cancelled)
    if not ranked:
        return [], 0
    texts = _Texts(index)

    def text_of(one: ScoredPassage) -> str:
        record, document = searched[one.position]
        return indexed_text(texts.passage(document, one.passage), record.mime_type)

    ranked = rerank(ranked, documents, question, text_of)
    if similarity is not None:
        ranked = _by_meaning(ranked, documents, texts, question, similarity)
    passages: list[Passage] = []
    left = max_tokens
    for stretch in _choose(ranked, documents, texts, max_tokens):
        record, document = searched[stretch.position]
        passage = _passage(record, document, stretch, texts, left)
        if passage is not None and is_verbatim(index, document, passage):
            passages.append(passage)
            left -= estimate_tokens(passage.text) + estimate_tokens(passage.header or "")
    return passages, max_tokens - left


def is_verbatim(index: Index, document: Document, passage: Passage) -> bool:
    """Whether reading the document at the passage's page and offsets returns exactly its text."""
    pages = (passage.page, passage.page) if passage.page is not None else None
    (found,) = read(index, document, ReadRange(pages, passage.start_char), len(passage.text))
    verbatim = found.text == passage.text and found.end_char == passage.end_char
    if not verbatim:
        _log.error("a passage of %s is not at the place that it names, and was left out", passage.file_id)
    return verbatim


class _Texts:
    """Pages of the searched documents, each decompressed once."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._pages: dict[tuple[int, int], StoredPage] = {}
        self._labels: dict[int, dict[int, str]] = {}

    def page(self, document: Document, number: int) -> str:
        return self._page(document, number).text

    def passage(self, document: Document, passage: int) -> str:
        page, start, end = document.span(passage)
        return self.page(document, page)[start:end]

    def label(self, document: Document, number: int) -> str | None:
        if document.id not in self._labels:
            self._labels[document.id] = self._index.labels(document)
        return self._labels[document.id].get(number)

    def _page(self, document: Document, number: int) -> StoredPage:
        key = (document.id, number)
        if key not in self._pages:
            self._pages[key] = self._index.page(document, number)
        return self._pages[key]

    def header(self, record: FileRecord, document: Document, stretch: _Stretch) -> str | None:
        """The header of the table that the passage's rows belong to, if it is not among them."""
        if record.mime_type not in TABLES:
            return None
        text, (_, start, _) = self.page(document, stretch.page), document.span(stretch.first)
        if record.mime_type in SHEETS and text.startswith("# ", start):
            return None
        before = self._page(document, stretch.page).header
        return header_after(text[:start], before, record.mime_type)

    def start_of(self, document: Document, number: int) -> int:
        """The start of a piece in the text of a document without pages."""
        if document.paginated:
            return 0
        return sum(document.sizes[: number - 1])


def _by_meaning(
    ranked: list[ScoredPassage], documents: list[Document], texts: _Texts, question: str, similarity: Similarity
) -> list[ScoredPassage]:
    first, rest = ranked[:RERANKED], ranked[RERANKED:]
    best = ranked[0].score or 1.0
    near = similarity(question, [texts.passage(documents[one.position], one.passage) for one in first])
    scored = [
        replace(one, score=(1 - _MEANING) * one.score / best + _MEANING * max(0.0, nearest))
        for one, nearest in zip(first, near, strict=True)
    ]
    scored += [replace(one, score=(1 - _MEANING) * one.score / best) for one in rest]
    return sorted(scored, key=lambda one: -one.score)


def _choose(ranked: list[ScoredPassage], documents: list[Document], texts: _Texts, max_tokens: int) -> list[_Stretch]:
    stretches: list[_Stretch] = []
    used = 0
    for scored in ranked:
        if scored.score < _LOWEST_SHARE * ranked[0].score or used >= max_tokens - _SMALLEST_CUT:
            break
        document = documents[scored.position]
        page, _, _ = document.span(scored.passage)
        used += estimate_tokens(texts.passage(document, scored.passage))
        if not _joined(stretches, scored, page):
            stretches.append(_Stretch(scored.position, page, scored.passage, scored.passage, scored.score))
    return stretches


def _joined(stretches: list[_Stretch], scored: ScoredPassage, page: int) -> bool:
    for stretch in stretches:
        same_page = (stretch.position, stretch.page) == (scored.position, page)
        if same_page and stretch.first - 1 <= scored.passage <= stretch.last + 1:
            stretch.first = min(stretch.first, scored.passage)
            stretch.last = max(stretch.last, scored.passage)
            return True
    return False


def _passage(record: FileRecord, document: Document, stretch: _Stretch, texts: _Texts, room: int) -> Passage | None:
    text = texts.page(document, stretch.page)
    _, start, _ = document.span(stretch.first)
    _, _, end = document.span(stretch.last)
    offset = texts.start_of(document, stretch.page)
    header = texts.header(record, document, stretch)
    end = _fitting(text, start, end, room - estimate_tokens(header or ""))
    quote = text[start:end]
    if not quote.strip():
        return None
    return Passage(
        file_id=record.id,
        filename=record.filename,
        page=stretch.page if document.paginated else None,
        start_char=start + offset,
        end_char=end + offset,
        text=quote,
        score=round(stretch.score, 4),
        label=texts.label(document, stretch.page),
        scanned=stretch.page in document.info.scanned,
        header=header,
    )


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
