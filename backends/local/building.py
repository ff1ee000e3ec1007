"""A document's index while it is built: page by page, in memory, small enough for ten thousand pages."""

import zlib
from array import array
from collections import Counter

from files_api_mcp.backends.local.terms import is_english, terms
from files_api_mcp.backends.local.windows import windows

__all__ = ["HEAD_PREFIX", "Building"]

HEAD_PREFIX = "\x01"
"""Marks postings of pages whose first characters hold a term."""

_HEAD_CHARS = 120
_LANGUAGE_SAMPLE = 20_000


class Building:
    """Takes pages in order. Postings are flat pairs: window number and count, or page number alone for heads."""

    def __init__(self, *, paginated: bool) -> None:
        self.paginated = paginated
        self.english: bool | None = None
        self.pages: list[tuple[int, int, bytes]] = []  # number, characters, compressed text
        self.places = array("I")  # page, start, end, terms: four for each window
        self.postings: dict[str, array[int]] = {}
        self.empty: list[int] = []
        self.chars = 0

    def add(self, number: int, text: str) -> None:
        """Add a page, or the next piece of a text without pages."""
        if self.english is None and text.strip():
            self.english = is_english(text[:_LANGUAGE_SAMPLE])
        english = bool(self.english)
        self.pages.append((number, len(text), zlib.compress(text.encode(), 3)))
        self.chars += len(text)
        if not text.strip():
            self.empty.append(number)
            return
        for start, end in windows(text, by_line=self.paginated):
            counts = Counter(terms(text[start:end], english=english))
            window = len(self.places) // 4
            self.places.extend((number, start, end, sum(counts.values())))
            for term, count in counts.items():
                self._posting(term).extend((window, count))
        if self.paginated:
            for term in set(terms(text[:_HEAD_CHARS], english=english)):
                self._posting(HEAD_PREFIX + term).append(number)

    def _posting(self, term: str) -> "array[int]":
        posting = self.postings.get(term)
        if posting is None:
            posting = self.postings[term] = array("I")
        return posting
