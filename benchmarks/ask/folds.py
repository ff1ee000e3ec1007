"""Chooses the weights of the search by five folds: each fold is judged with the weights that the other four choose.

    python -m benchmarks.ask.folds SET ... --data FOLDER --compare old.jsonl [--weights _PAIRS _GROWN]

A fold holds the questions about some of the documents. Each weight is varied by itself, from the present ones on, so
that a run takes a pass over the questions for each value. It prints what each fold chooses, and the scores of all folds
pooled, beside those of another version's answers.
"""

import argparse
import importlib
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.ask.answers import read_answers
from benchmarks.ask.comparison import by_set, differences
from benchmarks.ask.corpus import Corpus
from benchmarks.ask.questions import FOLDS, Question, read_sets
from benchmarks.ask.report import scored, show_differences, show_scores
from benchmarks.ask.scoring import Scores
from files_api_mcp.backends.search.quotes import RESULT_FRAME

__all__ = ["WEIGHTS", "Weight", "chosen", "main"]

_SEARCH = "files_api_mcp.backends.search"
_LEAST_GAIN = 0.001
"""Of coverage and recall@5, each from 0 to 1. What gains less stays as it is."""

Choice = Mapping["Weight", float]


@dataclass(frozen=True, slots=True)
class Weight:
    """A constant of a module below the search, and the values to try."""

    module: str
    name: str
    values: tuple[float, ...]

    @property
    def now(self) -> float:
        """Its present value."""
        return getattr(self._module, self.name)

    def put(self, value: float) -> None:
        """Give it a value, in this process."""
        setattr(self._module, self.name, value)

    @property
    def _module(self) -> Any:
        return importlib.import_module(f"{_SEARCH}.{self.module}")


WEIGHTS = (
    Weight("ranking.reranker", "_PAIRS", (0.15, 0.3, 0.5)),
    Weight("ranking.scorer", "_FILE_NAME", (0.0, 0.25, 0.5)),
    Weight("ranking.fair_shares", "_FURTHER", (0.65, 0.8, 0.9, 1.0)),
    Weight("ranking.statements.gains", "_ROW", (0.6, 0.8, 1.0)),
    Weight("ranking.statements.gains", "_STATEMENT", (0.5, 0.7, 0.9)),
    Weight("ranking.statements.gains", "_SECOND", (0.6, 0.7, 0.8, 0.9, 0.99)),
    Weight("selection", "_GOOD_SHARE", (0.1, 0.25, 0.4, 0.55, 0.7)),
    Weight("selection", "_GOOD_SHARE_OF_SEVERAL", (0.1, 0.25, 0.4)),
    Weight("selection", "_GROWN", (0, 1, 2)),
    Weight("selection", "_BEFORE", (0, 1, 2)),
    Weight("passages", "_SPELLING", (1.0, 2.0, 4.0)),
    Weight("passages", "_WEAK_PART", (0.5, 0.67, 1.0)),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Try the values of each weight, and print what the folds choose and how that is judged."""
    options = _options(arguments)
    questions = [question for question in read_sets(options.sets) if question.evidence and not question.twin]
    corpus = Corpus.of(questions, options.data)
    try:
        weights = [weight for weight in WEIGHTS if weight.name in options.weights]
        present: Choice = {weight: weight.now for weight in weights}
        before = _scores(corpus, questions, options.budget, present)
        tried = {
            (weight, value): _scores(corpus, questions, options.budget, {**present, weight: value})
            for weight in weights
            for value in weight.values
            if value != weight.now
        }
        choices = {fold: chosen(questions, before, tried, fold) for fold in range(FOLDS)}
        pooled: dict[str, Scores] = {}
        for fold, choice in choices.items():
            held_out = [question for question in questions if question.fold == fold]
            pooled |= _scores(corpus, held_out, options.budget, {**present, **choice})
    finally:
        corpus.close()
    _show_choices(present, choices)
    show_scores(f"pooled, {options.budget}", questions, pooled)
    show_differences("from the present", differences(questions, before, pooled))
    if options.compare:
        answers = {one.id: one.passages for one in read_answers(options.compare) if one.budget == options.budget}
        old = scored(questions, answers, options.budget)
        show_differences("from before", differences(questions, old, pooled))


def chosen(
    questions: Sequence[Question],
    before: Mapping[str, Scores],
    tried: Mapping[tuple[Weight, float], Mapping[str, Scores]],
    held_out: int,
) -> dict[Weight, float]:
    """The values that raise coverage and recall@5 the most on all folds but one. Weights that are best as they are have
    none."""
    others = [question for question in questions if question.fold != held_out]
    least = _worth(others, before) + _LEAST_GAIN
    best: dict[Weight, tuple[float, float]] = {}
    for (weight, value), scores in tried.items():
        worth = _worth(others, scores)
        if worth >= max(least, best.get(weight, (least, 0.0))[0]):
            best[weight] = worth, value
    return {weight: value for weight, (_, value) in best.items()}


def _worth(questions: Sequence[Question], scores: Mapping[str, Scores]) -> float:
    """The sum of coverage and recall@5, as means of all sets with equal weights."""
    sets = by_set(questions, scores).values()
    return fmean(fmean(one.coverage + one.r5 for one in many) for many in sets) if sets else 0.0


def _scores(corpus: Corpus, questions: Sequence[Question], budget: int, choice: Choice) -> dict[str, Scores]:
    with _set_to(choice):
        return scored(questions, corpus.answers(questions, budget - RESULT_FRAME), budget)


@contextmanager
def _set_to(choice: Choice) -> Generator[None]:
    present = {weight: weight.now for weight in choice}
    for weight, value in choice.items():
        weight.put(value)
    try:
        yield
    finally:
        for weight, value in present.items():
            weight.put(value)


def _show_choices(present: Choice, choices: Mapping[int, Choice]) -> None:
    print("weight                 now  chosen by each fold")
    for weight, now in present.items():
        values = "".join(f"{choice.get(weight, now):7g}" for choice in choices.values())
        print(f"{weight.name:20}{now:6g}{values}")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path, nargs="+", metavar="SET")
    parser.add_argument("--data", type=Path, required=True, help="the data folder")
    parser.add_argument("--compare", type=Path, help="print the differences from the answers of another version")
    names = [weight.name for weight in WEIGHTS]
    parser.add_argument("--weights", nargs="+", choices=names, default=names, help="those to choose; without it, all")
    parser.add_argument("--budget", type=int, default=1500, metavar="TOKENS")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
