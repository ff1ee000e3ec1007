"""Fair shares of an answer for files that a question names."""

from collections import Counter
from dataclasses import replace

from files_api_mcp.backends.search.ranking.scorer import Ranking

__all__ = ["in_fair_shares"]

_FURTHER = 0.8
"""What a second passage of one of two files counts, of its score. The next one counts as much less again."""
_FEW = 20
"""Files from which on no file is meant by itself."""
_DEEPEST = 5


def in_fair_shares(ranking: Ranking, files: int) -> Ranking:
    """The ranking of a question about so many files, in which each further passage of a file counts less.

    A file with passages about as good as another's has its turn before that one gets more. The more files there are,
    the less this counts: then one of them answers, and the scores say which.
    """
    if not 1 < files < _FEW:
        return ranking
    factor = 1 - (1 - _FURTHER) * (_FEW - files) / (_FEW - 2)
    held: Counter[int] = Counter()
    passages = list(ranking.passages)
    for place, one in enumerate(passages):
        passages[place] = replace(one, score=one.score * factor ** min(held[one.position], _DEEPEST))
        held[one.position] += 1
    return replace(ranking, passages=sorted(passages, key=lambda one: -one.score))
