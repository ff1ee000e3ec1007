"""Tables of scores, differences and notes."""

from collections.abc import Mapping, Sequence
from statistics import fmean, median, quantiles

from benchmarks.ask.answers import Answer
from benchmarks.ask.comparison import MACRO, Difference, by_set
from benchmarks.ask.questions import Question
from benchmarks.ask.scoring import Cited, Scores, mean, score

__all__ = ["flagged", "scored", "show_differences", "show_flags", "show_scores", "show_times", "show_typos"]

_WIDTH = 18
_FLAGS = ("No passage", "Weak match", "Not in the file")
"""How notes begin that say that something of the question is not there."""


def scored(questions: Sequence[Question], passages: Mapping[str, Sequence[Cited]], budget: int) -> dict[str, Scores]:
    """The scores of the questions that have evidence, by id. A question without an answer is a miss."""
    return {one.id: score(one, passages.get(one.id, ()), budget) for one in questions if one.evidence}


def show_scores(title: str, questions: Sequence[Question], scores: Mapping[str, Scores]) -> None:
    """Print a row for each set, and their mean with equal weights."""
    print(f"\n{title:{_WIDTH}}     n   R@1   R@3   R@5   MRR   Cov tokens")
    sets = by_set(questions, scores)
    for name, many in sets.items():
        _show_row(name, len(many), mean(many))
    _show_row(MACRO, sum(map(len, sets.values())), mean([mean(many) for many in sets.values()]))


def _show_row(name: str, count: int, one: Scores) -> None:
    shares = "".join(f"{100 * share:6.1f}" for share in (one.r1, one.r3, one.r5, one.mrr, one.coverage))
    print(f"{name:{_WIDTH}}{count:6}{shares}{one.tokens:7.0f}")


def show_differences(title: str, found: Mapping[str, Mapping[str, Difference]]) -> None:
    """Print the difference of each measure in points, with its 95 % interval, by set."""
    print(f"\n{title:{_WIDTH}}" + "".join(f"{measure:>22}" for measure in found))
    for name in next(iter(found.values())):
        print(f"{name:{_WIDTH}}" + "".join(f"{_points(rows[name]):>22}" for rows in found.values()))


def _points(one: Difference) -> str:
    return f"{100 * one.mean:+.1f} [{100 * one.low:+.1f}, {100 * one.high:+.1f}]"


def flagged(answer: Answer) -> bool:
    """Whether an answer says that something of the question is not there: in a note, or by having no passage."""
    return not answer.passages or any(note.startswith(_FLAGS) for note in answer.notes)


def show_flags(questions: Sequence[Question], answers: Mapping[str, Answer]) -> None:
    """Print the share of flagged answers: of questions that their documents can answer, and of the others by set."""
    found: dict[str, list[bool]] = {}
    for one in questions:
        if one.twin is not None:
            continue
        name = "with evidence" if one.evidence else one.set
        found.setdefault(name, []).append(flagged(answers[one.id]))
    print(f"\n{'flagged':{_WIDTH}}     n  share")
    for name, flags in sorted(found.items()):
        print(f"{name:{_WIDTH}}{len(flags):6}{100 * fmean(flags):6.1f} %")


def show_times(answers: Sequence[Answer]) -> None:
    """Print the processor time of the calls, and the size of the results."""
    times = [one.cpu_ms for one in answers]
    tail = quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
    sizes = [one.tokens for one in answers]
    print(f"\nprocessor time of a question: p50 {median(times):.1f} ms, p95 {tail:.1f} ms")
    print(f"whole results: mean {fmean(sizes):.0f} tokens, most {max(sizes)}")
    texts = [one for answer in answers for one in answer.passages if one.page is None]
    if texts:
        print(f"{100 * fmean(one.start >= 0 for one in texts):.2f} % of {len(texts)} citations of texts are literal")


def show_typos(questions: Sequence[Question], before: Mapping[str, Scores], after: Mapping[str, Scores]) -> None:
    """Print how much of the coverage that typos cost is won back: (new - old) / (clean - old). Clean are the questions
    without their typo, asked of the new version."""
    pairs = [(one.id, one.twin) for one in questions if one.twin in after and one.id in before]
    if not pairs:
        return
    old, new, clean = (
        fmean(scores[name].coverage for name in names)
        for scores, names in (
            (before, [typo for typo, _ in pairs]),
            (after, [typo for typo, _ in pairs]),
            (after, [twin for _, twin in pairs if twin]),
        )
    )
    share = (new - old) / (clean - old) if clean > old else 0.0
    print(f"\n{len(pairs)} typos: coverage {100 * old:.1f} -> {100 * new:.1f}, clean {100 * clean:.1f}: {share:.2f}")
