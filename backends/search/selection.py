"""Selects what an answer quotes: the passages that rank well, then the text around the best ones, then the rest."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from files_api_mcp.backends.documents.media_types import TABLES
from files_api_mcp.backends.search.excerpts import beginning, ending, excerpt
from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.page_texts import PageTexts
from files_api_mcp.backends.search.ranking.page_range import PageRange
from files_api_mcp.backends.search.ranking.scorer import ScoredPassage

__all__ = ["SMALL", "SMALLEST_CUT", "Selection", "Stretch"]

SMALLEST_CUT = 40
"""Tokens of the shortest passage that is worth its place in the result."""
SMALL = 40
"""Passages of a small document, all of which may be quoted."""
_LONGEST = 5_500
"""Code points of the longest passage: a place is read whole by default."""
_GOOD_SHARE = 0.55
"""Passages from this share of the best score on come before the text around the best ones."""
_GOOD_SHARE_OF_SEVERAL = 0.1
"""The same for several documents: the text around a passage of one must not take the place of another one."""
_GROWN = 2
_BEFORE = 1
"""Passages of a stretch before the one that ranked well: the answer must not stand far down. Rows have none: the row
before one says nothing about it."""


@dataclass(slots=True)
class Stretch:
    """Neighbouring passages of one page, around the `best` one, or parts of them: [start, end) on the page. `position`
    is the index of its document in the list of documents."""

    position: int
    page: int
    best: int
    first: int
    last: int
    start: int
    end: int
    score: float


class Selection:
    """Chooses stretches within a budget of tokens.

    `cost` estimates the tokens of a passage in the result, `frame` those that a stretch takes beside its text; `idf` is
    that of the question's terms. With `pages`, all ranked passages are on these, and so are the others.
    """

    def __init__(
        self,
        documents: Mapping[int, Document],
        texts: PageTexts,
        cost: Callable[[str], int],
        frame: Callable[[Stretch], int],
        room: int,
        idf: Mapping[str, float],
        pages: PageRange | None = None,
    ) -> None:
        self._documents = documents
        self._texts = texts
        self._cost = cost
        self._frame = frame
        self._room = room
        self._idf = idf
        self._pages = pages
        self._held: set[tuple[int, int]] = set()
        self.stretches: list[Stretch] = []

    @property
    def is_full(self) -> bool:
        """Whether no further stretch fits."""
        return self._room < SMALLEST_CUT

    def spend(self, ranked: Sequence[ScoredPassage], *, certain: int = 0) -> None:
        """Choose from ranked passages, best first. All that rank well have their room before anything is filled up.

        If it is `certain` that the first few passages answer, only these and the text around them are chosen.
        """
        if not ranked:
            return
        least = ranked[0].score * (_GOOD_SHARE if len(self._documents) == 1 else _GOOD_SHARE_OF_SEVERAL)
        self._add_all(ranked[:certain] or [one for one in ranked if one.score >= least])
        for stretch in self.stretches[:_GROWN]:
            self._grow(stretch)
        if certain:
            return
        self._add_all([one for one in ranked if one.score < least])
        for position in dict.fromkeys(one.position for one in ranked):
            self._add_all(self._whole(position))

    def quote(self, stretches: Sequence[Stretch]) -> None:
        """Choose stretches that are not of whole passages. The passages that they touch are not chosen any more."""
        for one in stretches:
            document = self._documents[one.position]
            pages = document.passages.pages
            for passage in range(bisect_left(pages, one.page), bisect_right(pages, one.page)):
                _, start, end = document.span(passage)
                if start < one.end and one.start < end:
                    self._held.add((one.position, passage))
            self._room -= self._frame(one) + self._cost(self._texts.page(document, one.page)[one.start : one.end])
            self.stretches.append(one)

    def quote_whole(self, position: int) -> bool:
        """Choose all passages of a small document, from its start on, if the room holds at least half of it."""
        whole = self._whole(position)
        document = self._documents[position]
        if sum(self._cost(self._texts.passage(document, one.passage)) for one in whole) > 2 * self._room:
            return False
        self._add_all(whole)
        return bool(self.stretches)

    def _whole(self, position: int) -> list[ScoredPassage]:
        document = self._documents[position]
        count = len(document.passages)
        if count > SMALL:
            return []
        inside = range(count) if self._pages is None else [p for p in range(count) if self._pages.holds(document, p)]
        return [ScoredPassage(position, passage, 0.0) for passage in inside]

    def _add_all(self, passages: Sequence[ScoredPassage]) -> None:
        for one in passages:
            if self.is_full:
                return
            self._add(one)

    def _add(self, one: ScoredPassage) -> None:
        if (one.position, one.passage) in self._held:
            return
        document = self._documents[one.position]
        page, start, end = document.span(one.passage)
        if any(self._join(stretch, one, page) for stretch in self.stretches):
            return
        place = one.passage
        stretch = Stretch(one.position, page, place, place, place, start, end, one.score)
        room = self._room - self._frame(stretch)
        if self.stretches and room < SMALLEST_CUT:
            self._room = 0
            return
        text = self._texts.passage(document, place)
        if self._cost(text) > room:
            first, last = excerpt(text, self._idf, self._cost, room, english=document.english)
            stretch.start, stretch.end, text = start + first, start + last, text[first:last]
        self._held.add((one.position, place))
        self._room = room - self._cost(text)
        self.stretches.append(stretch)

    def _grow(self, stretch: Stretch) -> None:
        """Add the passages before and after a stretch, where they fit whole."""
        document = self._documents[stretch.position]
        for passage in (stretch.last + 1, stretch.first - 1):
            if not 0 <= passage < len(document.passages) or (stretch.position, passage) in self._held:
                continue
            page, _, _ = document.span(passage)
            if self._cost(self._texts.passage(document, passage)) <= self._room:
                self._join(stretch, ScoredPassage(stretch.position, passage, 0.0), page)

    def _join(self, stretch: Stretch, one: ScoredPassage, page: int) -> bool:
        """Add a passage, or what fits of it, to the stretch that it touches, if both are one place."""
        same_page = (stretch.position, stretch.page) == (one.position, page)
        if not same_page or one.passage not in (stretch.first - 1, stretch.last + 1):
            return False
        document = self._documents[one.position]
        before = 0 if document.mime_type in TABLES else _BEFORE
        if one.passage < stretch.first and stretch.best - stretch.first >= before:
            return False
        first, last = min(stretch.first, one.passage), max(stretch.last, one.passage)
        if not _is_one_place(document, first, last, self._texts):
            return False
        start, end = self._fitting(document, one.passage, follows=one.passage == last)
        if start == end:
            return False
        is_whole = (page, start, end) == document.span(one.passage)
        cost = self._cost(self._texts.page(document, page)[start:end])
        self._room = self._room - cost if is_whole else 0
        stretch.start, stretch.end = min(stretch.start, start), max(stretch.end, end)
        stretch.first, stretch.last = first, last
        self._held.add((one.position, one.passage))
        return True

    def _fitting(self, document: Document, passage: int, *, follows: bool) -> tuple[int, int]:
        """What fits of a passage that follows a stretch or comes before it."""
        _, start, end = document.span(passage)
        text = self._texts.passage(document, passage)
        if self._cost(text) <= self._room:
            return start, end
        if follows:
            return start, start + beginning(text, self._cost, self._room)
        return start + ending(text, self._cost, self._room), end


def _is_one_place(document: Document, first: int, last: int, texts: PageTexts) -> bool:
    """Whether one result of read_document can hold all from one passage to another, and one section, sheet or part of a
    message does too."""
    (page, start, _), (_, _, end) = document.span(first), document.span(last)
    if end - start > _LONGEST:
        return False
    if document.paginated or not document.entries:
        return True
    places = texts.places(document)
    return places.is_one_part(places.position(page, start), places.position(page, end))
