"""Policies and terms of ten invented companies, with questions in the clauses' words and in others.

The folder `clauses` has the texts. Each company has a variant of them: of `{a|b}` the first has a, the second b. An
annex repeats half of the clauses for another group of people, with the other values: near-duplicates that look right.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.ask.sets.writer import SEED, SetWriter, Span, lower_first

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


def write_policies(folder: Path, seed: int = SEED) -> Path:
    """Write the set; returns its folder. An even seed asks in close words what an odd one asks in others."""
    writer = SetWriter(folder, "policies")
    for genre, group in GENRES.items():
        title, clauses = _read(_CLAUSES / f"{genre}.txt")
        for variant in (0, 1):
            repeated = [one for number, one in enumerate(clauses) if number % 2 == variant and one.has_values()]
            sections = [(one, False) for one in clauses] + [(one, True) for one in repeated]
            text, spans = _document(_chosen(title, variant), sections, variant, group)
            document = writer.document(f"{genre}-{variant + 1}.{'md' if variant else 'txt'}", text)
            for number, clause in enumerate(clauses):
                is_far = (number // 2 + variant + seed) % 2 == 1
                about_annex = clause in repeated and (number // 2 + seed) % 2 == 1
                question = clause.far if is_far else clause.close
                asked = f"For {group}: {lower_first(question)}" if about_annex else question
                kind = "far" if is_far else "close"
                writer.question(document, asked, spans[clause, about_annex], wording=kind)
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


def _document(
    title: str, sections: Sequence[tuple[_Clause, bool]], variant: int, group: str
) -> tuple[str, dict[tuple[_Clause, bool], list[Span]]]:
    """The text of these clauses, of which some are the annex's, and the spans of their evidence."""
    text = f"# {title}\n"
    spans: dict[tuple[_Clause, bool], list[Span]] = {}
    was_annex = False
    for number, (clause, is_annex) in enumerate(sections, start=1):
        if is_annex and not was_annex:
            text += f"\n# Annex for {group}\n"
        was_annex = is_annex
        heading = f"{clause.title} ({group})" if is_annex else clause.title
        text += f"\n## {number}. {heading}\n\n"
        plain, found = _without_marks(_chosen(clause.text, 1 - variant if is_annex else variant))
        spans[clause, is_annex] = [(len(text) + start, len(text) + end) for start, end in found]
        text += plain + "\n"
    return text, spans


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
