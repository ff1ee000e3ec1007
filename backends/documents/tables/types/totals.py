"""Tells which rows sum up others, by their labels."""

import re
from collections.abc import Iterator, Sequence

__all__ = ["Totals", "is_sure_total", "total_rows", "totals_note"]

_NAMES = r"(?:grand |sub-?|net )?totals?|(?:gesamt|zwischen)?summe|gesamtergebnis|gesamt|insgesamt"
_SURE = rf"(?:{_NAMES}|suma?|.*\btotals?):?$"
"""It says nothing else, or ends with it, as in pivot tables: North Total."""
_TOTAL = re.compile(rf"^(?:(?:{_NAMES})\b|{_SURE})", re.IGNORECASE | re.MULTILINE)
_SURE_TOTAL = re.compile(_SURE, re.IGNORECASE)
_WORDS = ("total", "summe", "gesamt", "\nsum")
_MOST = 100
_MOST_NAMED = 5
_LONGEST_LABEL = 60
_NOTE = re.compile(r"Rows? ([0-9, ]+)(?: and [0-9]+ more)? looks? like (?:a total|totals)\.")


def is_sure_total(text: str) -> bool:
    """Whether a text can be nothing but the label of a total. One that begins like it may be the name of a firm."""
    return len(text) < _LONGEST_LABEL and _SURE_TOTAL.match(text) is not None


class Totals:
    """The rows whose cell in a column says that they are a total: `first` if it only begins so, which counts in the
    first column with texts, and `sure` if it says nothing else."""

    def __init__(self) -> None:
        self.first: list[int] = []
        self.sure: list[int] = []

    def add(self, rows: Sequence[int], texts: Sequence[str]) -> None:
        """Look at the texts of some rows."""
        if len(self.first) >= _MOST or not _may_have_total("\n".join(texts)):
            return
        for row, text in zip(rows, texts, strict=True):
            if len(text) < _LONGEST_LABEL and _TOTAL.match(text):
                self.first.append(row)
                if is_sure_total(text):
                    self.sure.append(row)


def _may_have_total(lines: str) -> bool:
    # To look for words takes a fraction of the time of the pattern.
    folded = f"\n{lines.casefold()}"
    return any(word in folded for word in _WORDS) and _TOTAL.search(lines) is not None


def totals_note(columns: Iterator[Totals]) -> list[str]:
    """Says which rows look like totals, by the columns that have texts."""
    first = next(columns, None)
    totals = sorted({*(first.first if first else ()), *(row for one in columns for row in one.sure)})
    if not totals:
        return []
    if len(totals) == 1:
        return [f"Row {totals[0]} looks like a total."]
    more = f" and {len(totals) - _MOST_NAMED} more" if len(totals) > _MOST_NAMED else ""
    return [f"Rows {', '.join(map(str, totals[:_MOST_NAMED]))}{more} look like totals."]


def total_rows(note: str) -> list[int] | None:
    """The rows that a note of `totals_note` names; [] if it is another note, None if it does not name all."""
    found = _NOTE.fullmatch(note)
    if found is None:
        return []
    return None if " more " in note else [int(row) for row in found[1].split(",")]
