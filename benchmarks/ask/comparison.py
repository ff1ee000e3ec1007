"""Compares two versions' answers to the same questions: paired bootstrap by question."""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from statistics import fmean

from benchmarks.ask.questions import Question
from benchmarks.ask.scoring import Scores

__all__ = ["MACRO", "MEASURES", "Difference", "by_set", "differences"]

MEASURES = ("r1", "r5", "coverage")
MACRO = "macro"
_RESAMPLES = 1000
_SEED = 20261129
_OTHER_LANGUAGES = "XQother"


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean difference of a measure, and its 95 % interval. All are shares, 0 to 1."""

    mean: float
    low: float
    high: float


def by_set(questions: Sequence[Question], scores: Mapping[str, Scores]) -> dict[str, list[Scores]]:
    """The scores of the questions that have evidence and no twin, by set; XQuAD's small sets count as one."""
    found: defaultdict[str, list[Scores]] = defaultdict(list)
    for question in questions:
        if question.evidence and question.twin is None:
            found[_set_name(question)].append(scores[question.id])
    return dict(sorted(found.items()))


def _set_name(question: Question) -> str:
    """The set that a question counts for."""
    name = question.set
    return name if not name.startswith("XQ") or name == "XQen" else _OTHER_LANGUAGES


def differences(
    questions: Sequence[Question], before: Mapping[str, Scores], after: Mapping[str, Scores]
) -> dict[str, dict[str, Difference]]:
    """By measure: the differences of each set, and of the mean of all sets with equal weights.

    The questions of a set are drawn again with repetition, 1,000 times; the answers of all folds are pooled.
    """
    old, new = by_set(questions, before), by_set(questions, after)
    found: dict[str, dict[str, Difference]] = {}
    for measure in MEASURES:
        value = attrgetter(measure)
        gains = {name: [value(n) - value(o) for o, n in zip(old[name], new[name], strict=True)] for name in old}
        drawn = {name: _resampled(name, gain) for name, gain in gains.items()}
        rows = {name: _difference(fmean(gain), drawn[name]) for name, gain in gains.items()}
        macro = [fmean(means) for means in zip(*drawn.values(), strict=True)]
        found[measure] = {**rows, MACRO: _difference(fmean(fmean(gain) for gain in gains.values()), macro)}
    return found


def _resampled(name: str, values: Sequence[float]) -> list[float]:
    draw = random.Random(f"{_SEED} {name}")
    return [fmean(draw.choices(values, k=len(values))) for _ in range(_RESAMPLES)]


def _difference(mean: float, resampled: Sequence[float]) -> Difference:
    ordered = sorted(resampled)
    tail = len(ordered) // 40
    return Difference(mean, ordered[tail], ordered[-1 - tail])
