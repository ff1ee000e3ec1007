"""Questions that the files asked cannot answer: questions about other files, and about ids that are nowhere."""

import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.ask.questions import Question
from benchmarks.ask.sets.writer import SEED, write_questions

__all__ = ["write_absent_ids", "write_wrong_files"]

_EACH = 100
_NAMED = ("FB", "MM", "OHRpdf", "UDA")
"""Sets of reports: the years of one company, or its report in two sets, may answer the same questions."""
_ALIKE = ("law", "XQ")
"""Sets whose documents are about the same things, or of which each language has one."""
_VAGUE = ("MM",)
"""Sets with questions such as "What is the date of the document?", which are not asked of other files."""
_NAMELESS = ("FB", "COVID")
"""Sets with questions that many documents could answer: only those with a name or an abbreviation are asked."""
_NAME = re.compile(r"\S\s+\W*(?:[A-Z]|\w+[A-Z])")
_OPTION = re.compile(r"--[a-z][a-z-]+")
_IDS = (
    "What is the status of ticket T-{:05}?",
    "When was invoice INV-2026-{:05} paid?",
    "Who signed contract C-{:05}/B?",
    "What does error code E{:05} mean?",
    "Which limit does form 88-{:05} name?",
    "Was shipment XR{:05}QZ delivered?",
    "Summarise clause 97.{:05}.",
    "What did project K-{:05} cost?",
    "Who is employee no. Z{:05}?",
    "Which part has the number PN-{:05}-77?",
)


def write_wrong_files(folder: Path, questions: Sequence[Question], seed: int = SEED) -> Path:
    """Write 100 questions about another file of the same set and 100 about one of another set; returns the folder."""
    draw = random.Random(seed)
    rows = _drawn("wrong-same", questions, draw, _is_other_of_set)
    rows += _drawn("wrong-other", questions, draw, lambda one, other: one.set[:2] != other.set[:2])
    return write_questions(folder / "wrong-files", rows)


def write_absent_ids(folder: Path, questions: Sequence[Question], seed: int = SEED) -> Path:
    """Write 50 questions about ids that no file has; returns the folder."""
    draw = random.Random(seed)
    documents = sorted({question.documents[0] for question in questions})
    rows = [
        {
            "id": f"absent-ids-{number}",
            "set": "absent-ids",
            "question": _IDS[number % len(_IDS)].format(99_999 - 7 * number),
            "doc": draw.choice(documents),
        }
        for number in range(_EACH // 2)
    ]
    return write_questions(folder / "absent-ids", rows)


def _drawn(
    name: str, questions: Sequence[Question], draw: random.Random, fits: Callable[[Question, Question], bool]
) -> list[dict[str, Any]]:
    """Questions, evenly of all sets, each with the document of another question that fits."""
    specific = [question for question in questions if _is_specific(question)]
    sets = sorted({question.set for question in specific})
    rows: list[dict[str, Any]] = []
    while len(rows) < _EACH:
        for set_name in sets:
            one = draw.choice([question for question in specific if question.set == set_name])
            others = [other for other in questions if _is_apart(one, other) and fits(one, other)]
            if others and len(rows) < _EACH:
                document = draw.choice(others).documents[0]
                rows.append({"id": f"{name}-{len(rows)}", "set": name, "question": one.text, "doc": document})
    return rows


def _is_other_of_set(one: Question, other: Question) -> bool:
    return one.set == other.set and not one.set.startswith(_ALIKE)


def _is_specific(question: Question) -> bool:
    """Whether the question is about its document only, as far as its words tell."""
    return question.set not in _VAGUE and (question.set not in _NAMELESS or _NAME.search(question.text) is not None)


def _is_apart(one: Question, other: Question) -> bool:
    """Whether the document of the other question cannot answer this one, as far as names tell."""
    if _owner(one) == _owner(other) or (one.set in _NAMED and other.set in _NAMED and one.set != other.set):
        return False
    return one.set != "manuals" or other.set != "manuals" or not _has_option(one, other)


def _owner(question: Question) -> str:
    """The company of a report, the kind of a policy, or the document itself."""
    stem = Path(question.documents[0]).stem
    return (
        stem.rpartition("-")[0] if question.set == "policies" else stem.split("_")[0] if question.set == "FB" else stem
    )


def _has_option(one: Question, other: Question) -> bool:
    """Whether the other manual has an option of the same name."""
    part = one.evidence[0]
    ((start, end), *_) = part.spans
    heading = Path(part.document).read_text(encoding="utf-8")[start:end].partition("\n")[0]
    text = Path(other.documents[0]).read_text(encoding="utf-8")
    return any(option in text for option in _OPTION.findall(heading))
