"""Which of many documents a question is likely about, and what is rare in all of them."""

from collections import defaultdict
from collections.abc import Callable, Mapping

from files_api_mcp.backends.search.bm25 import bm25, idf
from files_api_mcp.backends.search.index.index import Document, Index
from files_api_mcp.backends.search.query import wanted_terms

__all__ = ["Likely"]

_AT_ONCE = 500
_FEW = 20


class Likely:
    """The documents asked as one collection, each scored as a whole by BM25 over the windows that hold a term."""

    def __init__(
        self, index: Index, documents: list[Document], question: str, check_cancelled: Callable[[], None]
    ) -> None:
        self._documents = documents
        self._by_language = {english: wanted_terms(question, english=english) for english in (True, False)}
        self.windows = sum(len(document.passages) for document in documents)
        self.terms = sum(document.term_count for document in documents)
        held = self._held(index, check_cancelled)
        self.idf = self._idf(held)
        self._scores = self._scored(held)
        self._best = max(self._scores.values(), default=0.0) or 1.0

    def wanted(self, document: Document) -> Mapping[str, float]:
        """The terms to look for in a document, and their weights."""
        return self._by_language[document.english]

    def places(self, most: int) -> list[int]:
        """Places, in the list that was asked, of the documents that hold a term, the likeliest first."""
        return sorted(self._scores, key=lambda place: (-self._scores[place], place))[:most]

    def share(self, place: int) -> float:
        """A document's score as a share of the likeliest one's, less the fewer are asked: who names a few files wants
        to hear of each of them."""
        return min(1.0, (len(self._documents) - 1) / _FEW) * self._scores.get(place, 0.0) / self._best

    def _held(self, index: Index, check_cancelled: Callable[[], None]) -> dict[int, dict[str, int]]:
        """For each document's place, how many of its windows hold each term."""
        places: dict[int, int] = {}
        for place, document in enumerate(self._documents):
            # Files of the same content share a document: one of them speaks for all.
            places.setdefault(document.id, place)
        held: defaultdict[int, dict[str, int]] = defaultdict(dict)
        for english, words in self._by_language.items():
            ids = [document.id for document in self._documents if document.english == english]
            for start in range(0, len(ids), _AT_ONCE):
                check_cancelled()
                for number, term, count in index.counts(ids[start : start + _AT_ONCE], list(words)):
                    held[places[number]][term] = count
        return held

    def _idf(self, held: Mapping[int, Mapping[str, int]]) -> dict[str, float]:
        holding: defaultdict[str, int] = defaultdict(int)
        for counts in held.values():
            for term, count in counts.items():
                holding[term] += count
        weights = self._by_language[False] | self._by_language[True]
        total = self.windows
        return {term: weights[term] * idf(total, n) for term, n in holding.items()}

    def _scored(self, held: Mapping[int, Mapping[str, int]]) -> dict[int, float]:
        average = max(1, self.windows / max(1, len(self._documents)))
        scores: dict[int, float] = {}
        for place, counts in held.items():
            length = len(self._documents[place].passages)
            scores[place] = sum(bm25(self.idf[term], n, length, average) for term, n in counts.items())
        return scores
