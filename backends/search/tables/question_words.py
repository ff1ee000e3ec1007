"""The words of a question, and which of them a cell holds."""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

from files_api_mcp.backends.search.ranking.query import is_phrasing
from files_api_mcp.backends.search.tables.intents import is_intent_word
from files_api_mcp.backends.search.tokenizer import is_stop_word, terms

__all__ = ["QuestionWords", "Span", "terms_of"]

_WORD = re.compile(r"\w+(?:[.,'\u2019-]\w+)*|[^\W\d_]")
_MOST_TERMS = 14
"""Terms of the longest cell that a question may name."""
_MOST_CHARS = 160
"""Code points of such a cell."""
_LONG_NUMBER = 3
"""Digits of a number that says by itself which row is meant."""


class Span(NamedTuple):
    """Terms of the question, the last one excluded."""

    first: int
    last: int

    def overlaps(self, other: "Span") -> bool:
        """Whether both have a term."""
        return self.first < other.last and other.first < self.last


class QuestionWords:
    """The terms of a question in order, each with the word that it is of and its place, and what cells hold of them.

    Cells and questions have the same terms whatever their language: those of English words.
    """

    def __init__(self, question: str) -> None:
        self.text = question
        self._cells: dict[str, tuple[Span, ...]] = {}
        self.terms: list[str] = []
        self.words: list[str] = []
        self.places: list[tuple[int, int]] = []
        for found in _WORD.finditer(question):
            own = terms_of(found[0])
            self.terms += own
            self.words += [found[0]] * len(own)
            self.places += [found.span()] * len(own)

    @cached_property
    def content(self) -> Mapping[str, int]:
        """The place of each term that says something about a row."""
        return {
            term: place
            for place, (term, word) in enumerate(zip(self.terms, self.words, strict=True))
            if not (is_stop_word(word) or is_phrasing(word) or is_intent_word(word))
        }

    def whole(self, cell: str) -> tuple[Span, ...]:
        """Where the question names a whole cell."""
        if cell not in self._cells:
            self._cells[cell] = tuple(self._places(cell))
        return self._cells[cell]

    def _places(self, cell: str) -> list[Span]:
        if len(cell) > _MOST_CHARS:
            return []
        wanted = terms_of(cell)
        if not 0 < len(wanted) <= _MOST_TERMS:
            return []
        found: list[Span] = []
        for first, term in enumerate(self.terms):
            if term == wanted[0] and self.terms[first : first + len(wanted)] == wanted:
                span = Span(first, first + len(wanted))
                if self._is_meant(span, cell):
                    found.append(span)
        return found

    def _is_meant(self, span: Span, cell: str) -> bool:
        """Whether these words stand for a value: a stop word, such as May, only if it is written as in the cell."""
        words = self.words[span.first : span.last]
        if len(words) == 1 and is_intent_word(words[0]):
            return False
        if all(is_stop_word(word) for word in words):
            return span.first > 0 and words[0][0].isupper() and cell.startswith(words[0])
        return True

    def is_short_number(self, span: Span) -> bool:
        """Whether these are only digits, and so few that they need the name of their column beside them."""
        term = self.terms[span.first]
        return span.last - span.first == 1 and term[0].isdigit() and len(term.replace(".", "")) < _LONG_NUMBER

    def held(self, cell: str) -> frozenset[str]:
        """The terms that say something about a row, of those in a cell."""
        return frozenset(self.content.keys() & {*terms_of(cell)})

    def named_beside(self, column: str, span: Span) -> bool:
        """Whether the question names a column right before or after these terms."""
        names = frozenset(terms_of(column))
        before, after = self.terms[max(0, span.first - 2) : span.first], self.terms[span.last : span.last + 1]
        return not names.isdisjoint(before) or not names.isdisjoint(after)

    def asks_for(self, column: str, span: Span) -> bool:
        """Whether the question asks for this column of the row with these terms, as in "the manager of Ann"."""
        names = frozenset(terms_of(column))
        return (
            span.first > 1
            and self.words[span.first - 1].casefold() in ("of", "for", "has", "von", "de")
            and self.terms[span.first - 2] in names
        )

    def named(self, column: str) -> int:
        """How many words of a column's name the question has."""
        return len(frozenset(terms_of(column)) & self.content.keys())


def terms_of(text: str) -> list[str]:
    """The terms of a question, a cell or the name of a column, which are compared."""
    return terms(text, english=True, keep_stop_words=True)
