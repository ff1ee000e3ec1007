"""Finds a quote verbatim in a text, even if the model's reader extracted that text differently."""

import unicodedata
from dataclasses import dataclass

from files_api_mcp.backends.documents.formats.text.json import unescaped

__all__ = ["find_quote", "span_of_chars"]

_SHORTEST = 3
_PASSED_OVER = frozenset("\u00ad\u2010-\u200b\u200c\u200d\u2060\ufeff")


@dataclass(frozen=True, slots=True)
class _Squeezed:
    """A text without blanks and hyphens, each character taken apart (ligatures, accents); `offsets` are the parts'
    offsets in the text."""

    text: str
    offsets: list[int]

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """The [start, end) in the text of a range of the parts; None if it begins or ends inside a character."""
        first, last = self.offsets[start], self.offsets[end - 1]
        if self.offsets[start - 1 : start] == [first] or self.offsets[end : end + 1] == [last]:
            return None
        return first, last + 1


def find_quote(text: str, quote: str, near: int = 0) -> tuple[int, int] | None:
    """The [start, end) of the quote in the text, at the occurrence closest to `near`; None if it is not there.

    PDF readers differ in spaces, line breaks, hyphenation, ligatures and separate accents, so these are ignored. A
    quote from JSON may have escapes that are letters in the text. The range refers to the original text, so a passage
    cut from it is verbatim.
    """
    span = _find(text, quote, near)
    if span is None and "\\u" in quote:
        return _find(text, unescaped(quote), near)
    return span


def _find(text: str, quote: str, near: int) -> tuple[int, int] | None:
    exact = _closest(text, quote.strip(), near)
    if exact is not None:
        return exact
    needle = _squeezed(quote).text
    if len(needle) < _SHORTEST:
        return None
    squeezed = _squeezed(text)
    found: tuple[int, int] | None = None
    at = squeezed.text.find(needle)
    while at >= 0:
        span = squeezed.span(at, at + len(needle))
        if span is not None and (found is None or abs(span[0] - near) < abs(found[0] - near)):
            found = span
        at = squeezed.text.find(needle, at + 1)
    return found


def span_of_chars(text: str, quote: str, start: int, end: int) -> tuple[int, int] | None:
    """The [start, end) of a quote that a citation locates at characters `start` to `end`.

    The API does not document its unit: code points, UTF-16 units and bytes are tried, then a search nearby.
    """
    if not quote.strip():
        return None
    if text[start:end] == quote:
        return start, end
    for encoding, unit in (("utf-16-le", 2), ("utf-8", 1)):
        span = _in_units(text, quote, start, encoding, unit)
        if span is not None:
            return span
    return find_quote(text, quote, start)


def _in_units(text: str, quote: str, start: int, encoding: str, unit: int) -> tuple[int, int] | None:
    if text.isascii():
        return None
    before = text.encode(encoding, "surrogatepass")[: start * unit].decode(encoding, "ignore")
    at = len(before)
    return (at, at + len(quote)) if text.startswith(quote, at) else None


def _closest(text: str, quote: str, near: int) -> tuple[int, int] | None:
    if not quote:
        return None
    after = text.find(quote, near)
    before = text.rfind(quote, 0, near + len(quote))
    offsets = [offset for offset in (after, before) if offset >= 0]
    if not offsets:
        return None
    at = min(offsets, key=lambda offset: abs(offset - near))
    return at, at + len(quote)


def _squeezed(text: str) -> _Squeezed:
    kept: list[str] = []
    offsets: list[int] = []
    for offset, character in enumerate(text):
        for part in character if character.isascii() else unicodedata.normalize("NFKD", character):
            if not part.isspace() and part not in _PASSED_OVER:
                kept.append(part)
                offsets.append(offset)
    return _Squeezed("".join(kept), offsets)
