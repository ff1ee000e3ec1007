"""The forty tables: each theme in four dialects, some with titles, totals or a second sheet."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from benchmarks.table_queries.themes import THEMES, Column, Theme, True_, rows_of
from benchmarks.table_queries.writers import DIALECTS, Sheet

__all__ = ["MadeTable", "made_tables"]

_A_THEME = 4
_WITH_SEVERAL_SHEETS = frozenset({"xlsx", "xlsx-codes", "xls", "ods", "json"})
_WITHOUT_TITLES = frozenset({"json", "json-lines"})


@dataclass(frozen=True)
class MadeTable:
    """A table as it really is, and the file that has it. `parties` is a second sheet, or empty."""

    theme: Theme
    dialect: str
    number: int

    @property
    def filename(self) -> str:
        """The name of its file."""
        return f"{self.theme.name}-{self.dialect}-{self.number}.{DIALECTS[self.dialect][0]}"

    @cached_property
    def rows(self) -> list[dict[str, True_]]:
        """Its rows."""
        return rows_of(self.theme, self.number, 60 + 37 * self.number % 240)

    @cached_property
    def parties(self) -> list[dict[str, True_]]:
        """Who is in its rows, with what a second sheet knows of them."""
        if self.dialect not in _WITH_SEVERAL_SHEETS:
            return []
        made = random.Random(f"{self.theme.name} parties {self.number}")
        first = min(row["day"] for row in self.rows)  # type: ignore[type-var]
        return [
            {
                "party": party,
                "tier": made.choice(("gold", "silver", "bronze")),
                "limit": made.randrange(1000, 90_000),
                "since": first - timedelta(days=made.randrange(30, 4000)),  # type: ignore[operator]
            }
            for party in self.theme.parties
        ]

    @property
    def parties_sheet(self) -> str:
        """The name of the second sheet."""
        return f"{self.theme.party}s"

    def content(self) -> bytes:
        """The bytes of its file."""
        has_titles = self.dialect not in _WITHOUT_TITLES and self.number % 3 == 1
        titles = (f"Report on {self.theme.name}", "Draft, for internal use") if has_titles else ()
        has_total = self.dialect not in _WITHOUT_TITLES and self.number % 4 == 2
        sheets = [Sheet("Data", self.theme.columns, self.rows, titles=titles, has_total=has_total)]
        if self.parties:
            sheets.append(Sheet(self.parties_sheet, _party_columns(self.theme), self.parties))
        return DIALECTS[self.dialect][1](sheets, self.theme.currency)


def _party_columns(theme: Theme) -> list[Column]:
    return [
        Column("party", theme.party, "text"),
        Column("tier", "Tier", "text"),
        Column("limit", "Limit", "integer"),
        Column("since", "Since", "date"),
    ]


def made_tables() -> list[MadeTable]:
    """All forty."""
    return list(_tables(THEMES, list(DIALECTS)))


def _tables(themes: Sequence[Theme], dialects: Sequence[str]) -> Iterator[MadeTable]:
    number = 0
    for theme in themes:
        for _ in range(_A_THEME):
            yield MadeTable(theme, dialects[number % len(dialects)], number)
            number += 1


Row = Mapping[str, True_]
