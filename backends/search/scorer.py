"""Scores of passages: how well each answers, across all documents asked."""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from files_api_mcp.backends.search.bm25 import bm25
from files_api_mcp.backends.search.candidates import Likely
from files_api_mcp.backends.search.index.builder import HEAD_PREFIX
from files_api_mcp.backends.search.index.index import Document, Index
from files_api_mcp.backends.search.page_references import labels_named, pages_named

__all__ = ["Scored", "rank"]

_PAGE, _HEAD, _NEIGHBOUR, _COVERED, _DOCUMENT = 0.5, 0.3, 0.1, 0.5, 1.0
_NAMED = 1.0
_PARTS = 5
_MOST_LOOKED_INTO = 48
_FEW = 20


@dataclass(frozen=True, slots=True)
class Scored:
    """A window of the document at `place` in the list that was asked, and its score (1 at most is not promised)."""

    place: int
    window: int
    score: float


@dataclass(slots=True)
class _Asked:
    document: Document
    place: int
    words: Mapping[str, float]
    found: "dict[str, array[int]]"
    named: frozenset[int]


def rank(index: Index, documents: list[Document], question: str, check_cancelled: Callable[[], None]) -> list[Scored]:
    """Windows that hold a word of the question, best first.

    BM25 of the window, of its page and, where several are asked, of its document, idf of words in the page's head, the
    share of the question (by idf) that the window holds, whether the question names the page, and the better
    neighbour's score. The documents asked are one
    collection: a word that is rare in all of them counts more than one that each of them repeats. Of many documents
    those that fit best as a whole are looked into.
    """
    likely = Likely(index, documents, question, check_cancelled)
    named = dict(enumerate(_named(index, documents[:_FEW], question)))
    asked: list[_Asked] = []
    for place in dict.fromkeys([*likely.places(_MOST_LOOKED_INTO), *(place for place in named if named[place])]):
        check_cancelled()
        asked.append(_look_up(index, documents[place], place, likely, named.get(place, frozenset())))
    average = likely.terms / max(1, likely.windows)
    scores: list[dict[int, list[float]]] = []
    for a in asked:
        check_cancelled()
        scores.append(_parts(a, likely.idf, average))
    most = [max((s[part] for found in scores for s in found.values()), default=0) or 1 for part in range(_PARTS)]
    ranked: list[Scored] = []
    for a, found in zip(asked, scores, strict=True):
        base = {w: sum(map(_weighed, s, most, (1, _PAGE, _HEAD, _COVERED, _NAMED))) for w, s in found.items()}
        whole = _DOCUMENT * likely.share(a.place)
        for window, score in base.items():
            near = max(base.get(window - 1, 0), base.get(window + 1, 0))
            ranked.append(Scored(a.place, window, score + _NEIGHBOUR * near + whole))
    return sorted(ranked, key=lambda s: (-s.score, s.place, s.window))


def _named(index: Index, documents: list[Document], question: str) -> Iterator[frozenset[int]]:
    """The pages of each document that the question names."""
    labels = labels_named(question)
    for document in documents:
        labelled = index.labelled(document.id, labels) if labels and document.paginated else {}
        yield pages_named(question, document.info.pages, labelled)


def _weighed(part: float, most: float, weight: float) -> float:
    return weight * part / most


def _look_up(index: Index, document: Document, place: int, likely: Likely, named: frozenset[int]) -> _Asked:
    words = likely.wanted(document)
    wanted = [*words, *(HEAD_PREFIX + word for word in words)]
    return _Asked(document, place, words, index.postings(document.id, wanted), named)


def _parts(asked: _Asked, idf: dict[str, float], average: float) -> dict[int, list[float]]:
    """Window, page, head and coverage scores of each window that holds a word or stands on a page that is named."""
    found = asked.found
    pages, lengths = asked.document.passages.pages, asked.document.passages.term_counts
    windows: dict[int, list[float]] = {}
    page_counts: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for word in asked.words:
        posting = found.get(word)
        if posting is None:
            continue
        for window, count in zip(posting[0::2], posting[1::2], strict=True):
            parts = windows.setdefault(window, [0.0] * _PARTS)
            parts[0] += bm25(idf[word], count, lengths[window], average)
            parts[3] += idf[word]
            page_counts[pages[window]][word] += count
    if asked.document.paginated:
        for window, page in enumerate(pages) if asked.named else ():
            if page in asked.named:
                windows.setdefault(window, [0.0] * _PARTS)[4] = 1.0
        _add_pages(asked, idf, windows, page_counts)
    return windows


def _add_pages(
    asked: _Asked,
    idf: dict[str, float],
    windows: dict[int, list[float]],
    page_counts: dict[int, dict[str, int]],
) -> None:
    lengths: dict[int, int] = defaultdict(int)
    pages = asked.document.passages.pages
    for page, length in zip(pages, asked.document.passages.term_counts, strict=True):
        lengths[page] += length
    average = max(1, sum(lengths.values()) / max(1, len(lengths)))
    heads: dict[int, float] = defaultdict(float)
    for word in asked.words:
        for page in asked.found.get(HEAD_PREFIX + word, ()):
            heads[page] += idf.get(word, 0)
    for window, score in windows.items():
        page = pages[window]
        score[1] = sum(bm25(idf[word], n, lengths[page], average) for word, n in page_counts[page].items())
        score[2] = heads.get(page, 0)
