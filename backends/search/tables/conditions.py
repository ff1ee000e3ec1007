"""What the rows that a question is about must hold: the values that it names, by column."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from files_api_mcp.backends.search.tables.question_words import QuestionWords, Span
from files_api_mcp.backends.search.tables.text_rows import TextRow
from files_api_mcp.backends.search.tokenizer import terms

__all__ = ["Condition", "conditions_of", "header_terms"]

Weight = Callable[[str], float]
"""How much a term of the question says about a row: 0 if no row has it."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What a cell of one of the columns holds: words of the question as a whole, or all of some terms."""

    columns: tuple[str, ...]
    spans: tuple[Span, ...] = ()
    terms: frozenset[str] = frozenset()

    def value(self, row: TextRow, question: QuestionWords) -> tuple[str, str] | None:
        """The column and the cell of a row that hold it; None if none does."""
        for column in self.columns:
            cell = row.cells.get(column)
            if cell is not None and self._is_in(cell, question):
                return column, cell
        return None

    def _is_in(self, cell: str, question: QuestionWords) -> bool:
        if self.spans:
            return any(span in self.spans for span in question.whole(cell))
        return self.terms <= question.held(cell)

    def named(self, question: QuestionWords) -> list[frozenset[str]]:
        """The terms that a row has for each of its values, of which one is enough."""
        return [frozenset(question.terms[span.first : span.last]) for span in self.spans] or [self.terms]


def conditions_of(rows: Sequence[TextRow], question: QuestionWords, weight: Weight) -> list[Condition]:
    """The conditions that rows of the best passages show, those that say most first."""
    named = header_terms(rows)
    whole = [*_whole(rows, question, named)]
    covered = {term for one in whole for held in one.named(question) for term in held}
    matching = [row for row in rows if all(one.value(row, question) for one in whole)] or rows
    parts = [*_parts(matching, question, frozenset(question.content.keys() - covered - named), weight)]

    def worth(one: Condition) -> float:
        return max(sum(map(weight, held)) for held in one.named(question))

    return sorted([*whole, *parts], key=worth, reverse=True)


def header_terms(rows: Iterable[TextRow]) -> frozenset[str]:
    """The terms of the names of all columns."""
    names = {name for row in rows for name in row.cells}
    return frozenset(term for name in names for term in terms(name, english=True, keep_stop_words=True))


def _whole(rows: Iterable[TextRow], question: QuestionWords, named: frozenset[str]) -> Iterator[Condition]:
    """Conditions for the whole cells that the question names. Several values of a column are alternatives."""
    found: defaultdict[Span, dict[str, None]] = defaultdict(dict)
    for row in rows:
        for column, cell in row.cells.items():
            for span in question.whole(cell):
                if _says_something(span, column, question, named):
                    found[span][column] = None
    spans: defaultdict[tuple[str, ...], list[Span]] = defaultdict(list)
    for span in _apart(found, question):
        spans[_meant([*found[span]], span, question)].append(span)
    return (Condition(columns, tuple(chosen)) for columns, chosen in spans.items())


def _says_something(span: Span, column: str, question: QuestionWords, named: frozenset[str]) -> bool:
    if question.is_short_number(span):
        return question.named_beside(column, span)
    return span.last - span.first > 1 or question.terms[span.first] not in named


def _apart(found: Mapping[Span, object], question: QuestionWords) -> Iterator[Span]:
    """The longest of the spans that have terms in common."""
    chosen: list[Span] = []
    for span in sorted(found, key=lambda one: (-sum(map(len, question.terms[one.first : one.last])), one)):
        if not any(span.overlaps(one) for one in chosen):
            chosen.append(span)
            yield span


def _meant(columns: Sequence[str], span: Span, question: QuestionWords) -> tuple[str, ...]:
    """Those of the columns with a value that the question means: one that it names beside it, and not the one that it
    asks for."""
    asked = [column for column in columns if not question.asks_for(column, span)] or columns
    beside = [column for column in asked if question.named_beside(column, span)]
    return tuple(beside or asked)


def _parts(
    rows: Iterable[TextRow], question: QuestionWords, wanted: frozenset[str], weight: Weight
) -> Iterator[Condition]:
    """Conditions for further terms that the best row has in its cells."""
    best: dict[str, frozenset[str]] = {}
    most = 0.0
    for row in rows if wanted else ():
        held = {column: found for column, cell in row.cells.items() if (found := question.held(cell) & wanted)}
        worth = sum(map(weight, {term for found in held.values() for term in found}))
        if worth > most:
            best, most = held, worth
    covered: set[str] = set()
    for column, found in sorted(best.items(), key=lambda item: -sum(map(weight, item[1]))):
        if not found <= covered:
            covered |= found
            yield Condition((column,), terms=found)
