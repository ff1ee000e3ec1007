"""Reranks the best passages by their meaning."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from statistics import fmean

from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.ranking.scorer import ScoredPassage
from files_api_mcp.backends.search.semantic.similarity import Similarity

__all__ = ["MOST_JUDGED", "rerank_by_meaning"]

MOST_JUDGED = 20
"""Passages that are judged for a question: the best ones by words."""
_WEIGHT = 0.8
_MOST_DIGITS = 0.1


def rerank_by_meaning(
    ranked: Sequence[ScoredPassage],
    documents: Mapping[int, Document],
    question: str,
    text_of: Callable[[ScoredPassage], str],
    similarity: Similarity,
    most: int = MOST_JUDGED,
    check_cancelled: Callable[[], None] = lambda: None,
) -> list[ScoredPassage]:
    """Rerank the best passages, at most so many; the others follow in their order. `text_of` reads a passage;
    `check_cancelled` is called before each is judged, which takes about 10 ms.

    The most similar one gains 0.8 of the best score, the least similar one nothing. If fewer than `most` share a word
    with the question, others of the same documents are judged too: they may say it in other words.

    The words decide where the model knows less than they do. It judges no passages full of figures, such as those of
    financial statements. If it knows only English, it judges no question in another script, and no passage of a
    document in another language, which gains the mean.
    """
    best = [*ranked[:most], *islice(_others(ranked, documents), max(0, most - len(ranked)))]
    judged = [one for one in best if documents[one.position].english or not similarity.english_only]
    if len(judged) < 2 or (similarity.english_only and not _is_latin(question)):
        return [*ranked]
    model = similarity.model()
    texts = [text_of(one) for one in judged] if model else []
    if model is None or _is_full_of_figures(texts):
        return [*ranked]
    near = model.similarity(question, _until_cancelled(texts, check_cancelled))
    gains = dict(zip(judged, _between_0_and_1(near), strict=True))
    mean, highest = fmean(gains.values()), _WEIGHT * ranked[0].score
    reranked = [replace(one, score=one.score + highest * gains.get(one, mean)) for one in best]
    return sorted([*reranked, *ranked[most:]], key=lambda one: -one.score)


def _until_cancelled(texts: Iterable[str], check_cancelled: Callable[[], None]) -> Iterator[str]:
    for text in texts:
        check_cancelled()
        yield text


def _others(ranked: Sequence[ScoredPassage], documents: Mapping[int, Document]) -> Iterator[ScoredPassage]:
    """The passages of the ranked ones' documents that are not ranked."""
    known = {(one.position, one.passage) for one in ranked}
    for position in dict.fromkeys(one.position for one in ranked):
        for passage in range(len(documents[position].passages.pages)):
            if (position, passage) not in known:
                yield ScoredPassage(position, passage, 0.0)


def _between_0_and_1(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    return [(value - low) / ((high - low) or 1.0) for value in values]


def _is_full_of_figures(texts: Sequence[str]) -> bool:
    """Whether more than a tenth of the letters and digits are digits. Prose has at most a twentieth."""
    digits = sum(map(str.isdecimal, chain(*texts)))
    return digits > _MOST_DIGITS * sum(map(str.isalnum, chain(*texts)))


def _is_latin(text: str) -> bool:
    """Whether most letters are Latin."""
    letters = [one for one in text if one.isalpha()]
    return 2 * sum(one.isascii() or unicodedata.name(one, "").startswith("LATIN") for one in letters) > len(letters)
