"""Question sets: questions about documents, and the evidence that answers them.

A set is a folder with `questions.jsonl`. A line has `id`, `set`, `question`, the document asked as `doc` (a path below
the folder) or several as `docs`, and its evidence: `gold_spans` ([start, end) in code points of the file), or
`gold_pages` (1-based) with optional `gold_text`. A question with several parts has `gold`: a list of evidence, each
with its `doc`. A question that its documents cannot answer has none. `twin` is the id of the question that it was made
from.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["FOLDS", "Evidence", "Question", "read_set", "read_sets"]

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one part of an answer needs: spans of a text, or pages. `words` are the words that count on the pages;
    `reach` is the share of them that the pages' text has."""

    document: str
    spans: tuple[tuple[int, int], ...] = ()
    pages: frozenset[int] = frozenset()
    words: str = ""
    reach: float = 1.0


@dataclass(frozen=True, slots=True)
class Question:
    """A question about documents, which are absolute paths; `evidence` has one item for each part of its answer."""

    id: str
    set: str
    text: str
    documents: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    twin: str | None = None

    @property
    def fold(self) -> int:
        """The fold of its (first) document, 0 to 4: the same on every machine."""
        name = Path(self.documents[0]).name
        return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % FOLDS


def read_sets(folders: Iterable[Path]) -> list[Question]:
    """The questions of several sets.

    Raises:
        ValueError: Two questions have the same id.
    """
    questions = [question for folder in folders for question in read_set(folder)]
    ids = {question.id for question in questions}
    if len(ids) < len(questions):
        raise ValueError("two questions have the same id")
    return questions


def read_set(folder: Path) -> list[Question]:
    """The questions of the set in a folder."""
    lines = (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [_question(folder.resolve(), json.loads(line)) for line in lines if line.strip()]


def _question(folder: Path, row: Mapping[str, Any]) -> Question:
    names: Sequence[str] = row.get("docs") or [row["doc"]]
    gold = row.get("gold") or ([row] if "gold_spans" in row or "gold_pages" in row else [])
    return Question(
        id=row["id"],
        set=row["set"],
        text=row["question"],
        documents=tuple(str(folder / name) for name in names),
        evidence=tuple(_evidence(folder, one) for one in gold),
        twin=row.get("twin"),
    )


def _evidence(folder: Path, row: Mapping[str, Any]) -> Evidence:
    return Evidence(
        document=str(folder / row["doc"]),
        spans=tuple((start, end) for start, end in row.get("gold_spans", ())),
        pages=frozenset(row.get("gold_pages", ())),
        words=" ".join(row.get("gold_text") or ()),
        reach=row.get("reach", 1.0),
    )
