"""The folds of question sets choose the weights of the search."""

from pathlib import Path

import pytest

from benchmarks.ask.folds import WEIGHTS, Weight, chosen, main
from benchmarks.ask.questions import Evidence, Question
from benchmarks.ask.scoring import Scores

Tried = dict[tuple[Weight, float], dict[str, Scores]]
WEIGHT = Weight("selection", "_GROWN", (0, 1, 2))


def question(number: int) -> Question:
    document = f"/docs/{number}.txt"
    return Question(f"q{number}", "set", "whale?", (document,), (Evidence(document, ((0, 1),)),))


QUESTIONS = [question(number) for number in range(40)]


def same(coverage: float) -> dict[str, Scores]:
    return {one.id: Scores(coverage=coverage) for one in QUESTIONS}


def test_the_value_that_gains_the_most_is_chosen() -> None:
    tried: Tried = {(WEIGHT, 0): same(0.4), (WEIGHT, 1): same(0.6), (WEIGHT, 3): same(0.5)}
    assert chosen(QUESTIONS, same(0.3), tried, 0) == {WEIGHT: 1}


def test_a_value_that_gains_next_to_nothing_is_not_chosen() -> None:
    tried: Tried = {(WEIGHT, 1): same(0.3005)}
    assert chosen(QUESTIONS, same(0.3), tried, 0) == {}


def test_the_fold_that_is_judged_has_no_say() -> None:
    tried: Tried = {(WEIGHT, 1): {one.id: Scores(coverage=float(one.fold == 2)) for one in QUESTIONS}}
    assert chosen(QUESTIONS, same(0.1), tried, 2) == {}
    assert chosen(QUESTIONS, same(0.1), tried, 1) == {WEIGHT: 1}


def test_each_weight_is_a_constant_that_is_there() -> None:
    assert all(weight.now in weight.values for weight in WEIGHTS)


def test_a_run_prints_the_choices_and_leaves_the_weights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = [weight.now for weight in WEIGHTS]
    (tmp_path / "a.txt").write_text("The whale dived.\n" * 30, encoding="utf-8")
    row = '{"id": "1", "set": "s", "question": "whale", "doc": "a.txt", "gold_spans": [[0, 16]]}\n'
    (tmp_path / "questions.jsonl").write_text(row, encoding="utf-8")
    main([str(tmp_path), "--data", str(tmp_path / "data")])
    shown = capsys.readouterr().out
    assert "_GROWN" in shown
    assert "pooled, 1500" in shown
    assert [weight.now for weight in WEIGHTS] == before
