"""Reranking by meaning: what it moves, and what it leaves to the words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pytest

from files_api_mcp.backends.search.ranking.scorer import ScoredPassage
from files_api_mcp.backends.search.semantic.reranker import rerank_by_meaning
from files_api_mcp.backends.search.semantic.similarity import Similarity


@dataclass
class Stored:
    """A document, of which only the language and the number of passages count."""

    english: bool
    count: int

    @property
    def passages(self) -> "Stored":
        return self

    @property
    def pages(self) -> range:
        return range(self.count)


class Judge:
    """Says how near each text is; None: it has no model."""

    def __init__(self, near: dict[str, float] | None, *, english_only: bool = True) -> None:
        self.english_only = english_only
        self.near = near
        self.judged: list[str] = []

    def model(self) -> "Judge | None":
        return None if self.near is None else self

    def similarity(self, question: str, texts: Iterable[str]) -> list[float]:
        assert self.near is not None
        before = len(self.judged)
        self.judged.extend(texts)
        return [self.near[text] for text in self.judged[before:]]


def order(judge: Judge, scores: Sequence[float], question: str = "Why?", languages: str = "", each: int = 1) -> str:
    """The letters of the passages, best first: of the first document, then of the next, each with so many passages. The
    first passage of each has a score. `languages` has an `e` for each English document, all by default."""

    def letter(one: ScoredPassage) -> str:
        return chr(ord("a") + one.position * each + one.passage)

    ranked = [ScoredPassage(place, 0, score) for place, score in enumerate(scores)]
    documents: Any = {place: Stored(languages[place : place + 1] in ("e", ""), each) for place in range(len(scores))}
    found = rerank_by_meaning(ranked, documents, question, letter, cast(Similarity, judge))
    return "".join(map(letter, found))


def test_the_nearest_passage_gains_most_of_the_best_score() -> None:
    assert order(Judge({"a": 0.1, "b": 0.3, "c": 0.2}), [10, 5, 1]) == "bac"


def test_a_far_better_score_by_words_stays_first() -> None:
    assert order(Judge({"a": 0.1, "b": 0.3}), [10, 1]) == "ab"


def test_passages_in_other_languages_gain_the_mean() -> None:
    judge = Judge({"a": 0.1, "c": 0.3})
    assert order(judge, [10, 9, 8], languages="exe") == "cba"
    assert judge.judged == ["a", "c"]


@pytest.mark.parametrize("question", ["Почему?", "为什么?", "لماذا؟", "γιατί;"])
def test_a_question_in_another_script_is_left_to_the_words(question: str) -> None:
    judge = Judge({"a": 0.1, "b": 0.3})
    assert order(judge, [10, 9], question) == "ab"
    assert judge.judged == []
    judge.english_only = False
    assert order(judge, [10, 9], question) == "ba"


def test_passages_without_a_word_of_the_question_are_judged_if_there_is_room() -> None:
    near = {"a": 0.3, "b": 0.9, "c": 0.1, "d": 0.2}
    assert order(Judge(near), [10, 9], each=2) == "acbd"
    assert order(Judge(None), [10, 9], each=2) == "ac"
    judge = Judge({chr(ord("a") + place): place / 100 for place in range(60)})
    order(judge, [10, 9], each=30)
    assert len(judge.judged) == 20


def test_figures_are_left_to_the_words() -> None:
    ranked = [ScoredPassage(0, 0, 10), ScoredPassage(0, 1, 9)]
    documents: Any = {0: Stored(english=True, count=2)}
    prose, figures = (
        "The rent was due in May 2019, and it has not been paid by the tenant.",
        "Rent 1,200 1,350 due 800 750",
    )
    for texts, first in (((prose, prose + "."), 1), ((figures, figures + "."), 0)):
        judge = Judge({texts[0]: 0.1, texts[1]: 0.9})
        found = rerank_by_meaning(ranked, documents, "Why?", lambda one, t=texts: t[one.passage], cast(Any, judge))
        assert found[0].passage == first


def test_only_twenty_passages_are_judged() -> None:
    judge = Judge({chr(ord("a") + place): place / 100 for place in range(20)})
    found = order(judge, [100 - place for place in range(25)])
    assert len(judge.judged) == 20
    assert found[-5:] == "uvwxy"


@pytest.mark.parametrize("near", [None, {"a": 0.2, "b": 0.2}])
def test_without_a_judgement_the_order_stays(near: dict[str, float] | None) -> None:
    assert order(Judge(near), [10, 9]) == "ab"
    assert order(Judge(near), [10]) == "a"
    assert order(Judge(near), []) == ""


def test_a_cancelled_call_judges_no_further_passage() -> None:
    ranked = [ScoredPassage(0, place, 10.0 - place) for place in range(5)]
    documents: Any = {0: Stored(english=True, count=5)}
    judge = Judge(dict.fromkeys("abcde", 0.5))

    def cancelled() -> None:
        if len(judge.judged) == 2:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        rerank_by_meaning(
            ranked, documents, "Why?", lambda one: "abcde"[one.passage], cast(Similarity, judge), 5, cancelled
        )
    assert judge.judged == ["a", "b"]


def test_parts_of_a_question_share_the_passages_that_are_judged() -> None:
    ranked = [ScoredPassage(0, place, 10.0 - place) for place in range(5)]
    documents: Any = {0: Stored(english=True, count=5)}
    judge = Judge({"a": 0.1, "b": 0.9})
    found = rerank_by_meaning(
        ranked, documents, "Why?", lambda one: "abcde"[one.passage], cast(Similarity, judge), most=2
    )
    assert [one.passage for one in found] == [1, 0, 2, 3, 4]
