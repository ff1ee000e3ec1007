"""Builds the index of one document, page by page, in bounded memory."""

import re
import zlib
from collections import Counter
from itertools import islice
from pathlib import Path

from files_api_mcp.backends.documents.marks import Heading, Part, Sheet
from files_api_mcp.backends.documents.media_types import SHEETS, TABLES
from files_api_mcp.backends.search.chunker import split_passages
from files_api_mcp.backends.search.index.passage_table import PassageTable
from files_api_mcp.backends.search.index.postings import Postings, Texts
from files_api_mcp.backends.search.places.outline import Outline
from files_api_mcp.backends.search.places.tracker import PageMarks, PlaceTracker, packed
from files_api_mcp.backends.search.tables import indexed_text
from files_api_mcp.backends.search.tokenizer import is_english, is_stop_word, terms

__all__ = ["HEAD_PREFIX", "IndexBuilder"]

HEAD_PREFIX = "\x01"
"""Prefix of a term in the postings of page heads: the pages whose first characters contain the term."""

_HEAD_CHARS = 120
_LANGUAGE_SAMPLE = 20_000
_LONGEST_HEADING = 60
_MOST_WORDS = 20_000
_LONG_WORD = re.compile(r"[^\W\d_]{4,30}")


class IndexBuilder:
    """Builds the index from pages in order. Postings are flat pairs of passage number and count, those of page heads
    are page numbers."""

    def __init__(self, folder: Path, *, scans: bool = True, mime_type: str = "text/plain") -> None:
        """`folder` is for temporary files of large documents. `scans` means that OCR is available."""
        self._mime_type = mime_type
        self.paginated = False
        self.pages: int | None = None
        self.failure: str | None = None
        self.english: bool | None = None
        self.texts = Texts(folder)
        self.passages = PassageTable()
        self.postings = Postings(folder)
        self.empty: list[int] = []
        self.labels: dict[int, str] = {}
        self._places = PlaceTracker(first_row=1 if mime_type in TABLES - SHEETS else None)
        self.invisible = 0
        self.scanned: list[int] = []
        self.scans = scans
        self.chars = 0
        self._words: Counter[str] = Counter()

    def __enter__(self) -> "IndexBuilder":
        return self

    def __exit__(self, *_: object) -> None:
        self.texts.close()
        self.postings.close()

    @property
    def outline(self) -> Outline:
        """The sections, sheets and parts so far."""
        return self._places.outline

    def add(
        self,
        number: int,
        text: str,
        label: str | None = None,
        *,
        scanned: bool = False,
        marks: PageMarks = (),
        invisible: int = 0,
    ) -> None:
        """Add a page, or the next piece of a text without pages. `label` is the page's label if it is not its number;
        `scanned` means that the text was read by OCR; `invisible` counts characters that were left out of it."""
        self.invisible += invisible
        if label is not None:
            self.labels[number] = label
        if scanned and text.strip():
            self.scanned.append(number)
        if self.english is None and text.strip():
            self.english = is_english(text[:_LANGUAGE_SAMPLE])
        english = bool(self.english)
        self._note_words(text)
        kept = self._places.add(number, text, marks, paginated=self.paginated)
        self.texts.add(len(text), zlib.compress(text.encode(), 1), packed(kept))
        self.chars += len(text)
        if not text.strip():
            self.empty.append(number)
            return
        looked_up = indexed_text(text, self._mime_type)
        cuts = [offset for offset, mark in marks if isinstance(mark, Sheet | Part)]
        headings = [] if self.paginated else [at for at, mark in marks if isinstance(mark, Heading)]
        for start, end in split_passages(text, by_line=self.paginated, cuts=cuts, headings=headings):
            counts = Counter(terms(looked_up[start:end], english=english))
            passage = len(self.passages)
            self.passages.append(number, start, end, sum(counts.values()))
            for term, count in counts.items():
                self.postings.add(term, passage, count)
        if self.paginated:
            for term in set(terms(text[:_HEAD_CHARS], english=english)):
                self.postings.add(HEAD_PREFIX + term, number)
        self.postings.spill()

    def headings(self, most: int) -> list[str]:
        """The names of the first sections, sheets or parts."""
        return [label[:_LONGEST_HEADING] for label in Outline(self.outline.entries[:most]).labels]

    def keywords(self, most: int) -> list[str]:
        """The most frequent words of the document; longer words count more."""
        ranked = sorted(self._words.items(), key=lambda item: -item[1] * len(item[0]))
        return list(islice((word for word, _ in ranked if not is_stop_word(word)), most))

    def _note_words(self, text: str) -> None:
        # This many words show the subject; a dictionary of all words would be the largest part of the index.
        if len(self._words) < _MOST_WORDS:
            self._words.update(_LONG_WORD.findall(text))
