"""BM25 (Robertson and Zaragoza, 2009), with the usual parameters."""

import math

__all__ = ["bm25", "idf"]

_K1, _B = 1.2, 0.75


def bm25(idf: float, count: float, length: float, average_length: float) -> float:
    """The score of a text that contains a term `count` times; lengths are in terms."""
    return idf * count * (_K1 + 1) / (count + _K1 * (1 - _B + _B * length / average_length))


def idf(texts: int, holding: int) -> float:
    """The inverse document frequency of a term that `holding` of `texts` texts contain; never negative."""
    return math.log(1 + (texts - holding + 0.5) / (holding + 0.5))
