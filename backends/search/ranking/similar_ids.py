"""Ids that the documents hold, for one that they do not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from operator import itemgetter
from string import digits

from files_api_mcp.backends.search.ranking.literals import is_held, longest_number, same_kind
from files_api_mcp.backends.search.ranking.ranker import Ranker
from files_api_mcp.backends.search.ranking.reranker import RERANKED
from files_api_mcp.backends.search.ranking.scorer import Ranking
from files_api_mcp.backends.search.ranking.spelling import Vocabulary, edits

__all__ = ["SimilarIds", "similar_ids"]

_MOST = 5
_LONGEST = 24
_ENDING = 100
"""The last two digits are tried with all values."""


@dataclass(frozen=True, slots=True)
class SimilarIds:
    """Ids, the most similar first, and the passages that hold one of them."""

    ids: Sequence[str]
    ranking: Ranking


def similar_ids(wanted: str, ranker: Ranker, vocabulary: Vocabulary) -> SimilarIds | None:
    """The ids of the documents that differ from this one by a digit or in the last two; else others that are written
    like it, if there are any among the passages with its letters."""
    number = longest_number(wanted)
    near = [] if len(number) > _LONGEST else [*vocabulary.held([*_near(number)])]
    questions = [" ".join(wanted.replace(number, one) for one in near), wanted.partition(number)[0]]
    for question in questions:
        if question.strip(" -_/.#:") and (found := _holding(wanted, number, question, ranker)):
            return found
    return None


def _near(number: str) -> Iterator[str]:
    yield from sorted(edits(number, digits))
    for ending in range(_ENDING):
        yield f"{number[:-2]}{ending:02}"


def _shared_prefix(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _holding(wanted: str, number: str, question: str, ranker: Ranker) -> SimilarIds | None:
    ranking = ranker.by_words(question)
    find = same_kind(wanted)
    first = [(one, ranker.text(ranking, one)) for one in ranking.passages[:RERANKED]]
    close = edits(number, digits)

    def distance(found: str) -> tuple[bool, int]:
        return longest_number(found) not in close, -_shared_prefix(found.casefold(), wanted.casefold())

    ids = sorted({found for _, text in first for found in find(text)}, key=lambda one: (*distance(one), one))[:_MOST]
    held = [(next((at for at, found in enumerate(ids) if is_held(found, text)), None), one) for one, text in first]
    nearest = sorted([(at, place, one) for place, (at, one) in enumerate(held) if at is not None], key=itemgetter(0, 1))
    passages = [one for _, _, one in nearest]
    return SimilarIds(ids, Ranking(passages, ranking.documents, ranking.idf)) if ids else None
