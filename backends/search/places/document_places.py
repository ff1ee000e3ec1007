"""DocumentPlaces: finds positions in an indexed document by line, row, section and sheet, and the other way round.

A position counts the code points before it in the whole text: all pages or pieces, one after another.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

from files_api_mcp.backends.documents.marks import Heading, Hidden, Row, Sheet, Table
from files_api_mcp.backends.search.index.rows import Document, StoredPage
from files_api_mcp.backends.search.places.lines import count_line_ends, line_start, start_of_line
from files_api_mcp.backends.search.places.outline import Outline

__all__ = ["DocumentPlaces", "Span"]


@dataclass(frozen=True, slots=True)
class Span:
    """A range of positions, the end excluded. `pages` are the first and the last one of whole pages, which may be
    empty."""

    start: int
    end: int
    pages: tuple[int, int] | None = None


class DocumentPlaces:
    """The places of one document. `page` loads a page or piece, and `labels` are the page labels that differ from the
    page numbers."""

    def __init__(
        self,
        document: Document,
        mime_type: str,
        outline: Outline,
        page: Callable[[int], StoredPage],
        labels: Mapping[int, str],
    ) -> None:
        self.document = document
        self.mime_type = mime_type
        self.outline = outline
        self.labels = labels
        self.page = page
        self._starts = array("Q", accumulate(document.sizes, initial=0))

    @property
    def length(self) -> int:
        """The length of the whole text."""
        return self._starts[-1]

    def position(self, page: int, offset: int) -> int:
        """The position of an offset on a page (from 1)."""
        return self._starts[page - 1] + offset

    def page_of(self, position: int) -> int:
        """The page or piece (from 1) with this position; the last one for the end of the text."""
        return max(1, min(bisect_right(self._starts, position), len(self.document.sizes)))

    def page_span(self, page: int) -> Span:
        """The positions of a page."""
        return Span(self._starts[page - 1], self._starts[page])

    @cached_property
    def entry_positions(self) -> "array[int]":
        """The position of each entry of the outline."""
        entries = self.outline.entries
        # An outline is checked against its own row, not against the pages: offsets stay inside the text.
        found = (
            min(self.position(min(one.page, len(self.document.sizes)), one.offset), self.length) for one in entries
        )
        return array("Q", found)

    def entry_span(self, index: int) -> Span:
        """The positions from an entry of the outline to the one that ends it."""
        end = self.outline.ends[index]
        return Span(self.entry_positions[index], self.length if end is None else self.entry_positions[end])

    def entry_at(self, position: int) -> int | None:
        """The index of the last entry that starts at or before the position."""
        index = bisect_right(self.entry_positions, position) - 1
        return index if index >= 0 else None

    def is_one_part(self, start: int, end: int) -> bool:
        """Whether one section, sheet or part of a message holds the whole range."""
        if len(self.split(start, end)) > 1:
            return False
        first, last = self.entry_at(start), self.entry_at(max(start, end - 1))
        return first == last or (first is not None and self._contains(first, last))

    def _contains(self, first: int, last: int | None) -> bool:
        """Whether a section that holds the entry `first` holds the entry `last`."""
        index: int | None = first
        while index is not None and last is not None:
            end = self.outline.ends[index]
            if end is None or end > last:
                return True
            index = self.outline.parents[index]
        return False

    def split(self, start: int, end: int) -> list[tuple[int, int]]:
        """A range, split where a sheet or a part of a message starts."""
        first, last = bisect_right(self.entry_positions, start), bisect_left(self.entry_positions, end)
        cuts = [self.entry_positions[index] for index in range(first, last) if not self.is_section(index)]
        return [*pairwise(dict.fromkeys([start, *cuts, end]))] or [(start, end)]

    def is_section(self, index: int) -> bool:
        """Whether an entry of the outline is a heading."""
        return isinstance(self.outline.entries[index].mark, Heading)

    def line(self, position: int) -> int:
        """The number of line ends before a position: in the document, or on its page if there are pages."""
        number, text, offset = self._found(position)
        before = 0 if self.document.paginated else self.outline.first_lines[number - 1]
        return before + count_line_ends(text, 0, offset)

    def line_start(self, position: int) -> int:
        """The position at which the line of a position starts; of a very long line, where its piece starts."""
        number, text, offset = self._found(position)
        return self.position(number, line_start(text, offset))

    def position_of_line(self, line: int, page: int | None = None) -> int:
        """The position at which a line (from 0) starts: of a page, or of a document without pages."""
        if page is not None:
            return self.position(page, start_of_line(self.page(page).text, line))
        first_lines = self.outline.first_lines
        number = bisect_left(first_lines, line) + 1
        if number > len(first_lines) or first_lines[number - 1] != line:
            number = max(1, number - 1)
        return self.position(number, start_of_line(self.page(number).text, line - first_lines[number - 1]))

    def row(self, position: int) -> int | None:
        """The row of the line with a position; 0 for the line with the name of a sheet, None if there are no rows."""
        number, text, offset = self._found(position)
        found: tuple[int, Row] | None = None
        for at, mark in self.page(number).marks:
            if at > offset:
                break
            if isinstance(mark, Row):
                found = at, mark
        return None if found is None else found[1].number + count_line_ends(text, found[0], offset)

    def next_row(self, start: int, end: int) -> int | None:
        """The first row that a mark names between two positions."""
        number, _, offset = self._found(start)
        base = self.page_span(number).start
        rows = (
            mark.number
            for at, mark in self.page(number).marks
            if at > offset and isinstance(mark, Row) and at + base < end
        )
        return next((row for row in rows if row), None)

    def position_of_row(self, row: int, within: Span) -> int:
        """The position at which a row starts, or the next one after it, between these positions."""
        low, high = self.page_of(within.start) + 1, self.page_of(max(within.start, within.end - 1))
        while low <= high:
            middle = (low + high) // 2
            if (self.row(self.page_span(middle).start) or 0) < row:
                low = middle + 1
            else:
                high = middle - 1
        for number in (low - 1, low):
            found = self._row_on_page(row, number, within) if number <= len(self.document.sizes) else None
            if found is not None:
                return min(found, within.end)
        return within.end

    def table(self, position: int) -> Table | None:
        """The table with the row at a position."""
        number, _, offset = self._found(position)
        found: Table | None = None
        for at, mark in self.page(number).marks:
            if at > offset:
                break
            if isinstance(mark, Table):
                found = mark
        return found if found is not None and found.header is not None else None

    def hidden(self, start: int, end: int) -> str | None:
        """What hides a part of a range of one page; None if all of it is visible."""
        number, _, offset = self._found(start)
        base = self.page_span(number).start
        held: str | None = None
        for at, mark in self.page(number).marks:
            if base + at >= end or (at > offset and held):
                break
            if isinstance(mark, Hidden):
                held = mark.what
        return held

    def sheet(self, index: int) -> Sheet | None:
        """The sheet at an index of the outline."""
        mark = self.outline.entries[index].mark
        return mark if isinstance(mark, Sheet) else None

    def _found(self, position: int) -> tuple[int, str, int]:
        number = self.page_of(position)
        return number, self.page(number).text, position - self._starts[number - 1]

    def _row_on_page(self, row: int, number: int, within: Span) -> int | None:
        """The position of the first line on a page that has this row or a later one."""
        page, base = self.page(number), self.page_span(number).start
        rows = [(at, mark.number) for at, mark in page.marks if isinstance(mark, Row)]
        for (at, first), (after, _) in pairwise([*rows, (len(page.text), 0)]):
            if base + after <= within.start or base + at >= within.end:
                continue
            skipped = max(0, row - first)
            found = at + start_of_line(page.text[at:after], skipped)
            if first + count_line_ends(page.text, at, found) >= row and found < after:
                return max(within.start, base + found)
        return None
