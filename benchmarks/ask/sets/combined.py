"""Questions made from those of other sets: two in one, about one file or two, and about many files at once."""

import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.ask.questions import Question
from benchmarks.ask.sets.policies import company
from benchmarks.ask.sets.writer import SEED, evidence_rows, lower_first, write_questions

__all__ = ["write_many_files", "write_two_files", "write_two_parts"]

_EACH = 18
_FILES = 20
_JOINED = ("{} And {}", "{} Also, {}", "Two questions. {} And {}", "{} Besides, {}")
_AMBIGUOUS = ("law",)
"""Sets whose documents have clauses about the same things: their questions name no document."""


def write_two_parts(folder: Path, questions: Sequence[Question], seed: int = SEED) -> Path:
    """Write questions with two parts about one file; returns the folder of the set."""
    draw = random.Random(seed)
    rows: list[dict[str, Any]] = []
    for name, of_set in _by_set(questions).items():
        for _ in range(_EACH):
            one = draw.choice(of_set)
            other = draw.choice([q for q in of_set if q.documents == one.documents and q.evidence != one.evidence])
            rows.append(_joined(f"two-parts-{name}-{len(rows)}", "two-parts", one, other, draw))
    return write_questions(folder / "two-parts", rows)


def write_two_files(folder: Path, questions: Sequence[Question], seed: int = SEED) -> Path:
    """Write questions with two parts about two files of any sets; returns the folder of the set."""
    draw = random.Random(seed)
    certain = [question for question in questions if question.set not in _AMBIGUOUS]
    rows: list[dict[str, Any]] = []
    while len(rows) < 4 * _EACH:
        one, other = draw.sample(certain, 2)
        if _genre(one) != _genre(other):
            rows.append(_joined(f"two-files-{len(rows)}", "two-files", one, other, draw))
    return write_questions(folder / "two-files", rows)


def write_many_files(folder: Path, questions: Sequence[Question], seed: int = SEED) -> Path:
    """Write questions about many files of the sets at once, which name the file that they mean; returns the folder."""
    draw = random.Random(seed)
    documents = sorted({document for question in questions for document in question.documents})
    rows: list[dict[str, Any]] = []
    for of_set in _by_set(questions).values():
        for question in draw.sample(of_set, _EACH):
            gold = evidence_rows(question.evidence)
            others = [document for document in documents if document not in question.documents]
            asked = sorted([*question.documents, *draw.sample(others, min(len(others), _FILES - 1))])
            row = {"id": f"many-files-{len(rows)}", "set": "many-files", "question": _with_name(question)}
            rows.append(row | {"docs": asked, "gold": gold})
    return write_questions(folder / "many-files", rows)


def _by_set(questions: Iterable[Question]) -> Mapping[str, list[Question]]:
    found: dict[str, list[Question]] = {}
    for question in questions:
        found.setdefault(question.set, []).append(question)
    return found


def _genre(question: Question) -> str:
    """The name of its document without the number of the company."""
    return Path(question.documents[0]).stem.rstrip("-12")


def _joined(name: str, set_name: str, one: Question, other: Question, draw: random.Random) -> dict[str, Any]:
    text = draw.choice(_JOINED).format(one.text, lower_first(other.text))
    documents = list(dict.fromkeys(one.documents + other.documents))
    gold = evidence_rows(one.evidence + other.evidence)
    return {"id": name, "set": set_name, "question": text, "docs": documents, "gold": gold}


def _with_name(question: Question) -> str:
    """The question, with the name of the company, program or licence that it is about."""
    stem = Path(question.documents[0]).stem
    if question.set == "policies":
        genre, _, number = stem.rpartition("-")
        return f"At {company(genre, int(number) - 1)}: {lower_first(question.text)}"
    if question.set == "tables":
        return question.text
    return f"{stem}: {lower_first(question.text)}"
