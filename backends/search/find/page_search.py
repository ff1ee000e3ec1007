"""Searches the pages of one document, also over their ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from files_api_mcp.backends.search.find.candidates import Pages
from files_api_mcp.backends.search.find.folding import Folded
from files_api_mcp.backends.search.find.plan import Plan
from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.rows import Document

__all__ = ["Hit", "Matcher", "PageSearch"]


class Matcher(Protocol):
    """A phrase or a regular expression. A match that goes over the end of a page has at most `reach` characters on each
    side; `crosses_pages` is False if pages are searched one by one."""

    crosses_pages: bool
    reach: int

    @property
    def plan(self) -> Plan:
        """The words that a page with a match holds."""
        ...

    def fold(self, text: str) -> Folded:
        """The form of a text that the other methods take."""
        ...

    def spans(self, folded: Folded) -> Iterator[tuple[int, int]]:
        """The [start, end) of each match in the text that was folded."""
        ...

    def may_begin(self, page: Folded) -> bool:
        """Whether a match may begin at the end of a page and go on over it."""
        ...

    def may_end(self, page: Folded) -> bool:
        """Whether a match that begins on the page before may end at the start of a page."""
        ...


@dataclass(frozen=True, slots=True)
class Hit:
    """A match, from an offset on a page to one on the same or the next page."""

    page: int
    start: int
    last_page: int
    end: int


class PageSearch:
    """Finds the matches of one document. `pages_read` counts the pages that it looked at."""

    def __init__(self, index: Index, document: Document, matcher: Matcher) -> None:
        self._index = index
        self._document = document
        self._matcher = matcher
        self._read = lru_cache(3)(self._load)  # the next page is looked at twice
        self._crosses = matcher.crosses_pages or not document.paginated
        self.pages_read = 0

    def text(self, page: int) -> str:
        """The text of a page."""
        return self._read(page)[0]

    @property
    def separator(self) -> str:
        """What is between two pages. A text without pages goes on in the next piece."""
        return "\n" if self._document.paginated else ""

    def hits(self, pages: Pages, first: int, last_page: int | None = None) -> Iterator[Hit | int]:
        """The matches from a page up to one, in order, and the number of each page after its matches."""
        count = min(len(self._document.sizes), last_page or len(self._document.sizes))
        whole = pages.whole if pages.whole is not None else range(1, count + 1)
        before = {page - 1 for page in whole} if self._crosses else set[int]()
        done = 0  # where a match from the page before ends
        for page in sorted({*whole, *pages.broken, *before}):
            if not first <= page <= count:
                continue
            last = 0
            if page in whole:
                for start, end in self._matcher.spans(self._read(page)[1]):
                    if start >= done:
                        yield Hit(page, start, page, end)
                        last = end
            floor, done = max(last, done), 0
            if self._crosses and page < count and self._may_cross(page, page in whole, page + 1 in whole, pages):
                for hit in self._over_end(page, floor):
                    yield hit
                    done = hit.end
            yield page

    def _may_cross(self, page: int, is_whole: bool, is_next_whole: bool, pages: Pages) -> bool:  # noqa: FBT001
        if page in pages.broken:
            return True
        if is_whole and self._matcher.may_begin(self._read(page)[1]):
            return True
        return is_next_whole and self._matcher.may_end(self._read(page + 1)[1])

    def _over_end(self, page: int, start: int) -> Iterator[Hit]:
        """The match that goes over the end of a page and begins at an offset or after it."""
        text, after = self.text(page), self.text(page + 1)
        bare = len(text.rstrip())
        start = max(start, bare - self._matcher.reach)
        head = after[: len(after) - len(after.lstrip()) + self._matcher.reach]
        tail = text[start:]
        border = len(tail) + len(self.separator)
        for first, last in self._matcher.spans(self._matcher.fold(tail + self.separator + head)):
            if first < len(tail) and last > border:
                yield Hit(page, start + first, page + 1, last - border)

    def _load(self, page: int) -> tuple[str, Folded]:
        self.pages_read += 1
        text = self._index.page(self._document, page).text
        return text, self._matcher.fold(text)
