"""Phrases: finds a text whatever its case, accents, line ends and hyphenation."""

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise

from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.search.find.folding import HYPHEN, OTHER_DASH, Folded, fold
from files_api_mcp.backends.search.find.plan import Plan, words_of
from files_api_mcp.backends.search.tokenizer import UNSPACED

__all__ = ["Phrase"]

_DASH = f"[{HYPHEN}{OTHER_DASH}]"
_LINE_END = r"[ \t\r]*\n[ \t]*"
_HYPHENATION = rf"(?:{HYPHEN}{_LINE_END})?"
_NEXT_LINE = r"(?:\n[ \t]*)?"
_IS_UNSPACED = re.compile(f"[{UNSPACED}]")
_BROKEN = re.compile(rf"[{UNSPACED}]\n[ \t]*(?=[{UNSPACED}])")
_HYPHENATED = re.compile(rf"{HYPHEN}[ \t\r]*\n")
_PIECE = re.compile(r"\s+|.", re.DOTALL)
_ROOM = 400
"""Characters, more than four times the phrase, in which a match ends: blanks may be many."""
_NO_DASHES = str.maketrans("", "", HYPHEN + OTHER_DASH)
_FLEXIBLE = re.compile(rf"[{HYPHEN}{OTHER_DASH}\s]+")


class Phrase:
    """Finds a phrase. White space equals any other, and a line may end after a hyphen or, hyphenated, within a word.
    Unless `exact`, case and accents do not count."""

    crosses_pages = True

    def __init__(self, pattern: str, *, exact: bool) -> None:
        self._exact = exact
        self._folded = _unbroken(fold(pattern, exact=exact).text.strip())
        if not self._folded:
            raise InvalidArgument("pattern holds only characters that do not count.", "Give the words to find.")
        self._longest = max(_FLEXIBLE.split(self._folded), key=len)
        bare = _bare(self._folded)
        self._beginnings = tuple(bare[:at] for at in range(1, len(bare)))
        self._endings = tuple(bare[at:] for at in range(1, len(bare)))
        self.reach = _ROOM + 4 * len(pattern)
        self._plain = re.compile(_expression(self._folded, within_words=False))

    @cached_property
    def _broken(self) -> re.Pattern[str]:
        return re.compile(_expression(self._folded, within_words=True))

    @property
    def plan(self) -> Plan:
        """The words that a page with a match holds."""
        return words_of(_unbroken(fold(self._folded, exact=False).text))

    def fold(self, text: str) -> Folded:
        """The form of a text that `spans` takes."""
        return fold(text, exact=self._exact)

    def spans(self, folded: Folded) -> Iterator[tuple[int, int]]:
        """The [start, end) of each match in the text that was folded. They do not overlap."""
        text = folded.text
        if _HYPHENATED.search(text) or (not text.isascii() and _BROKEN.search(text)):
            found = self._broken.finditer(text)
        elif self._longest in text:
            found = self._plain.finditer(text)
        else:
            return
        for match in found:
            yield folded.original(*match.span())

    def may_begin(self, page: Folded) -> bool:
        """Whether a match may begin at the end of a folded page and go on over it."""
        return _bare(page.text[-self.reach :]).endswith(self._beginnings)

    def may_end(self, page: Folded) -> bool:
        """Whether a match that begins on the page before may end at the start of a folded page."""
        return _bare(page.text[: self.reach]).startswith(self._endings)


def _unbroken(folded: str) -> str:
    return _BROKEN.sub(lambda match: match[0][0], folded)


def _bare(folded: str) -> str:
    """The text without what may differ between two places of a phrase."""
    return "".join(folded.translate(_NO_DASHES).split())


def _expression(folded: str, *, within_words: bool) -> str:
    pieces = _PIECE.findall(folded)
    parts: list[str] = []
    for one, after in pairwise([*pieces, ""]):
        if one.isspace():
            parts.append(r"\s+")
        elif one in (HYPHEN, OTHER_DASH):
            is_inside = bool(after) and not after.isspace()
            parts.append(f"{_DASH}(?:{_LINE_END})?" if is_inside else _DASH)
        else:
            parts.append(re.escape(one))
            if within_words and one.isalpha() and after.isalpha():
                is_unspaced = _IS_UNSPACED.match(one) and _IS_UNSPACED.match(after)
                parts.append(f"(?:{_HYPHENATION}|{_NEXT_LINE})" if is_unspaced else _HYPHENATION)
    return "".join(parts)
