"""The rows of a table, held in little memory while the lines of its text are read."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from files_api_mcp.backends.documents.tables.sign_columns import Column, joined_text
from files_api_mcp.backends.documents.tables.table import Row

__all__ = ["HeldRows"]

_END = "\x1f"


class HeldRows:
    """The rows of a table. Of those that have text, the first `titles` are its title, and the next `header` its header.

    Each row is one string, with U+001F between its cells: lists would cost much time, because the garbage collector
    goes through them. `chars` counts their characters.
    """

    def __init__(self, titles: int, header: int) -> None:
        self._titles = titles
        self._header = header
        self._rows: list[str] = []
        self._later: Callable[[], Iterator[str]] = lambda: iter(())
        self._width = 0
        self.chars = 0

    def extend(self, rows: Iterable[Sequence[str]]) -> None:
        """Add the cells of rows, which have no U+001F."""
        added = [_END.join(cells) for cells in rows]
        self._rows += added
        self.chars += sum(map(len, added))

    def extend_later(self, read: Callable[[], Iterable[Sequence[str]]], width: int) -> None:
        """Add rows at the end, of at most so many cells, that are read only when they are needed."""
        self._later = lambda: map(_END.join, read())
        self._width = width

    def further_columns(self, known: set[int]) -> list[int]:
        """The columns that have text, beside those that are known."""
        width = max(self._width, max((row.count(_END) for row in self._rows), default=0) + 1)
        if width == len(known):
            return []
        found: set[int] = set()
        for row in chain(self._rows, self._later()):
            found.update([at for at, cell in enumerate(row.split(_END)) if cell and at not in known])
        return sorted(found)

    def rows(self, columns: Sequence[Column]) -> Iterator[Row]:
        """The rows below the header, without empty ones and those that repeat it."""
        shown = (row for row in chain(self._rows, self._later()) if row.strip(_END))
        header: list[str] = []
        for number, row in enumerate(shown, start=1):
            if self._titles < number <= self._titles + self._header:
                header.append(row)
            elif number > self._titles and row not in header:
                cells = row.split(_END)
                yield number, [joined_text(cells, column) or None for column in columns]
