"""Shares of an answer for files that a question names."""

from files_api_mcp.backends.search.ranking.fair_shares import in_fair_shares
from files_api_mcp.backends.search.ranking.scorer import Ranking, ScoredPassage

SCORES = ((0, 2.0), (0, 1.9), (0, 1.8), (1, 1.7), (2, 0.4))


def order(files: int) -> list[int]:
    passages = [ScoredPassage(position, place, score) for place, (position, score) in enumerate(SCORES)]
    return [one.passage for one in in_fair_shares(Ranking(passages, {}, {}), files).passages]


def test_a_file_that_holds_the_words_comes_before_more_of_another() -> None:
    assert order(3) == [0, 3, 1, 2, 4]


def test_the_passages_of_one_file_keep_their_order() -> None:
    assert order(1) == [0, 1, 2, 3, 4]


def test_of_many_files_the_best_one_gets_more() -> None:
    assert order(19) == [0, 1, 2, 3, 4]
