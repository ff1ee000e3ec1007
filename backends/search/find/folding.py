"""Folds text, so that other spellings of the same characters are equal, and maps it back to the text."""

import re
import unicodedata
from array import array
from bisect import bisect_left, bisect_right
from functools import lru_cache

from files_api_mcp.backends.search.tokenizer import OPTIONAL_MARKS
from files_api_mcp.backends.tokens import MARKS

__all__ = ["HYPHEN", "OTHER_DASH", "Folded", "fold"]

HYPHEN, OTHER_DASH = "-", "\u2013"
"""What all hyphens, and all other dashes, become."""

_ATTACHES = rf"{MARKS}\u1160-\u11ff\uff9e\uff9f"
"""Characters that join the one before them: marks, the later letters of a Hangul syllable, half-width voicing."""
_CLUSTER = re.compile(rf"[^\x00-\x7f{_ATTACHES}][{_ATTACHES}]*|.?[{_ATTACHES}]+", re.DOTALL)
"""A character that is not ASCII, or any character with what joins it."""
_ATTACHED = re.compile(f"[{_ATTACHES}]")
_ALIKE = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc\u00b4\uff07", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\uff02", '"'),
    **dict.fromkeys("\u00ad\u2010\u2011\ufe63\uff0d", HYPHEN),
    **dict.fromkeys("\u2012\u2013\u2014\u2015\u2212\ufe58", OTHER_DASH),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff", ""),
}


class Folded:
    """A folded text. Where a character became several, or several became one, `_spans` has the ends of both."""

    def __init__(self, text: str, spans: "array[int]") -> None:
        self.text = text
        self._starts, self._ends = spans[0::4], spans[1::4]
        self._own_starts, self._own_ends = spans[2::4], spans[3::4]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The range of the text that became a range of the folded one. Characters that are partly in it are in it."""
        if not self._starts:
            return start, end
        return self._start(start), self._end(end)

    def _start(self, at: int) -> int:
        last = bisect_right(self._starts, at) - 1
        if last < 0:
            return at
        inside = at < self._ends[last]
        return self._own_starts[last] if inside else self._own_ends[last] + at - self._ends[last]

    def _end(self, at: int) -> int:
        last = bisect_left(self._starts, at) - 1
        if last < 0:
            return at
        return self._own_ends[last] + max(0, at - self._ends[last])


def fold(text: str, *, exact: bool) -> Folded:
    """Fold compatible forms, such as ligatures and full-width letters, and kinds of quotes and dashes; unless `exact`,
    case and accents as well. Blanks and line ends stay."""
    if text.isascii():
        return Folded(text if exact else text.lower(), array("q"))
    table = _TABLES[exact]
    single = {ord(one): table(one) for one in set(text)}
    if all(len(one) == 1 for one in single.values()) and not _ATTACHED.search(text):
        return Folded(text.translate(single), array("q"))
    return _by_clusters(text, exact=exact)


def _by_clusters(text: str, *, exact: bool) -> Folded:
    parts: list[str] = []
    spans = array("q")
    table, done, length = _TABLES[exact], 0, 0
    for cluster in _CLUSTER.finditer(text):
        start, end = cluster.span()
        plain = text[done:start] if exact else text[done:start].lower()
        folded = table(cluster[0])
        length += len(plain)
        parts += (plain, folded)
        if len(folded) != 1 or end - start != 1:
            spans.extend((length, length + len(folded), start, end))
        length += len(folded)
        done = end
    parts.append(text[done:] if exact else text[done:].lower())
    return Folded("".join(parts), spans)


@lru_cache(20_000)
def _exact(cluster: str) -> str:
    alike = _ALIKE.get(cluster)
    return unicodedata.normalize("NFKC", cluster) if alike is None else alike


@lru_cache(20_000)
def _loose(cluster: str) -> str:
    if cluster in _ALIKE:
        return _ALIKE[cluster]
    lower = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", cluster).casefold())
    bare = OPTIONAL_MARKS.sub("", unicodedata.normalize("NFD", lower))
    return unicodedata.normalize("NFC", bare)


_TABLES = {True: _exact, False: _loose}
"""What a character with its marks becomes, by whether case and accents count."""
