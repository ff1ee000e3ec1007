"""Writes a question set: documents, and questions with their evidence."""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.ask.questions import Evidence

__all__ = ["SEED", "SetWriter", "Span", "evidence_rows", "find_text", "lower_first", "write_questions"]

SEED = 20261129
"""The usual seed. Others give other tables, questions and edits, to judge what was chosen on the usual ones."""

Span = tuple[int, int]
_FOLDER = "docs"


class SetWriter:
    """A set that is being written. Spans are [start, end) in code points of a document."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder / name
        self._name = name
        self._rows: list[dict[str, Any]] = []

    def document(self, name: str, text: str) -> str:
        """Write a document; returns its path in the set."""
        path = self._folder / _FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
        return f"{_FOLDER}/{name}"

    def question(self, document: str, text: str, spans: Sequence[Span], **more: Any) -> None:
        """Add a question about a document."""
        number = f"{self._name}-{len(self._rows) + 1:03}"
        row = {"id": number, "set": self._name, "doc": document, "question": text, "gold_spans": spans}
        self._rows.append(row | more)

    def save(self) -> Path:
        """Write the questions; returns the folder of the set."""
        return write_questions(self._folder, self._rows)


def write_questions(folder: Path, rows: Iterable[dict[str, Any]]) -> Path:
    """Write questions.jsonl into a folder; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    (folder / "questions.jsonl").write_text("".join(lines), encoding="utf-8")
    return folder


def find_text(text: str, words: str, start: int = 0) -> Span | None:
    """The first place of these words in a text, whatever the blanks and line ends between them."""
    found = re.compile(r"\s+".join(map(re.escape, words.split()))).search(text, start)
    return None if found is None else found.span()


def evidence_rows(evidence: Iterable[Evidence]) -> list[dict[str, Any]]:
    """Evidence as a question set has it; the documents are absolute paths."""
    rows: list[dict[str, Any]] = []
    for part in evidence:
        if part.spans:
            rows.append({"doc": part.document, "gold_spans": part.spans})
        else:
            words = [part.words] if part.words else []
            pages = {"gold_pages": sorted(part.pages), "gold_text": words, "reach": part.reach}
            rows.append({"doc": part.document} | pages)
    return rows


def lower_first(text: str) -> str:
    """The text as it stands within a sentence."""
    first = text.split(" ", 1)[0]
    return text if first == "I" or not first[1:].islower() else text[0].lower() + text[1:]
