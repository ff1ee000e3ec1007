"""Evaluates answers to question sets through the real tools, beside SQLite FTS5 with bm25() over the same passages.

    python -m benchmarks.ask SET ... --data FOLDER --out ours.jsonl --peer
    python -m benchmarks.ask SET ... --data OTHER --out old.jsonl --python /path/to/old/.venv/bin/python
    python -m benchmarks.ask SET ... --answers ours.jsonl --compare old.jsonl

A SET is a folder with `questions.jsonl` (see benchmarks/ask/questions.py). The data folder is kept: its documents are
indexed once. A version with another format needs another one.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.ask.answers import Answer, ask_version, read_answers, write_answers
from benchmarks.ask.comparison import differences
from benchmarks.ask.corpus import Corpus
from benchmarks.ask.peer import peer_answers
from benchmarks.ask.questions import Question, read_sets
from benchmarks.ask.report import scored, show_differences, show_flags, show_scores, show_times, show_typos
from benchmarks.ask.scoring import Scores

_BUDGETS = (1500, 500)


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask or read answers, and print their tables."""
    options = _options(arguments)
    questions = read_sets(options.sets)
    with tempfile.TemporaryDirectory() as folder:
        data: Path = options.data or Path(folder)
        if options.answers:
            answers = read_answers(options.answers)
        else:
            answers = ask_version(questions, options.budgets, data, options.python)
        if options.out:
            write_answers(options.out, answers)
        peer = peer_answers(Corpus.of(questions, data), questions) if options.peer else None
    before = read_answers(options.compare) if options.compare else []
    for budget in options.budgets:
        scores = _show(questions, _of(answers, budget), budget, _of(before, budget))
        if peer is not None:
            theirs = scored(questions, peer, budget)
            show_scores(f"FTS5, {budget}", questions, theirs)
            show_differences("from FTS5", differences(questions, theirs, scores))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path, nargs="+", metavar="SET")
    parser.add_argument("--data", type=Path, help="the data folder; without it, a temporary one")
    parser.add_argument("--out", type=Path, help="write the answers to this file, one a line")
    parser.add_argument("--answers", type=Path, help="score the answers of an earlier run instead of asking")
    parser.add_argument("--compare", type=Path, help="print the differences from the answers of another run")
    parser.add_argument("--python", default=sys.executable, help="the interpreter of another version, to ask that one")
    parser.add_argument("--budgets", type=int, nargs="+", default=_BUDGETS, metavar="TOKENS")
    parser.add_argument("--peer", action="store_true", help="also run SQLite FTS5 with bm25()")
    return parser.parse_args(arguments)


def _of(answers: Sequence[Answer], budget: int) -> dict[str, Answer]:
    return {answer.id: answer for answer in answers if answer.budget == budget}


def _show(
    questions: Sequence[Question], answers: Mapping[str, Answer], budget: int, before: Mapping[str, Answer]
) -> dict[str, Scores]:
    """Print the tables of the answers with a budget; returns their scores."""
    scores = scored(questions, {one.id: one.passages for one in answers.values()}, budget)
    show_scores(f"{budget} tokens", questions, scores)
    show_times([answers[question.id] for question in questions])
    show_flags(questions, answers)
    if before:
        old = scored(questions, {one.id: one.passages for one in before.values()}, budget)
        show_differences("from before", differences(questions, old, scores))
        show_typos(questions, old, scores)
    return scores


if __name__ == "__main__":
    main()
