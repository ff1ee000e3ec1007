"""The peer: SQLite FTS5 with Porter stems and bm25(), with one row for each passage-sized part of a page."""

import re
import sqlite3
from collections.abc import Sequence

from benchmarks.ask.scoring import Cited
from files_api_mcp.backends.search.chunker import split_passages

__all__ = ["FullText"]

_WORD = re.compile(r"\w+")
_MOST = 30


class FullText:
    """A simple index of document pages."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect(":memory:")
        self._connection.execute(
            "create virtual table piece using fts5(text, document unindexed, page unindexed, start unindexed,"
            " tokenize = 'porter unicode61')"
        )

    def add(self, document: str, pages: Sequence[str], *, paginated: bool) -> None:
        """Index a document: its pages, or the parts of its text in order."""
        offset = 0
        for number, text in enumerate(pages, start=1):
            rows = [
                (text[start:end], document, number if paginated else None, start + offset)
                for start, end in split_passages(text, by_line=paginated)
            ]
            self._connection.executemany("insert into piece values (?, ?, ?, ?)", rows)
            offset += 0 if paginated else len(text)

    def ask(self, document: str, question: str) -> list[Cited]:
        """The best parts of the document for any word of the question."""
        words = " OR ".join(f'"{word}"' for word in dict.fromkeys(_WORD.findall(question)))
        if not words:
            return []
        rows = self._connection.execute(
            "select text, page, start from piece where piece match ? and document = ? order by bm25(piece) limit ?",
            (words, document, _MOST),
        )
        return [Cited(text, page, start, start + len(text)) for text, page, start in rows]
