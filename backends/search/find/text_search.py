"""A search of several documents, done in short pieces."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from files_api_mcp.backends.search.collection import Searched
from files_api_mcp.backends.search.find.candidates import Candidates
from files_api_mcp.backends.search.find.cursor import Position
from files_api_mcp.backends.search.find.excerpt import excerpt
from files_api_mcp.backends.search.find.page_search import Hit, Matcher, PageSearch
from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.places.document_places import DocumentPlaces
from files_api_mcp.backends.search.places.locate import locate
from files_api_mcp.backends.search.places.where import page_word
from files_api_mcp.backends.search.ranking.page_range import PageRange
from files_api_mcp.backends.search.reader import open_places
from files_api_mcp.backends.storage.lane import check_cancelled
from files_api_mcp.backends.text_finder import TextMatch, TextQuery
from files_api_mcp.backends.tokens import estimate_tokens

__all__ = ["TextSearch"]

_SLICE_S = 0.03
"""Seconds of one piece of work: other calls wait meanwhile."""
_DOCUMENTS = 50
"""Documents that are read from the index together."""
_MOST_TOKENS = 22_000
"""Tokens of all matches. The rest of a result takes less than 3,000."""
_FRAME = 60
"""Tokens around the text of a match: its id, name, place and keys."""


@dataclass(slots=True)
class _Entry:
    """A match that is shown. Its excerpt ends at `end` in the text that begins with its page."""

    match: TextMatch
    position: int
    page: int
    end: int


class TextSearch:
    """Finds the matches in the files at some positions, from the start or from where a cursor says.

    `matches` are those to show, without the names of their files; `total` counts all. `is_full` means that others were
    found. `next` is the position after the last one shown, or after what was searched; `done` counts the files that
    were searched, and `notes` say which have none of the pages.
    """

    def __init__(
        self,
        searched: Searched,
        matcher: Matcher,
        candidates: Candidates,
        positions: Sequence[int],
        query: TextQuery,
        resumed: Position | None,
    ) -> None:
        self._searched = searched
        self._matcher = matcher
        self._candidates = candidates
        self._positions = positions
        self._query = query
        self._resumed = resumed
        self._pages = PageRange(*query.pages) if query.pages else None
        self._files = len(searched.document_ids())
        self._entries: list[_Entry] = []
        self._tokens = 0
        self.is_full = False
        self._work: Iterator[None] | None = None
        self.total = resumed.before if resumed else 0
        self.next: Position | None = resumed
        self.done = 0
        self.notes: dict[str, None] = {}
        self._pages_read = 0
        self._current: PageSearch | None = None

    @property
    def pages_read(self) -> int:
        """The number of pages that were looked at."""
        return self._pages_read + (self._current.pages_read if self._current else 0)

    @property
    def matches(self) -> list[TextMatch]:
        """The matches to show."""
        return [entry.match for entry in self._entries]

    def go_on(self, index: Index) -> bool:
        """Search for a while; returns whether everything is searched."""
        if self._work is None:
            self._work = self._search(index)
        until = time.monotonic() + _SLICE_S
        for _ in self._work:
            check_cancelled()
            if time.monotonic() >= until:
                return False
        return True

    def _search(self, index: Index) -> Iterator[None]:
        for start in range(0, len(self._positions), _DOCUMENTS):
            some = self._positions[start : start + _DOCUMENTS]
            documents = self._searched.documents(index, some)
            if self._pages is not None:
                self.notes |= dict.fromkeys(self._pages.notes(self._searched, documents))
            for position in some:
                yield from self._search_document(index, position, documents[position])
                self.done += 1

    def _search_document(self, index: Index, position: int, document: Document) -> Iterator[None]:
        if self._pages is not None and not document.paginated:
            return
        first, last = self._pages or (1, None)
        search = self._current = PageSearch(index, document, self._matcher)
        places = partial(open_places, index, document, document.mime_type)
        begin = (first, 0)
        if self._resumed is not None and self._resumed.file_id == self._searched.file_id(position):
            begin = (self._resumed.page, self._resumed.offset)
        for hit in search.hits(self._candidates.pages(index, document), begin[0], last):
            if isinstance(hit, int):
                self._note_position(position, max(begin, (hit + 1, 0)))
                yield
            elif (hit.page, hit.start) >= begin:
                self._take(hit, position, search, places)
                begin = (hit.last_page, hit.end)
        self._pages_read, self._current = self.pages_read, None

    def _take(self, hit: Hit, position: int, search: PageSearch, places: Callable[[], DocumentPlaces]) -> None:
        self.total += 1
        last = self._entries[-1] if self._entries else None
        if self.is_full:
            return
        if last and last.position == position and last.page == hit.page == hit.last_page and hit.end <= last.end:
            last.match = replace(last.match, count=last.match.count + 1)
            self._note_position(position, (hit.last_page, hit.end))
            return
        if len(self._entries) == self._query.limit:
            self.is_full = True
            return
        entry = self._entry(hit, position, search, places)
        self._tokens += _FRAME + estimate_tokens(entry.match.text)
        if self._entries and self._tokens > _MOST_TOKENS:
            self.is_full = True
            return
        self._entries.append(entry)
        self._note_position(position, (hit.last_page, hit.end))

    def _note_position(self, position: int, place: tuple[int, int]) -> None:
        if not self.is_full:
            file_id = self._searched.file_id(position)
            self.next = Position(file_id, self._files - 1 - position, *place, self.total)

    def _entry(self, hit: Hit, position: int, search: PageSearch, places: Callable[[], DocumentPlaces]) -> _Entry:
        text = search.text(hit.page)
        end, after = hit.end, ""
        if hit.last_page > hit.page:
            after = search.separator + search.text(hit.last_page)
            end += len(text) + len(search.separator)
        first, last = excerpt(text + after, hit.start, end, self._query.context)
        where = _where(hit, first, last, places())
        match = TextMatch(self._searched.file_id(position), "", where, (text + after)[first:last])
        return _Entry(match, position, hit.page, last)


def _where(hit: Hit, first: int, last: int, places: DocumentPlaces) -> str:
    if places.document.paginated and hit.last_page > hit.page:
        return f"{page_word(places.mime_type)}s {hit.page}-{hit.last_page}"
    start = places.page_span(hit.page).start
    return locate(places, start + first, start + last)
