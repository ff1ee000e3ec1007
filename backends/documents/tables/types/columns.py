"""Columns of tables: their names and types, and how their cells become values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from files_api_mcp.backends.documents.tables.table import Cell
from files_api_mcp.backends.documents.tables.types.dates import Order
from files_api_mcp.backends.documents.tables.types.survey import ColumnSurvey, TextSurvey
from files_api_mcp.backends.documents.tables.types.values import Notation, values_of
from files_api_mcp.backends.table_info import ColumnType, Value

__all__ = ["Conventions", "TypedColumn", "column_names", "typed_column"]

_RESERVED = "_row"
_LONGEST_NAME = 200
_LONGEST_EXAMPLE = 30


class Conventions(NamedTuple):
    """How a table writes what one column does not prove: its sign of decimals, the order of day and month, and
    whether digits stored as text are numbers."""

    decimal: str
    order: Order
    digits_are_numbers: bool

    @classmethod
    def of(cls, surveys: Sequence[ColumnSurvey], *, has_texts: bool) -> "Conventions":
        """What the other columns of the table prove."""
        decimals = {sign for one in surveys for sign in one.texts.decimals if len(one.texts.decimals) == 1}
        orders = {one.texts.order for one in surveys if one.texts.order in (Order.DAY_MONTH, Order.MONTH_DAY)}
        stored = sum(one.kinds["integer"] + one.kinds["fraction"] for one in surveys)
        return cls(
            decimal=decimals.pop() if len(decimals) == 1 else "",
            order=orders.pop() if len(orders) == 1 else Order.EITHER,
            digits_are_numbers=has_texts or not stored,
        )


@dataclass(frozen=True, slots=True)
class TypedColumn:
    """A column, what is to be said of it, and how its texts are read."""

    name: str
    type: ColumnType
    notes: Sequence[str]
    notation: Notation
    is_simple: bool = False
    """Whether all cells are stored values of its type, texts that are plain integers, or texts that stay texts."""
    is_mixed: bool = False
    """Whether some values are of another type, or integers that SQLite keeps only as texts."""

    def values(self, cells: Sequence[Cell]) -> Sequence[Value]:
        """The values of some of its cells."""
        return values_of(cells, self.type, self.notation, is_simple=self.is_simple)


def column_names(header: Sequence[str]) -> list[str]:
    """A unique name for each column, without control characters. Case does not count in SQL."""
    used = {_RESERVED}
    counts: dict[str, int] = {}
    names: list[str] = []
    for number, text in enumerate(header, start=1):
        shown = "".join(char if char.isprintable() else " " for char in text[: 2 * _LONGEST_NAME])
        wanted = " ".join(shown.split())[:_LONGEST_NAME].rstrip() or f"column_{number}"
        name, count = wanted, counts.get(wanted.lower(), 1)
        while name.lower() in used:
            count += 1
            name = f"{wanted}_{count}"
        counts[wanted.lower()] = count
        used.add(name.lower())
        names.append(name)
    return names


def typed_column(name: str, survey: ColumnSurvey, conventions: Conventions) -> TypedColumn:
    """The type of a column by its cells, and the notes on it.

    A column of texts gets another type only if nearly all of its texts fit that; the others stay texts. One of stored
    values has the type of most.
    """
    return _Judge(name, survey, conventions).column()


class _Judge:
    def __init__(self, name: str, survey: ColumnSurvey, conventions: Conventions) -> None:
        self._name = name
        self._survey, self._texts = survey, survey.texts
        self._conventions = conventions
        self._notes: list[str] = []

    def column(self) -> TypedColumn:
        """The column."""
        stored, texts = self._survey.kinds, self._texts.kinds
        decimal, order = self._decimal(), self._order()
        counts = {
            "number": stored["integer"] + stored["fraction"] + (texts["number"] if decimal else 0),
            "date": sum(stored[kind] + (texts[kind] if order else 0) for kind in ("date", "datetime")),
            "time": stored["time"] + texts["time"],
            "boolean": stored["boolean"] + texts["boolean"],
        }
        kind = max(counts, key=lambda one: counts[one])
        has_stored = any(count for one, count in stored.items() if one != "error")
        if not counts[kind] or not self._fits(counts[kind], has_stored=has_stored):
            return self._text(has_stored=has_stored)
        others = self._everything - counts[kind]
        self._note_others(others)
        self._note_errors()
        found = self._exact(kind, decimal)
        if found in ("integer", "number") and texts["number"]:
            self._note_numbers()
        notation = Notation(decimal, order, has_percents=self._has_percents)
        is_simple = self._is_simple(found)
        # An affinity of SQLite would turn the text of a huge integer into a float.
        is_mixed = others > 0 or self._survey.is_huge
        return TypedColumn(self._name, found, self._notes, notation, is_simple=is_simple, is_mixed=is_mixed)

    @property
    def _everything(self) -> int:
        """How many cells have a value."""
        stored, texts = self._survey.kinds, self._texts.kinds
        return stored.total() - stored["error"] + texts.total() - texts["nothing"] - texts["error"]

    @property
    def _has_percents(self) -> bool:
        """Whether all numbers are percentages. Financial tables often write the sign only in the first and last row."""
        stored, texts = self._survey.kinds, self._texts
        return 0 < texts.percents == texts.kinds["number"] and not stored["integer"] + stored["fraction"]

    def _fits(self, count: int, *, has_stored: bool) -> bool:
        texts, everything = self._texts.kinds, self._everything
        others = everything - count
        if has_stored:
            has_codes = texts["code"] and not self._survey.kinds["fraction"]
            return not has_codes and 2 * others <= everything
        words = min(others, texts["word"])
        return not texts["code"] and 4 * words + 20 * (others - words) <= everything

    def _exact(self, kind: str, decimal: str) -> ColumnType:
        stored, texts = self._survey.kinds, self._texts
        match kind:
            case "number":
                has_decimals = stored["fraction"] or (decimal and (texts.fractions or texts.either[decimal]))
                return "number" if has_decimals else "integer"
            case "date":
                return "datetime" if stored["datetime"] or texts.kinds["datetime"] else "date"
            case "time":
                return "time"
            case _:
                return "boolean"

    def _is_simple(self, kind: ColumnType) -> bool:
        stored, texts = self._survey.kinds, self._texts
        if self._survey.is_huge or self._survey.has_blanks or texts.kinds.total() != texts.kinds["number"]:
            return False
        if kind == "integer":
            return stored.total() == stored["integer"] and texts.plain_integers == texts.kinds["number"]
        are_numbers = stored.total() == stored["integer"] + stored["fraction"]
        return kind == "number" and are_numbers and texts.plain == texts.kinds["number"]

    def _decimal(self) -> str:
        """The sign of decimals; "" if the texts are not to be read as numbers."""
        texts, stored = self._texts, self._survey.kinds
        is_among_numbers = stored["integer"] + stored["fraction"] > 0
        if not texts.kinds["number"] or texts.kinds["code"] or texts.sections.are_sure:
            return ""
        are_stored_as_texts = not (self._conventions.digits_are_numbers or is_among_numbers)
        if are_stored_as_texts and texts.plain_integers == texts.kinds["number"]:
            return ""
        if len(texts.decimals) > 1 or len(texts.currencies) > 1:
            return ""
        return next(iter(texts.decimals), "") or self._conventions.decimal or self._usual_decimal(texts)

    @staticmethod
    def _usual_decimal(texts: TextSurvey) -> str:
        """A dot, unless there are values such as 1.234 beside 850 that may well be thousands."""
        is_doubtful = texts.either["."] and (texts.either[","] or (texts.short and not texts.long))
        return "" if is_doubtful else "."

    def _order(self) -> Order:
        """The order of dates; none if the texts are not to be read as dates."""
        texts = self._texts
        if not (texts.kinds["date"] or texts.kinds["datetime"]) or len(texts.zones) > 1:
            return Order.NONE
        if texts.order != Order.EITHER or not texts.has_open_order:
            return texts.order
        return self._conventions.order if self._conventions.order != Order.EITHER else Order.NONE

    def _text(self, *, has_stored: bool) -> TypedColumn:
        self._note_doubts()
        return TypedColumn(self._name, "text", self._notes, Notation(""), is_simple=not has_stored, is_mixed=has_stored)

    def _note(self, text: str) -> None:
        self._notes.append(f"{self._name}: {text}")

    def _note_doubts(self) -> None:
        """Says why numbers or dates are texts."""
        texts = self._texts
        dates, numbers = texts.kinds["date"] + texts.kinds["datetime"], texts.kinds["number"]
        if 2 * dates > texts.kinds.total() and texts.order in (Order.NONE, Order.EITHER):
            self._note(f"day and month of {self._example('date', 'datetime')} cannot be told apart, so it is text.")
        elif 2 * numbers > texts.kinds.total() and len(texts.currencies) > 1:
            self._note(f"has several currencies ({', '.join(sorted(texts.currencies)[:4])}), so it is text.")
        elif 2 * numbers > texts.kinds.total() and texts.kinds["mixed"] and self._decimal():
            self._note(f"{self._example('mixed')} is no number, so it is text.")
        elif 2 * numbers > texts.kinds.total() and (len(texts.decimals) > 1 or texts.either):
            self._note("thousands and decimals cannot be told apart, so it is text.")

    def _note_others(self, others: int) -> None:
        if others:
            example = self._example("word", "mixed", "code")
            shown = f", such as {example}" if example else ""
            self._note(f"{others} of {self._everything} values are of another type{shown}.")

    def _note_errors(self) -> None:
        texts = self._texts
        count = self._survey.kinds["error"] + texts.kinds["error"]
        if count:
            row, text = self._survey.first_error if self._survey.first_error[0] else texts.examples["error"]
            self._note(f"{count} error{'s are' if count > 1 else ' is'} NULL ({text} in row {row}).")

    def _note_numbers(self) -> None:
        texts = self._texts
        is_proved = texts.decimals or self._conventions.decimal
        if not is_proved and texts.either["."] == texts.kinds["number"]:
            self._note("1.234 is read as 1 and decimals; it may be thousands.")
        if self._has_percents:
            self._note("percent: 12.5% is 0.125.")
        elif texts.percents:
            self._note(f"percent in {texts.percents} of {texts.kinds['number']} values: 12.5% is 12.5.")
        if texts.currencies:
            self._note(f"in {next(iter(texts.currencies))}.")

    def _example(self, *kinds: str) -> str:
        """The first text of these kinds, with its row."""
        found = [self._texts.examples[kind] for kind in kinds if kind in self._texts.examples]
        if not found:
            return ""
        row, text = min(found)
        shown = " ".join(text.split())
        shown = shown if len(shown) <= _LONGEST_EXAMPLE else f"{shown[:_LONGEST_EXAMPLE]}..."
        return f"'{shown}' in row {row}"
