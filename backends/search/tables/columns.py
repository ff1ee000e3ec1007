"""The column of a table that a question orders, sums or asks for."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from files_api_mcp.backends.search.tables.intents import HINTS, Intent
from files_api_mcp.backends.search.tables.question_words import QuestionWords, terms_of
from files_api_mcp.backends.table_info import TableColumn

__all__ = ["Measure", "measured"]

_NUMBERS = frozenset({"integer", "number"})
_DATES = frozenset({"date", "datetime", "time"})
_IDS = frozenset(terms_of("id no nr number num code sku key index row zip postcode phone extension nummer numéro"))
_YEARS = frozenset(terms_of("year opened founded built since born jahr année año"))
_AGES = frozenset(terms_of("age alter edad âge"))
_NAMED, _HINTED = 2.0, 1.0


class Measure(NamedTuple):
    """A column, whether the question says for sure that it is this one, and whether larger values come first."""

    column: TableColumn
    is_sure: bool
    descending: bool


def measured(
    columns: Sequence[TableColumn], question: QuestionWords, intent: Intent, taken: Collection[str]
) -> Measure | None:
    """The column that an intent is about; None if none fits. `taken` are columns whose values the question names."""
    hints = frozenset(terms_of(HINTS[intent.about]))
    found = [
        (worth, fit, -place)
        for place, column in enumerate(columns)
        if column.name not in taken
        and (worth := _worth(column, question, hints)) > -_NAMED
        and (fit := _fits(column, intent, is_named=worth >= _NAMED)) > 0
        and (fit >= 1 or worth > 0)
    ]
    if not found:
        return None
    best = max(found)
    rivals = [one for one in found if one[:2] == best[:2] and one != best]
    is_typed = intent.about in ("date", "age") and best[1] >= 1
    if rivals and best[0] <= 0 and not is_typed:
        return None
    column = columns[-best[2]]
    is_age = intent.about == "age" and not _terms(column).isdisjoint(_AGES)
    return Measure(column, not rivals and (best[0] > 0 or is_typed), intent.descending is not is_age)


def _worth(column: TableColumn, question: QuestionWords, hints: Collection[str]) -> float:
    """How much the words of a question point to a column."""
    names = _terms(column)
    named = len(names & question.content.keys())
    is_id = column.type in _NUMBERS and not named and not names.isdisjoint(_IDS)
    return _NAMED * named + _HINTED * (not names.isdisjoint(hints)) - _HINTED * is_id


def _fits(column: TableColumn, intent: Intent, *, is_named: bool) -> float:
    """How well the type of a column fits: 0 if it does not."""
    is_number = column.type in _NUMBERS
    if intent.kind in ("sum", "average"):
        return float(is_number)
    if intent.kind == "count":
        return float(is_number and is_named)
    if intent.about in ("date", "age"):
        is_time = is_number and not _terms(column).isdisjoint(_YEARS if intent.about == "date" else _YEARS | _AGES)
        return 1.0 if column.type in _DATES else 0.8 * is_time
    if is_number:
        return 1.0
    return 0.5 * is_named if column.type in _DATES else 0.3 * is_named


def _terms(column: TableColumn) -> frozenset[str]:
    return frozenset(terms_of(column.name.replace("_", " ")))
