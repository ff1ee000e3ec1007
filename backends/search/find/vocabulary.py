"""The words of the searched documents in memory, to look up which of them hold a part of a word."""

from collections.abc import Iterator, Sequence
from itertools import islice

from files_api_mcp.backends.search.find.folding import fold
from files_api_mcp.backends.search.find.plan import WordPart
from files_api_mcp.backends.search.index.index import Index

__all__ = ["Vocabulary"]

_AT_ONCE = 1000
"""Documents whose words are read in one piece of work."""
_MOST_RECENT = 50_000
"""Words that are kept apart, before they join the others."""


class Vocabulary:
    """Grows with the searched documents. Words of documents that are gone stay, and find nothing. Used by the index's
    one thread.

    Lines of words, which are found faster than words of a list; a word that is not ASCII follows its folded form, after
    a tab.
    """

    def __init__(self) -> None:
        self._covered: set[int] = set()
        self._last: Sequence[int] = ()
        self._lines = "\n"
        self._recent: set[str] = set()
        self._recent_lines = "\n"

    def cover(self, index: Index, documents: Sequence[int]) -> bool:
        """Read words of documents that are not covered yet, for a while; returns whether all are covered now.

        Raises:
            DocumentsDamaged: One of the documents is damaged, or was removed.
        """
        if documents is self._last:
            return True
        new = [*islice((number for number in documents if number not in self._covered), _AT_ONCE)]
        if new:
            self._recent |= index.words([*dict.fromkeys(new)])
            self._covered.update(new)
        if len(new) == _AT_ONCE:
            return False
        self._last = documents
        if len(self._recent) > _MOST_RECENT:
            self._recent.update(line.rpartition("\t")[2] for line in self._lines.split("\n")[1:-1])
            self._lines, self._recent = _lines(self._recent), set()
        self._recent_lines = _lines(self._recent)
        return True

    def holding(self, part: WordPart, most: int) -> set[str] | None:
        """The words that hold a part, or None if there are more than `most`."""
        found: set[str] = set()
        for lines in (self._lines, self._recent_lines):
            for word in _holding(lines, part):
                if len(found) == most:
                    return None
                found.add(word)
        return found


def _lines(words: set[str]) -> str:
    lines = (word if word.isascii() else f"{fold(word, exact=False).text}\t{word}" for word in sorted(words))
    return "".join(("\n", *(f"{line}\n" for line in lines)))


def _holding(lines: str, part: WordPart) -> Iterator[str]:
    ends = ("",) if part.open_right else ("\n", "\t")
    for end in ends:
        looked_up = ("" if part.open_left else "\n") + part.text + end
        at = lines.find(looked_up)
        while at >= 0:
            start = lines.rfind("\n", 0, at + 1) + 1
            stop = lines.find("\n", max(start, at))
            folded, tab, word = lines[start:stop].partition("\t")
            if at + len(looked_up) <= start + len(folded) + 1:
                yield word if tab else folded
            at = lines.find(looked_up, stop)
