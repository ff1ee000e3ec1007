"""Questions of other sets with one typo: one edit in the longest word."""

import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.ask.questions import Question
from benchmarks.ask.sets.writer import SEED, evidence_rows, write_questions

__all__ = ["with_typo", "write_typos"]

_COUNT = 200
_SHORTEST = 6
_WORD = re.compile(r"[A-Za-z]+")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_OTHER_LANGUAGE = re.compile(r"(?:XQ(?!en)|lang-)")


def write_typos(folder: Path, questions: Sequence[Question], seed: int = SEED) -> Path:
    """Write 200 questions with a typo, evenly of all English sets; returns the folder of the set."""
    draw = random.Random(seed)
    usable = [question for question in questions if not _OTHER_LANGUAGE.match(question.set) and _longest(question.text)]
    draw.shuffle(usable)
    sets = sorted({question.set for question in usable})
    queues = {name: [question for question in usable if question.set == name] for name in sets}
    rows: list[dict[str, Any]] = []
    while len(rows) < _COUNT:
        for queue in queues.values():
            if queue and len(rows) < _COUNT:
                rows.append(_row(queue.pop(), draw))
    return write_questions(folder / "typos", rows)


def _row(question: Question, draw: random.Random) -> dict[str, Any]:
    row = {"id": f"typo-{question.id}", "set": "typos", "question": with_typo(question.text, draw)}
    return row | {
        "docs": list(question.documents),
        "gold": evidence_rows(question.evidence),
        "twin": question.id,
    }


def with_typo(text: str, draw: random.Random) -> str:
    """The text with a letter of its longest word left out, doubled, changed, or swapped with the next one."""
    match = _longest(text)
    if match is None:
        return text
    word = match[0]
    edited = word
    while edited == word:
        at = draw.randrange(1, len(word) - 2)
        edited = draw.choice(
            (
                word[:at] + word[at + 1 :],
                word[:at] + word[at] + word[at:],
                word[:at] + draw.choice(_LETTERS) + word[at + 1 :],
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            )
        )
    return text[: match.start()] + edited + text[match.end() :]


def _longest(text: str) -> re.Match[str] | None:
    words = [match for match in _WORD.finditer(text) if len(match[0]) >= _SHORTEST]
    return max(words, key=lambda match: len(match[0]), default=None)
