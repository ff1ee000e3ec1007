"""The parts of a question that asks for several things."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from files_api_mcp.backends.search.ranking.query import is_phrasing
from files_api_mcp.backends.search.ranking.scorer import Ranking, ScoredPassage
from files_api_mcp.backends.search.tokenizer import is_stop_word

__all__ = ["blended", "merged", "question_parts"]

_ASKS = (
    "what|how|who|whom|whose|when|where|which|why|is|are|was|were|does|do|did|can|could|should|must|may|will|would|has"
    "|have"
)
_MORE = "and|also|besides|plus|further|furthermore|in addition|moreover"
_CUT = re.compile(
    rf"(?<=\?)\s+|(?<=[.!;])\s+(?=(?:{_MORE})\b)|\s?(?:,\s|\s)(?:and|as well as)\s(?=(?:also\s)?(?:{_ASKS})\s)",
    re.IGNORECASE,
)
_FURTHER = re.compile(rf"(?:{_MORE})\b", re.IGNORECASE)
_WORD = re.compile(r"\w{2,}")
_LEAST_WORDS = 2
_MOST_PARTS = 3


def question_parts(question: str) -> list[str]:
    """The parts of a question, each of which can be looked up; the question itself if it has only one."""
    parts = [part.strip() for part in _CUT.split(question) if part]
    whole = [part for at, part in enumerate(parts) if _is_asked(part, at) and _subject_words(part) >= _LEAST_WORDS]
    return whole[:_MOST_PARTS] if len(whole) > 1 else [question]


def _is_asked(part: str, at: int) -> bool:
    """Whether a part asks for something. What follows a question often says only how to answer it."""
    return at == 0 or part.endswith("?") or bool(_FURTHER.match(part))


def merged(rankings: Sequence[Ranking]) -> Ranking:
    """The passages of several rankings in turn, each once: the best of each, then the second best. Scores are shares of
    the best one's in its ranking, so that each part gets its share of the budget."""
    if len(rankings) == 1:
        return rankings[0]
    found: dict[tuple[int, int], ScoredPassage] = {}
    for row in zip_longest(*(_as_shares(one.passages) for one in rankings)):
        for one in row:
            if one is not None:
                found.setdefault((one.position, one.passage), one)
    documents = {position: one for ranking in rankings for position, one in ranking.documents.items()}
    idf = {term: value for ranking in rankings for term, value in ranking.idf.items()}
    return Ranking([*found.values()], documents, idf)


def blended(one: Ranking, other: Ranking, weight: float) -> Ranking:
    """The passages of two rankings by the sum of their scores, of which the second one has a weight."""
    scores = {(passage.position, passage.passage): passage.score for passage in one.passages}
    for passage in other.passages:
        place = passage.position, passage.passage
        scores[place] = scores.get(place, 0.0) + weight * passage.score
    passages = [ScoredPassage(*place, score) for place, score in scores.items()]
    passages.sort(key=lambda passage: (-passage.score, passage.position, passage.passage))
    return Ranking(passages, {**one.documents, **other.documents}, {**one.idf, **other.idf})


def _as_shares(passages: Sequence[ScoredPassage]) -> list[ScoredPassage]:
    best = passages[0].score if passages else 1.0
    return [replace(one, score=one.score / (best or 1.0)) for one in passages]


def _subject_words(part: str) -> int:
    return sum(not (is_stop_word(word) or is_phrasing(word)) for word in {*_WORD.findall(part.casefold())})
