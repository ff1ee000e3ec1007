"""Answers of a version to question sets, as it wrote them or as it gives them now."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.ask.questions import Question
from benchmarks.ask.scoring import Cited, tokens_of

__all__ = ["Answer", "ask_version", "read_answers", "write_answers"]

_PROGRAM = Path(__file__).with_name("answering.py")
_TOKEN_CHARS = 4


@dataclass(frozen=True, slots=True)
class Answer:
    """A version's answer with a budget in tokens: its passages, best first, and its notes; `chars` counts the whole
    result, `cpu_ms` is the processor time of the call."""

    id: str
    budget: int
    passages: tuple[Cited, ...]
    notes: tuple[str, ...] = ()
    chars: int = 0
    cpu_ms: float = 0.0

    @property
    def tokens(self) -> int:
        """Estimated tokens of the whole result."""
        return self.chars // _TOKEN_CHARS


def ask_version(
    questions: Sequence[Question], budgets: Sequence[int], data: Path, python: str = sys.executable
) -> list[Answer]:
    """Ask the version that is installed for a Python interpreter, through its tools and in a process of its own.

    Its data folder is kept. Versions with other formats need a folder of their own.
    """
    data.mkdir(parents=True, exist_ok=True)
    roots = dict.fromkeys(str(Path(document).parent) for question in questions for document in question.documents)
    with tempfile.TemporaryDirectory() as folder:
        requests, answers = Path(folder, "requests.jsonl"), Path(folder, "answers.jsonl")
        lines = [_request(question, budget) for budget in budgets for question in questions]
        requests.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        flags = [flag for root in roots for flag in ("--root", root)]
        subprocess.run([python, str(_PROGRAM), str(requests), str(answers), "--data", str(data), *flags], check=True)
        return read_answers(answers)


def _request(question: Question, budget: int) -> dict[str, Any]:
    return {"id": question.id, "question": question.text, "documents": question.documents, "budget": budget}


def read_answers(path: Path) -> list[Answer]:
    """Answers that a run wrote."""
    return [_answer(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def _answer(row: Mapping[str, Any]) -> Answer:
    passages = (
        Cited(one["document"], one["text"], one.get("page"), one.get("start", -1), one.get("end", -1))
        for one in row["passages"]
    )
    return Answer(row["id"], row["budget"], tuple(passages), tuple(row["notes"]), row["chars"], row["cpu_ms"])


def write_answers(path: Path, answers: Iterable[Answer]) -> None:
    """Write answers, one a line."""
    with path.open("w", encoding="utf-8") as out:
        for one in answers:
            row = {
                "id": one.id,
                "budget": one.budget,
                "passages": [_written(passage) for passage in one.passages],
                "notes": one.notes,
                "chars": one.chars,
                "cpu_ms": one.cpu_ms,
            }
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def _written(passage: Cited) -> dict[str, Any]:
    place = {"start": passage.start, "end": passage.end} if passage.page is None else {"page": passage.page}
    return {"document": passage.document, **place, "text": passage.text, "tokens": tokens_of(passage.text)}
