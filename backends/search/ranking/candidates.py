"""Candidate documents for a question, and the statistics of the collection that they form."""

from array import array
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from files_api_mcp.backends.search.collection import Block, Collection
from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.postings import HEAD_PREFIX
from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.index.term_table import BLOCK, Holders
from files_api_mcp.backends.search.ranking.bm25 import add_scores, idf, length_norm
from files_api_mcp.backends.search.ranking.query import expand_query

__all__ = ["Candidates", "Choice", "OnlyDocument"]

_AT_ONCE = 32
"""Blocks that are looked up between two checks for a cancelled call."""
_FEW = 20
_SORTED_AT = 1000


class Choice(Protocol):
    """The documents of a question that may answer it. `idf` is that of each term over all passages of the
    collection."""

    idf: Mapping[str, float]

    def weights(self, document: Document) -> Mapping[str, float]:
        """The terms to look up in a document, and their weights."""
        ...

    def postings(self, document: Document) -> "dict[str, array[int]]":
        """The postings of these terms, also of those in the heads of pages."""
        ...

    def positions(self, most: int) -> list[int]:
        """Positions, in the collection, of the documents that contain a term, best first."""
        ...

    def share(self, document: Document, position: int) -> float:
        """A document's score as a share of the best one's."""
        ...


class OnlyDocument:
    """The document of a collection of one file: its postings have all that the collection's statistics need.
    Implements Choice."""

    def __init__(self, index: Index, document: Document, passages: int, question: str) -> None:
        """`passages` are those of the collection."""
        self._weights = expand_query(question, english=document.english)
        self._postings = _postings(index, document, self._weights)
        weights = _merged_weights(question)
        held = {term: len(found) // 2 for term in self._weights if (found := self._postings.get(term)) is not None}
        self.idf: Mapping[str, float] = {term: weights[term] * idf(passages, holding) for term, holding in held.items()}

    def weights(self, document: Document) -> Mapping[str, float]:  # noqa: ARG002  see Choice
        """The terms to look up in the document, and their weights."""
        return self._weights

    def postings(self, document: Document) -> "dict[str, array[int]]":  # noqa: ARG002  see Choice
        """The postings of these terms."""
        return self._postings

    def positions(self, most: int) -> list[int]:  # noqa: ARG002  see Choice
        """The position of the document, if it contains a term."""
        return [0] if self.idf else []

    def share(self, document: Document, position: int) -> float:  # noqa: ARG002  see Choice
        """Nothing: there is no other document."""
        return 0.0


class Candidates:
    """The documents of the collection that contain a term of the question. Each is scored as a whole, by BM25 over its
    passages with a term. Implements Choice."""

    def __init__(
        self, index: Index, collection: Collection, question: str, check_cancelled: Callable[[], None]
    ) -> None:
        self._index = index
        self._question = question
        self._collection = collection
        self._by_language = {english: expand_query(question, english=english) for english in (True, False)}
        held = {english: self._held(index, english, check_cancelled) for english in self._by_language}
        self.idf: Mapping[str, float] = self._idf(held)
        self._scores = self._scored(held, check_cancelled)
        self._best = max(map(max, self._scores.values()), default=0.0) or 1.0

    def weights(self, document: Document) -> Mapping[str, float]:
        """The terms to look up in a document, and their weights."""
        return self._by_language[document.english]

    def postings(self, document: Document) -> "dict[str, array[int]]":
        """The postings of these terms, also of those in the heads of pages."""
        return _postings(self._index, document, self.weights(document))

    def positions(self, most: int) -> list[int]:
        """Positions, in the collection, of the documents that contain a term, best first."""
        found: list[tuple[float, int]] = []
        lowest = 0.0
        for number, scores in self._scores.items():
            positions = self._collection.blocks[number].positions
            pairs = zip(scores, positions, strict=True)
            found += [(-score, position) for score, position in pairs if score > 0 and score >= lowest]
            if len(found) > _SORTED_AT:
                found = sorted(found)[:most]
                lowest = -found[-1][0]
        return [position for _, position in sorted(found)[:most]]

    def share(self, document: Document, position: int) -> float:
        """A document's score as a share of the best one's. It counts less with fewer documents: a user who names a few
        files expects passages of each."""
        scores = self._scores.get(document.id // BLOCK)
        # Files with the same content share a document, so only the first one counts.
        is_counted = scores is not None and self._collection.first(document.id) == position
        score = scores[document.id % BLOCK] if scores is not None and is_counted else 0.0
        return min(1.0, (self._collection.files - 1) / _FEW) * score / self._best

    def _held(self, index: Index, english: bool, check_cancelled: Callable[[], None]) -> list[Holders]:  # noqa: FBT001
        """The documents of one kind that hold each term, by block and in the order of the terms."""
        terms = list(self._by_language[english])
        numbers = [number for number, block in self._collection.blocks.items() if block.members[english]]
        held: list[Holders] = []
        for start in range(0, len(numbers), _AT_ONCE):
            check_cancelled()
            found = index.holders(numbers[start : start + _AT_ONCE], terms)
            held += [_among(self._collection.blocks[one.block], one, english=english) for one in found]
        return held

    def _idf(self, held: Mapping[bool, Sequence[Holders]]) -> dict[str, float]:
        holding: defaultdict[str, int] = defaultdict(int)
        for found in held.values():
            for one in found:
                if one.documents:
                    holding[one.term] += sum(one.passages)
        weights = _merged_weights(self._question)
        return {term: weights[term] * idf(self._collection.passages, n) for term, n in holding.items()}

    def _scored(
        self, held: Mapping[bool, Sequence[Holders]], check_cancelled: Callable[[], None]
    ) -> dict[int, list[float]]:
        """The score of each document by block and place."""
        average = max(1, self._collection.passages / max(1, self._collection.files))
        norms = _Norms(average)
        scores: dict[int, list[float]] = {}
        by_block: dict[int, list[float]] = {}
        for found in held.values():
            for one in found:
                if one.block not in scores:
                    check_cancelled()
                    scores[one.block] = [0.0] * BLOCK
                    by_block[one.block] = [norms[length] for length in self._collection.blocks[one.block].lengths]
                if one.documents:
                    add_scores(scores[one.block], self.idf[one.term], one.documents, one.passages, by_block[one.block])
        return scores


class _Norms(dict[int, float]):
    """The share of BM25 that depends on a document's number of passages."""

    def __init__(self, average: float) -> None:
        super().__init__()
        self._average = average

    def __missing__(self, length: int) -> float:
        self[length] = length_norm(length, self._average)
        return self[length]


def _merged_weights(question: str) -> Mapping[str, float]:
    """The weights of a question's terms in a collection of all languages."""
    return {**expand_query(question, english=False), **expand_query(question, english=True)}


def _postings(index: Index, document: Document, weights: Mapping[str, float]) -> "dict[str, array[int]]":
    return index.postings(document, [*weights, *(HEAD_PREFIX + term for term in weights)])


def _among(block: Block, found: Holders, *, english: bool) -> Holders:
    """The holders that are documents of the collection of one kind."""
    members = block.members[english]
    if not found.documents.translate(None, members):
        return found
    pairs = [(place, n) for place, n in zip(found.documents, found.passages, strict=True) if place in members]
    return found._replace(documents=bytes(place for place, _ in pairs), passages=[n for _, n in pairs])
