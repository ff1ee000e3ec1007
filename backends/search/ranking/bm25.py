"""BM25 (Robertson and Zaragoza, 2009), with the usual parameters."""

import math
from collections.abc import Iterable, Sequence

__all__ = ["add_scores", "bm25", "idf", "length_norm"]

_K1, _B = 1.2, 0.75


def bm25(idf: float, count: float, length: float, average_length: float) -> float:
    """The score of a text that contains a term `count` times; lengths are in terms."""
    return idf * count * (_K1 + 1) / (count + length_norm(length, average_length))


def length_norm(length: float, average_length: float) -> float:
    """The part of the score that depends on the length of a text."""
    return _K1 * (1 - _B + _B * length / average_length)


def add_scores(
    scores: list[float], idf: float, texts: Iterable[int], counts: Iterable[int], norms: Sequence[float]
) -> None:
    """Add the scores of one term to those of the texts that contain it. `scores` and `norms` have a number for each
    text."""
    for text, count in zip(texts, counts, strict=True):
        scores[text] += idf * count * (_K1 + 1) / (count + norms[text])


def idf(texts: int, holding: int) -> float:
    """The inverse document frequency of a term that `holding` of `texts` texts contain; never negative."""
    return math.log(1 + (texts - holding + 0.5) / (holding + 0.5))
