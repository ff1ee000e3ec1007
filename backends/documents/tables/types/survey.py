"""What the cells of a column are, counted row by row."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time
from functools import lru_cache

from files_api_mcp.backends.documents.tables.table import Cell, CellError
from files_api_mcp.backends.documents.tables.types.dates import DateText, Order, date_text
from files_api_mcp.backends.documents.tables.types.numbers import NumberText, number_shapes, number_text
from files_api_mcp.backends.documents.tables.types.section_numbers import SectionNumbers
from files_api_mcp.backends.documents.tables.types.totals import Totals

__all__ = ["BOOLEANS", "ERRORS", "ColumnSurvey", "TextSurvey", "is_nothing"]

_NOTHING = frozenset("n/a n.a. n.a n/m n.m. na nm nil null none nan n/v k.a. #n/a".split())
ERRORS = frozenset("#div/0! #ref! #value! #name? #num! #null! #calc! #spill! #getting_data #field! err:502".split())
BOOLEANS = {"true": 1, "false": 0}
_TEXTS_JUDGED = 5000
_DIGITS = frozenset("0123456789")
_LARGEST = 2**63 - 1


class TextSurvey:
    """The texts of a column.

    `kinds` counts "number", "code", "date", "datetime", "time", "boolean", "nothing", "error", "word" (without digits)
    and "mixed". `examples` are the row and text of the first of a kind.
    """

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()
        self.examples: dict[str, tuple[int, str]] = {}
        self.decimals: Counter[str] = Counter()
        self.either: Counter[str] = Counter()
        self.currencies: Counter[str] = Counter()
        self.percents = self.fractions = self.plain_integers = self.plain = self.short = self.long = 0
        self.order = Order.EITHER
        self.has_open_order = False
        self.zones: set[str] = set()
        self.sections = SectionNumbers()
        self._is_text = False

    def add(self, rows: Sequence[int], texts: Sequence[str]) -> None:
        """Count the texts of some rows. None is empty."""
        if self._is_text:
            self.kinds["word"] += len(texts)
            return
        self.sections.add(texts)
        shapes = number_shapes(texts)
        others: set[str] = set()
        for shape, count in Counter(shapes).items():
            written = number_text(shape)
            if written is None:
                others.add(shape)
                continue
            self._add_number(written, count)
            if written.is_code and "code" not in self.examples:
                self.examples["code"] = (rows[shapes.index(shape)], texts[shapes.index(shape)])
        if others:
            for row, text, shape in zip(rows, texts, shapes, strict=True):
                if shape in others:
                    self._add_other(row, text)
        words = self.kinds["word"] + self.kinds["mixed"]
        self._is_text = words > _TEXTS_JUDGED and 2 * words > self.kinds.total()

    def _add_number(self, written: NumberText, count: int) -> None:
        self.kinds["code" if written.is_code else "number"] += count
        if written.decimal:
            self.decimals[written.decimal] += count
        if written.either:
            self.either[written.either] += count
        if written.currency:
            self.currencies[written.currency] += count
        self.percents += count if written.is_percent else 0
        self.fractions += count if written.is_fraction else 0
        self.plain += count if written.is_plain else 0
        if written.is_plain and not written.is_fraction:
            self.plain_integers += count
            self.short += count if written.size <= 3 else 0
            self.long += count if written.size > 3 else 0

    def _add_other(self, row: int, text: str) -> None:
        kind, found = _other(text)
        self.kinds[kind] += 1
        if found is not None:
            # Operations of enums take long.
            self.order = self.order if self.order == found.order else self.order & found.order
            self.has_open_order = self.has_open_order or found.by_day != found.by_month
            if kind == "datetime" and len(self.zones) < 2:
                self.zones.add(found.zone)
        self.examples.setdefault(kind, (row, text))


def is_nothing(lowered: str) -> bool:
    """Whether a text, in lower case, stands for no value among numbers and dates, such as a dash or n/a."""
    return lowered in _NOTHING or not any(map(str.isalnum, lowered))


@lru_cache(maxsize=16_384)
def _other(text: str) -> tuple[str, DateText | None]:
    """The kind of a text that is no number, and the date in it."""
    if not _DIGITS.isdisjoint(text):
        found = date_text(text)
        return (found.type, found) if found else ("error" if text.lower() in ERRORS else "mixed", None)
    lowered = text.lower()
    if is_nothing(lowered):
        return "nothing", None
    if lowered in ERRORS:
        return "error", None
    return "boolean" if lowered in BOOLEANS else "word", None


class ColumnSurvey:
    """The cells of a column.

    `kinds` counts "integer", "fraction", "boolean", "date", "datetime", "time" and "error" among the stored values;
    texts are counted in `texts`, and `totals` are the rows whose text says that they are a total.
    """

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()
        self.texts = TextSurvey()
        self.first_error = (0, "")
        self.totals = Totals()
        self.is_huge = self.has_blanks = False

    @property
    def has_words(self) -> bool:
        """Whether some cells are words, and not only values written as texts."""
        return self.texts.kinds["word"] + self.texts.kinds["mixed"] > 0

    def add(self, rows: Sequence[int], cells: Sequence[Cell]) -> None:
        """Count the cells of some rows."""
        types = set(map(type, cells))
        if str in types:
            self._add_texts(rows, cells)
        if int in types:
            numbers = [cell for cell in cells if type(cell) is int]
            self.kinds["integer"] += len(numbers)
            self.is_huge = self.is_huge or max(max(numbers), -min(numbers)) > _LARGEST
        if float in types:
            numbers = [cell for cell in cells if type(cell) is float]
            whole = sum(map(float.is_integer, numbers))
            self.kinds["integer"] += whole
            self.kinds["fraction"] += len(numbers) - whole
            self.is_huge = self.is_huge or (whole > 0 and max(map(abs, numbers)) > _LARGEST)
        if date in types:
            self.kinds["date"] += sum(type(cell) is date for cell in cells)
        if not types <= _USUAL:
            self._add_others(rows, cells)

    def _add_texts(self, rows: Sequence[int], cells: Sequence[Cell]) -> None:
        texts = [cell.strip() if type(cell) is str else "" for cell in cells]
        if not all(texts):
            self.has_blanks = self.has_blanks or any(isinstance(cell, str) and cell.isspace() for cell in cells)
            rows = [row for row, text in zip(rows, texts, strict=True) if text]
            texts = [text for text in texts if text]
        if not texts:
            return
        self.texts.add(rows, texts)
        self.totals.add(rows, texts)

    def _add_others(self, rows: Sequence[int], cells: Sequence[Cell]) -> None:
        for row, cell in zip(rows, cells, strict=True):
            match cell:
                case bool():
                    self.kinds["boolean"] += 1
                case datetime():
                    self.kinds["datetime" if cell.time() != time.min else "date"] += 1
                case time():
                    self.kinds["time"] += 1
                case CellError():
                    self.kinds["error"] += 1
                    self.first_error = self.first_error if self.first_error[0] else (row, cell.text)
                case _:
                    pass


_USUAL = {str, int, float, date, type(None)}
