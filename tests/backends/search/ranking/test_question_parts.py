"""Questions that ask for several things."""

import pytest

from files_api_mcp.backends.search.ranking.question_parts import blended, merged, question_parts
from files_api_mcp.backends.search.ranking.scorer import Ranking, ScoredPassage


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "What is the notice period, and who signs the contract?",
            ["What is the notice period", "who signs the contract?"],
        ),
        (
            "Who paid the rent? Also, when is the next payment due?",
            ["Who paid the rent?", "Also, when is the next payment due?"],
        ),
        (
            "Hide the empty lines. Besides, show me the last page.",
            ["Hide the empty lines.", "Besides, show me the last page."],
        ),
        ("What is the notice period and how is it calculated?", None),
        ("What was the margin? If it is not useful, please state that and explain why.", None),
        ("Terms and conditions of the lease", None),
    ],
)
def test_each_part_can_be_looked_up(question: str, parts: list[str] | None) -> None:
    assert question_parts(question) == (parts or [question])


def ranking(*passages: tuple[int, float]) -> Ranking:
    return Ranking([ScoredPassage(0, passage, score) for passage, score in passages], {}, {})


def test_parts_take_turns() -> None:
    found = merged([ranking((1, 9.0), (2, 3.0)), ranking((7, 2.0), (1, 1.0), (8, 0.5))])
    assert [(one.passage, one.score) for one in found.passages] == [(1, 1.0), (7, 1.0), (2, 1 / 3), (8, 0.25)]


def test_rankings_are_added_up() -> None:
    found = blended(ranking((1, 4.0), (2, 3.0)), ranking((2, 1.0), (3, 2.5)), 2.0)
    assert [(one.passage, one.score) for one in found.passages] == [(2, 5.0), (3, 5.0), (1, 4.0)]
