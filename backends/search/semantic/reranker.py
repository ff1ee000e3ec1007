"""Reranks the best passages by their meaning."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.ranking.scorer import ScoredPassage
from files_api_mcp.backends.search.semantic.similarity import Similarity

__all__ = ["rerank_by_meaning"]

_RERANKED = 20
_WEIGHT = 0.8


def rerank_by_meaning(
    ranked: Sequence[ScoredPassage],
    documents: Mapping[int, Document],
    question: str,
    text_of: Callable[[ScoredPassage], str],
    similarity: Similarity,
) -> list[ScoredPassage]:
    """Rerank the best twenty passages; the others follow in their order. `text_of` reads a passage.

    The most similar one gains 0.8 of the best score, the least similar one nothing. A model that knows only English
    does not judge passages of other documents: they gain the mean. Nor does it judge a question in another script.
    """
    judged = [one for one in ranked[:_RERANKED] if documents[one.position].english or not similarity.english_only]
    if len(judged) < 2 or (similarity.english_only and not _is_latin(question)):
        return [*ranked]
    near = similarity(question, map(text_of, judged))
    if near is None:
        return [*ranked]
    gains = dict(zip(judged, _between_0_and_1(near), strict=True))
    mean, best = fmean(gains.values()), _WEIGHT * ranked[0].score
    reranked = [replace(one, score=one.score + best * gains.get(one, mean)) for one in ranked[:_RERANKED]]
    return sorted([*reranked, *ranked[_RERANKED:]], key=lambda one: -one.score)


def _between_0_and_1(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    return [(value - low) / ((high - low) or 1.0) for value in values]


def _is_latin(text: str) -> bool:
    """Whether most letters are Latin."""
    letters = [one for one in text if one.isalpha()]
    return 2 * sum(one.isascii() or unicodedata.name(one, "").startswith("LATIN") for one in letters) > len(letters)
