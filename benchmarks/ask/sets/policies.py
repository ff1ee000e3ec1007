"""Policies and terms of ten invented companies, with questions in the clauses' words and in others.

The folder `clauses` has the texts. Each company has a variant of them: of `{a|b}` the first has a, the second b. An
annex repeats half of the clauses for another group of people, with the other values: near-duplicates that look right.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.ask.sets.writer import SetWriter, Span, lower_first

__all__ = ["GENRES", "company", "write_policies"]

_CLAUSES = Path(__file__).with_name("clauses")
_VALUE = re.compile(r"\{([^{}|]*)\|([^{}]*)\}")
_EVIDENCE = re.compile(r"\[\[(.*?)\]\]")
GENRES: Final = {
    "employment": "the branch in Dublin",
    "expenses": "members of the board",
    "privacy": "users of the mobile app",
    "returns": "business customers",
    "service": "customers with the Basic plan",
}
"""The kinds of documents, and the group that the annex of each is for."""


@dataclass(frozen=True, slots=True)
class _Clause:
    """A clause: its title, its text with the evidence in double brackets, and a question in its words and in others."""

    title: str
    text: str
    close: str
    far: str

    def has_values(self) -> bool:
        return _VALUE.search(self.text) is not None


def write_policies(folder: Path) -> Path:
    """Write the set; returns its folder."""
    writer = SetWriter(folder, "policies")
    for genre, group in GENRES.items():
        title, clauses = _read(_CLAUSES / f"{genre}.txt")
        for variant in (0, 1):
            _write_document(writer, genre, variant, _chosen(title, variant), group, clauses)
    return writer.save()


def company(genre: str, variant: int) -> str:
    """The name of the company whose document this is."""
    title, _ = _read(_CLAUSES / f"{genre}.txt")
    return _chosen(title, variant).rpartition(" of ")[2]


def _read(path: Path) -> tuple[str, list[_Clause]]:
    title, *parts = path.read_text(encoding="utf-8").split("\n## ")
    clauses: list[_Clause] = []
    for part in parts:
        heading, text, close, far = part.strip().split("\n")
        clauses.append(_Clause(heading, text, close.removeprefix("= "), far.removeprefix("~ ")))
    return title.removeprefix("# ").strip(), clauses


def _write_document(
    writer: SetWriter, genre: str, variant: int, title: str, group: str, clauses: Sequence[_Clause]
) -> None:
    repeated = [clause for number, clause in enumerate(clauses) if number % 2 == variant and clause.has_values()]
    text, spans = f"# {title}\n", dict[tuple[str, bool], list[Span]]()
    for number, (clause, is_annex) in enumerate(_sections(clauses, repeated), start=1):
        if is_annex and not any(key[1] for key in spans):
            text += f"\n# Annex for {group}\n"
        heading = f"{clause.title} ({group})" if is_annex else clause.title
        text += f"\n## {number}. {heading}\n\n"
        body = _chosen(clause.text, 1 - variant if is_annex else variant)
        plain, found = _without_marks(body)
        spans[clause.title, is_annex] = [(len(text) + start, len(text) + end) for start, end in found]
        text += plain + "\n"
    document = writer.document(f"{genre}-{variant + 1}.{'md' if variant else 'txt'}", text)
    for number, clause in enumerate(clauses):
        question = clause.close if (number // 2 + variant) % 2 else clause.far
        about_annex = clause in repeated and number % 4 == variant
        asked = f"For {group}: {lower_first(question)}"
        evidence = spans[clause.title, about_annex]
        kind = "far" if question == clause.far else "close"
        writer.question(document, asked if about_annex else question, evidence, wording=kind)


def _sections(clauses: Sequence[_Clause], repeated: Sequence[_Clause]) -> Iterator[tuple[_Clause, bool]]:
    yield from ((clause, False) for clause in clauses)
    yield from ((clause, True) for clause in repeated)


def _chosen(text: str, variant: int) -> str:
    return _VALUE.sub(lambda match: match[1 + variant], text)


def _without_marks(text: str) -> tuple[str, list[Span]]:
    """The text without its double brackets, and the spans that they enclosed."""
    plain, spans, at = "", list[Span](), 0
    for match in _EVIDENCE.finditer(text):
        plain += text[at : match.start()]
        spans.append((len(plain), len(plain) + len(match[1])))
        plain, at = plain + match[1], match.end()
    return plain + text[at:], spans
