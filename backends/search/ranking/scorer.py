"""Scores passages across all documents of a question."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from types import MappingProxyType

from files_api_mcp.backends.documents.media_types import JSON, TABLES
from files_api_mcp.backends.search.collection import Searched
from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.postings import HEAD_PREFIX
from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.ranking.bm25 import bm25
from files_api_mcp.backends.search.ranking.candidates import Candidates, Choice, OnlyDocument
from files_api_mcp.backends.search.ranking.file_names import names_held
from files_api_mcp.backends.search.ranking.page_references import labels_named, pages_labelled, pages_named
from files_api_mcp.backends.search.tables.indexed_text import indexed_text
from files_api_mcp.backends.search.tokenizer import terms

__all__ = ["Ranking", "ScoredPassage", "rank"]

_PAGE, _HEAD, _NEIGHBOUR, _COVERED, _DOCUMENT = 0.5, 0.3, 0.1, 0.5, 1.0
_NAMED = 1.0
_FILE_NAME = 0.25
_PARTS = 5
_MOST_DOCUMENTS = 48
_FEW = 20
_NEAR = 3
"""Passages before and after one that are its page in a text without pages."""
_LINES = frozenset({"text/csv", "text/tab-separated-values", "text/plain"})
_MARKS = ",;\t"
_NO_HEADER: Mapping[str, int] = MappingProxyType({})
_WITHOUT_SURROUNDINGS = TABLES | {JSON}
"""Types whose neighbouring rows are about different things."""


@dataclass(frozen=True, slots=True)
class ScoredPassage:
    """A passage and its score, which may exceed 1. `position` is the index of the document in the list of documents,
    `passage` the index of the passage in the document."""

    position: int
    passage: int
    score: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """Passages best first, the documents that were searched, by position, and the idf of each term that the collection
    holds, times its weight."""

    passages: list[ScoredPassage]
    documents: dict[int, Document]
    idf: Mapping[str, float]


@dataclass(slots=True)
class _Query:
    """A query for one document: the terms with their weights, their postings, the named pages, and how often each term
    is in the header of a table. It is quoted with every row, and says nothing about the first ones."""

    document: Document
    position: int
    weights: Mapping[str, float]
    postings: "dict[str, array[int]]"
    named: frozenset[int]
    header: Mapping[str, int]


def rank(index: Index, searched: Searched, question: str, check_cancelled: Callable[[], None]) -> Ranking:
    """Rank the passages that contain a term of the question, best first.

    The score adds up BM25 of the passage, of its page and, with several documents, of its document; the idf of terms
    in the page's head; the share of the question (by idf) that the passage holds; whether the question names the page
    or the file; and the better neighbour's score. The documents are one collection: a term that is rare in all of them
    counts more than one that each of them repeats. Of many documents, only the best candidates are searched.
    """
    collection = searched.collection
    candidates = _choice(index, searched, question, check_cancelled)
    named = _named(index, searched, question)
    positions = list(dict.fromkeys([*candidates.positions(_MOST_DOCUMENTS), *named]))
    documents = searched.documents(index, positions)
    queries: list[_Query] = []
    for position in positions:
        check_cancelled()
        document = documents[position]
        weights, pages = candidates.weights(document), named.get(position, frozenset())
        header = _header(index, document) if document.mime_type in _LINES else _NO_HEADER
        queries.append(_Query(document, position, weights, candidates.postings(document), pages, header))
    average = collection.terms / max(1, collection.passages)
    scores: list[dict[int, list[float]]] = []
    for query in queries:
        check_cancelled()
        # Words that only the header of a table has still find the table.
        found = _parts(query, candidates.idf, average) or _parts(
            replace(query, header=_NO_HEADER), candidates.idf, average
        )
        scores.append(found)
    highest = [max((s[part] for found in scores for s in found.values()), default=0) or 1 for part in range(_PARTS)]
    names = _names(searched, positions, question)
    ranked: list[ScoredPassage] = []
    for query, found in zip(queries, scores, strict=True):
        base = {p: sum(map(_weighed, s, highest, (1, _PAGE, _HEAD, _COVERED, _NAMED))) for p, s in found.items()}
        whole = _DOCUMENT * candidates.share(query.document, query.position)
        whole += _FILE_NAME * names.get(query.position, 0.0)
        for passage, score in base.items():
            near = max(base.get(passage - 1, 0), base.get(passage + 1, 0))
            ranked.append(ScoredPassage(query.position, passage, score + _NEIGHBOUR * near + whole))
    ranked.sort(key=lambda s: (-s.score, s.position, s.passage))
    return Ranking(ranked, documents, candidates.idf)


def _choice(index: Index, searched: Searched, question: str, check_cancelled: Callable[[], None]) -> Choice:
    collection = searched.collection
    if collection.files == 1:
        return OnlyDocument(index, searched.documents(index, [0])[0], collection.passages, question)
    return Candidates(index, collection, question, check_cancelled)


def _names(searched: Searched, positions: Sequence[int], question: str) -> Mapping[int, float]:
    """How much of each file's name the question has, where several are asked and their names are known."""
    names = {position: name for position in positions if (name := searched.filename(position))}
    return names_held(question, names) if len(names) > 1 else {}


