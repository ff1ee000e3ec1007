"""Builds the index of one document, page by page, in bounded memory. This runs in a worker process."""

import re
import zlib
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from files_api_mcp.backends.documents.marks import Heading, Part, Sheet
from files_api_mcp.backends.documents.media_types import SHEETS, TABLES
from files_api_mcp.backends.search.chunker import split_passages
from files_api_mcp.backends.search.index.passage_table import PassageTable
from files_api_mcp.backends.search.index.postings import HEAD_PREFIX, pack_segment
from files_api_mcp.backends.search.places.outline import Outline
from files_api_mcp.backends.search.places.tracker import PageMarks, PlaceTracker, packed
from files_api_mcp.backends.search.tables.indexed_text import indexed_text
from files_api_mcp.backends.search.tokenizer import is_english, is_stop_word, terms, terms_of, words
from files_api_mcp.backends.search.vocabulary.bridges import bridge
from files_api_mcp.backends.search.vocabulary.words import pack_words

__all__ = ["IndexBuilder", "PackedPage"]

_HEAD_CHARS = 120
_LANGUAGE_SAMPLE = 20_000
_LONGEST_HEADING = 60
_HEADINGS = 5
_KEYWORDS = 12
_MOST_WORDS = 20_000
_MOST_TERMS = 60_000
_KEPT_BEFORE = 200
"""Characters at the end of a page that are kept to see whether a word goes on."""
_MOST_NUMBERS = 500_000
"""Numbers of postings in memory: 2 MB, and as much again for each copy on their way."""
_LONG_WORD = re.compile(r"[^\W\d_]{4,30}")


class PackedPage(NamedTuple):
    """A page as it is stored: its length in characters, its packed marks and its compressed text."""

    chars: int
    marks: bytes
    text: bytes


class IndexBuilder:
    """Builds the index from pages in order. Postings are flat pairs of passage number and count, those of page heads
    are page numbers."""

    def __init__(
        self, *, mime_type: str = "text/plain", paginated: bool = False, most_terms: int = _MOST_TERMS
    ) -> None:
        self._mime_type = mime_type
        self._paginated = paginated
        self._most_terms = most_terms
        self._numbers = 0
        self._english: bool | None = None
        self._passages = PassageTable()
        self._postings: defaultdict[str, array[int]] = defaultdict(_numbers)
        self._empty: list[int] = []
        self._scanned: list[int] = []
        self._invisible = 0
        self._words: Counter[str] = Counter()
        self._vocabulary: set[str] = set()
        self._before = ""
        self._places = PlaceTracker(first_row=1 if mime_type in TABLES - SHEETS else None)

    @property
    def is_full(self) -> bool:
        """Whether the postings are so many that they should be taken."""
        most = self._most_terms
        return max(len(self._postings), len(self._vocabulary)) >= most or self._numbers >= _MOST_NUMBERS

    def add(
        self, number: int, text: str, *, scanned: bool = False, marks: PageMarks = (), invisible: int = 0
    ) -> PackedPage:
        """Add a page, or the next piece of a text without pages. `scanned` means that the text was read by OCR;
        `invisible` counts characters that were left out of it."""
        self._invisible += invisible
        if scanned and text.strip():
            self._scanned.append(number)
        if self._english is None and text.strip():
            self._english = is_english(text[:_LANGUAGE_SAMPLE])
        self._note_words(text)
        kept = self._places.add(number, text, marks, paginated=self._paginated)
        if text.strip():
            self._add_terms(number, text, marks)
        else:
            self._empty.append(number)
            self._before = ""
        return PackedPage(len(text), packed(kept), zlib.compress(text.encode(), 1))

    def take_postings(self) -> bytes:
        """The postings since the last time, packed; no bytes if there are none."""
        postings, self._postings, self._numbers = self._postings, defaultdict(_numbers), 0
        return pack_segment(postings) if postings else b""

    def take_words(self) -> bytes:
        """The words since the last time, packed."""
        found, self._vocabulary = self._vocabulary, set()
        return pack_words(found)

    def facts(self) -> dict[str, Any]:
        """What the document's row says of it."""
        return {
            "english": bool(self._english),
            "empty": self._empty if self._paginated else [],
            "scanned": self._scanned,
            "invisible": self._invisible,
            "entries": len(self._places.outline.entries),
            "subject": ", ".join([*self._headings(), *self._keywords()]),
        }

    @property
    def passages(self) -> bytes:
        """The table of passages."""
        return self._passages.to_bytes()

    @property
    def outline(self) -> bytes:
        """The sections, sheets and parts, and the lines of a text without pages; no bytes if there is none of these."""
        outline = self._places.outline
        return outline.to_bytes() if outline.entries or not self._paginated else b""

    def _add_terms(self, number: int, text: str, marks: PageMarks) -> None:
        english = bool(self._english)
        looked_up = indexed_text(text, self._mime_type)
        cuts = [offset for offset, mark in marks if isinstance(mark, Sheet | Part)]
        headings = [] if self._paginated else [at for at, mark in marks if isinstance(mark, Heading)]
        # A word may go over the end of a passage or page: the one after it holds the whole word, too.
        before = f"{self._before}\n" if self._before and self._paginated else self._before
        last = 0
        for start, end in split_passages(text, by_line=self._paginated, cuts=cuts, headings=headings):
            found = words(looked_up[start:end])
            joined = bridge(before + looked_up[last:start], looked_up[start:end])
            self._add_passage((number, start, end), found, joined)
            before, last = looked_up[start:end], end
        self._before = (before + looked_up[last:])[-_KEPT_BEFORE:]
        if self._paginated:
            for term in set(terms(text[:_HEAD_CHARS], english=english)):
                self._postings[HEAD_PREFIX + term].append(number)

    def _add_passage(self, span: tuple[int, int, int], found: list[str], joined: list[str]) -> None:
        found_terms = terms_of(found, english=bool(self._english))
        passage = len(self._passages)
        self._passages.append(*span, len(found_terms))
        counts = Counter(found_terms)
        if joined:
            found = found + joined
            counts.update(terms_of(joined, english=bool(self._english)))
        self._vocabulary.update(found)
        self._numbers += 2 * len(counts)
        postings = self._postings
        for term, count in counts.items():
            held = postings[term]
            held.append(passage)
            held.append(count)

    def _headings(self) -> list[str]:
        """The names of the first sections, sheets or parts."""
        return [label[:_LONGEST_HEADING] for label in Outline(self._places.outline.entries[:_HEADINGS]).labels]

    def _keywords(self) -> Iterator[str]:
        """The most frequent words of the document; longer words count more."""
        ranked = sorted(self._words.items(), key=lambda item: -item[1] * len(item[0]))
        return islice((word for word, _ in ranked if not is_stop_word(word)), _KEYWORDS)

    def _note_words(self, text: str) -> None:
        # This many words show the subject; a dictionary of all words would be the largest part of the index.
        if len(self._words) < _MOST_WORDS:
            self._words.update(_LONG_WORD.findall(text))


def _numbers() -> "array[int]":
    return array("I")
