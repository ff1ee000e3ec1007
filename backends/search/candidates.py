"""Candidate documents for a question, and the statistics of the collection that they form."""

from collections import defaultdict
from collections.abc import Callable, Mapping

from files_api_mcp.backends.search.bm25 import bm25, idf
from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.query import expand_query

__all__ = ["Candidates"]

_AT_ONCE = 500
_FEW = 20


class Candidates:
    """The documents of a question as one collection. Each is scored as a whole, by BM25 over its passages with a term.

    `idf` is that of each term over all passages; `passages` and `terms` are the collection's size.
    """

    def __init__(
        self, index: Index, documents: list[Document], question: str, check_cancelled: Callable[[], None]
    ) -> None:
        self._documents = documents
        self._by_language = {english: expand_query(question, english=english) for english in (True, False)}
        self.passages = sum(len(document.passages) for document in documents)
        self.terms = sum(document.term_count for document in documents)
        held = self._held(index, check_cancelled)
        self.idf = self._idf(held)
        self._scores = self._scored(held)
        self._best = max(self._scores.values(), default=0.0) or 1.0

    def weights(self, document: Document) -> Mapping[str, float]:
        """The terms to look up in a document, and their weights."""
        return self._by_language[document.english]

    def positions(self, most: int) -> list[int]:
        """Positions, in the list of documents, of those that contain a term, best first."""
        return sorted(self._scores, key=lambda position: (-self._scores[position], position))[:most]

    def share(self, position: int) -> float:
        """A document's score as a share of the best one's. It counts less with fewer documents: a user who names a few
        files expects passages of each."""
        return min(1.0, (len(self._documents) - 1) / _FEW) * self._scores.get(position, 0.0) / self._best

    def _held(self, index: Index, check_cancelled: Callable[[], None]) -> dict[int, dict[str, int]]:
        """For each document's position, how many of its passages contain each term."""
        positions: dict[int, int] = {}
        for position, document in enumerate(self._documents):
            # Files with the same content share a document, so only the first one counts.
            positions.setdefault(document.id, position)
        held: defaultdict[int, dict[str, int]] = defaultdict(dict)
        for english, weights in self._by_language.items():
            same = [document for document in self._documents if document.english == english]
            for start in range(0, len(same), _AT_ONCE):
                check_cancelled()
                for number, term, count in index.counts(same[start : start + _AT_ONCE], list(weights)):
                    held[positions[number]][term] = count
        return held

    def _idf(self, held: Mapping[int, Mapping[str, int]]) -> dict[str, float]:
        holding: defaultdict[str, int] = defaultdict(int)
        for counts in held.values():
            for term, count in counts.items():
                holding[term] += count
        weights = self._by_language[False] | self._by_language[True]
        return {term: weights[term] * idf(self.passages, n) for term, n in holding.items()}

    def _scored(self, held: Mapping[int, Mapping[str, int]]) -> dict[int, float]:
        average = max(1, self.passages / max(1, len(self._documents)))
        scores: dict[int, float] = {}
        for position, counts in held.items():
            length = len(self._documents[position].passages)
            scores[position] = sum(bm25(self.idf[term], n, length, average) for term, n in counts.items())
        return scores