def _named(index: Index, searched: Searched, question: str) -> dict[int, frozenset[int]]:
    """The pages that the question names, of those of the first files that have them."""
    wanted = labels_named(question)
    named: dict[int, frozenset[int]] = {}
    for position, document in searched.documents(index, range(min(_FEW, searched.collection.files))).items():
        labels = index.labels(document) if wanted and document.paginated else {}
        if pages := pages_named(question, document.info.pages, pages_labelled(labels, wanted)):
            named[position] = pages
    return named


def _weighed(part: float, highest: float, weight: float) -> float:
    return weight * part / highest


def _header(index: Index, document: Document) -> Mapping[str, int]:
    """How often each term is in the first line, if it is the header of a table: the next line has as many cells."""
    line, _, rest = index.page(document, 1).text.partition("\n")
    following = rest.partition("\n")[0]
    if not any(line.count(mark) > 1 and line.count(mark) == following.count(mark) for mark in _MARKS):
        return _NO_HEADER
    return Counter(terms(indexed_text(line, document.mime_type), english=document.english))


def _parts(query: _Query, idf: Mapping[str, float], average: float) -> dict[int, list[float]]:
    """Passage, page, head, coverage and named-page scores of each passage that holds a term or lies on a named page."""
    pages, lengths = query.document.passages.pages, query.document.passages.term_counts
    scores: dict[int, list[float]] = {}
    page_counts: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for term in query.weights:
        posting = query.postings.get(term)
        if posting is None:
            continue
        for passage, count in zip(posting[0::2], posting[1::2], strict=True):
            if passage == 0 and count <= query.header.get(term, 0):
                continue
            parts = scores.setdefault(passage, [0.0] * _PARTS)
            parts[0] += bm25(idf[term], count, lengths[passage], average)
            parts[3] += idf[term]
            page_counts[pages[passage]][term] += count
    if query.document.paginated:
        for passage, page in enumerate(pages) if query.named else ():
            if page in query.named:
                scores.setdefault(passage, [0.0] * _PARTS)[4] = 1.0
        _add_pages(query, idf, scores, page_counts)
    elif not query.header and query.document.mime_type not in _WITHOUT_SURROUNDINGS:
        _add_surroundings(query, idf, scores, average)
    return scores


def _add_surroundings(query: _Query, idf: Mapping[str, float], scores: dict[int, list[float]], average: float) -> None:
    """Treat the passages near each one as its page, in a text without pages."""
    lengths = query.document.passages.term_counts
    sums = [0, *accumulate(lengths)]
    last = len(lengths) - 1
    whole = {passage: sums[min(last, passage + _NEAR) + 1] - sums[max(0, passage - _NEAR)] for passage in scores}
    average *= 2 * _NEAR + 1
    for term in query.weights:
        posting = query.postings.get(term)
        if posting is None:
            continue
        counts: dict[int, int] = defaultdict(int)
        for passage, count in zip(posting[0::2], posting[1::2], strict=True):
            for near in range(passage - _NEAR, passage + _NEAR + 1):
                counts[near] += count
        for passage, count in counts.items():
            if passage in scores:
                scores[passage][1] += bm25(idf[term], count, whole[passage], average)


def _add_pages(
    query: _Query, idf: Mapping[str, float], scores: dict[int, list[float]], page_counts: dict[int, dict[str, int]]
) -> None:
    lengths: dict[int, int] = defaultdict(int)
    pages = query.document.passages.pages
    for page, length in zip(pages, query.document.passages.term_counts, strict=True):
        lengths[page] += length
    average = max(1, sum(lengths.values()) / max(1, len(lengths)))
    heads: dict[int, float] = defaultdict(float)
    for term in query.weights:
        for page in query.postings.get(HEAD_PREFIX + term, ()):
            heads[page] += idf.get(term, 0)
    for passage, parts in scores.items():
        page = pages[passage]
        parts[1] = sum(bm25(idf[term], n, lengths[page], average) for term, n in page_counts[page].items())
        parts[2] = heads.get(page, 0)
