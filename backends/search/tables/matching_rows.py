"""The rows of a table that match a question, found in the index."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import log

from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.page_texts import PageTexts
from files_api_mcp.backends.search.tables.conditions import Condition, conditions_of, header_terms
from files_api_mcp.backends.search.tables.neighbours import with_neighbours
from files_api_mcp.backends.search.tables.question_words import QuestionWords
from files_api_mcp.backends.search.tables.text_rows import TextRow, TextRows
from files_api_mcp.backends.search.tokenizer import terms

__all__ = ["MatchingRows", "matching_rows"]

_JUDGED = 40
"""Passages that rank best, whose rows show what the question names."""
_MOST_PASSAGES = 300
"""Passages that are read for rows that match: about 2,000 rows."""
_SURE = 0.5
"""Rows that hold a smaller share of the question's words, of those that the document has, do not answer it for
sure."""

_COLUMN = 2.0
"""Worth of a word of the question that names a column."""

_NOWHERE = array("I")


@dataclass(frozen=True, slots=True)
class MatchingRows:
    """Rows that hold all conditions, in the order of the document: all of them if they `are_complete`. `shown` are
    those to show, which may be more. `worth` says how much of the question they hold."""

    rows: Sequence[TextRow]
    shown: Sequence[TextRow]
    conditions: Sequence[Condition]
    are_complete: bool
    question: QuestionWords
    worth: float = 0.0


class _Postings:
    """The passages of a document that hold each term of the question."""

    def __init__(self, index: Index, document: Document, question: QuestionWords) -> None:
        self._count = len(document.passages)
        self._own = {
            term: [terms(one, english=document.english) for one in _forms(term, question.words[place])]
            for term, place in question.content.items()
        }
        wanted = {one for forms in self._own.values() for form in forms for one in form}
        self._held = index.postings(document, [*wanted])

    @cached_property
    def passages(self) -> Mapping[str, frozenset[int]]:
        """The passages of each term."""
        return {
            term: frozenset(one for form in forms for one in self._of_form(form)) for term, forms in self._own.items()
        }

    def _of_form(self, form: Sequence[str]) -> frozenset[int]:
        first, *others = (self._held.get(term, _NOWHERE)[0::2] for term in form or [""])
        return frozenset(first).intersection(*others)

    def weight(self, term: str) -> float:
        """How much a term says about a row."""
        held = self.passages.get(term)
        return log(1 + self._count / len(held)) if held else 0.0

    def of(self, condition: Condition, question: QuestionWords) -> frozenset[int] | None:
        """The passages that may hold a condition; None if any may."""
        found: frozenset[int] = frozenset()
        for held in condition.named(question):
            known = [self.passages[term] for term in held if term in self.passages]
            if not known:
                return None
            found |= _together(known)
        return found


def matching_rows(
    index: Index, document: Document, texts: PageTexts, question: str, ranked: Sequence[int]
) -> MatchingRows | None:
    """The rows that the question is about; None if it does not say for sure which. `ranked` are the passages of the
    document that rank best."""
    asked = QuestionWords(question)
    rows = TextRows(document, texts)
    judged = rows.of_passages(ranked[:_JUDGED])
    if not judged:
        return None
    postings = _Postings(index, document, asked)
    conditions = conditions_of(judged, asked, postings.weight)
    named = header_terms(judged)
    while conditions:
        found = _holding(rows, conditions, postings, asked)
        if found.rows:
            worth = _worth(found, postings, named)
            return replace(found, shown=with_neighbours(found.rows, question, rows), worth=worth) if worth else None
        conditions = conditions[:-1]
    return None


def _holding(
    rows: TextRows, conditions: Sequence[Condition], postings: _Postings, question: QuestionWords
) -> MatchingRows:
    """All rows that hold the conditions, of not too many passages."""
    known = [held for one in conditions if (held := postings.of(one, question)) is not None]
    passages = sorted(_together(known)) if known else []
    found = [
        row
        for row in rows.of_passages(passages[:_MOST_PASSAGES])
        if all(one.value(row, question) for one in conditions)
    ]
    return MatchingRows(found, found, conditions, len(passages) <= _MOST_PASSAGES, question)


def _worth(found: MatchingRows, postings: _Postings, named: frozenset[str]) -> float:
    """The weight of what the rows hold of the question; 0 if it is not the most of what this says about a row."""
    question = found.question
    held = {term for one in found.conditions for values in one.named(question) for term in values}
    said = [term for term in question.content if term in held or term not in named]
    worth = sum(postings.weight(term) for term in held)
    whole = sum(map(postings.weight, said))
    if not any(one.spans for one in found.conditions):
        # Words that are only a part of a cell may be there by chance.
        whole *= len(said) / max(1, sum(map(bool, map(postings.weight, said))))
    return worth + _COLUMN * len(question.content.keys() & named - held) if worth >= _SURE * whole else 0.0


def _together(sets: Sequence[frozenset[int]]) -> frozenset[int]:
    """The passages in all sets. A row may go on in the next passage."""
    first, *others = sorted(sets, key=len)
    return frozenset(one for one in first if all({one - 1, one, one + 1} & other for other in others))


def _forms(term: str, word: str) -> list[str]:
    """How a document may write a word of the question: terms of other languages than English keep its ending."""
    return [word, term, f"{term}s", f"{word}s"] if word.isalpha() else [word]
