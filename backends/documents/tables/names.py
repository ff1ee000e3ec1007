"""The names of a document's tables, by which SQL knows them."""

from collections.abc import Iterator
from dataclasses import replace

from files_api_mcp.backends.documents.marks import MarkedText
from files_api_mcp.backends.documents.media_types import ODP, PPTX
from files_api_mcp.backends.documents.tables.table import DocumentTable

__all__ = ["TableNames", "TextTables"]

_LONGEST = 100
_RESERVED = "sqlite_"
"""SQLite keeps names that start with this for itself."""


class TableNames:
    """Gives each table of a document a name that no other one has, whatever the case of its letters."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def unique(self, name: str) -> str:
        """The name, on one line and without control characters, or with `_2`, `_3` ... if it is taken."""
        shown = "".join(char if char.isprintable() else " " for char in name[: 2 * _LONGEST])
        base = " ".join(shown.split())[:_LONGEST].rstrip() or "table"
        if base.casefold().startswith(_RESERVED):
            base = f"_{base}"
        name = base
        while (key := name.casefold()) in self._numbers:
            number = self._numbers[base.casefold()] = self._numbers[base.casefold()] + 1
            name = f"{base}_{number}"
        self._numbers[key] = 1
        return name


class TextTables:
    """Names the tables in the text of a document, whose pages or pieces come in order."""

    def __init__(self, mime_type: str, *, paginated: bool) -> None:
        self._page_word = "slide" if mime_type in (PPTX, ODP) else "page"
        self._paginated = paginated
        self._names = TableNames()
        self._count = 0
        self._last = ""

    def named(self, page: int, text: MarkedText) -> Iterator[tuple[int, int, DocumentTable]]:
        """The tables of a page or piece, with the start and the end of their rows in its text. One without a name gets
        that of its place: its number (from 1) on its page, or in a document without pages. One that continues another
        has its name."""
        for number, (start, end, table) in enumerate(text.tables, start=1):
            if not (table.continues and self._last):
                self._count += 1
                place = f"{self._page_word} {page} table {number}" if self._paginated else f"table {self._count}"
                self._last = self._names.unique(table.name or place)
            yield start, end, replace(table, name=self._last)
