"""Which words of a text a vocabulary holds."""

import re
import zlib
from collections.abc import Iterable

from files_api_mcp.backends.search.tokenizer import is_stop_word

__all__ = ["has_whole_terms", "pack_words"]

_WIDE = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0010ffff"
_WHOLE = re.compile(rf"[{_WIDE}]+|[^\u0000-\u024f\u1e00-\u1eff\d{_WIDE}]+")
"""Only Han, Kana and Hangul, or none of these and no Latin letter or digit."""


def has_whole_terms(word: str) -> bool:
    """Whether a word's terms hold all of its letters: those of scripts other than Latin do, which are pairs or triples
    of letters. A word of several scripts counts as one that has not."""
    return not word.isascii() and _WHOLE.fullmatch(word) is not None


def pack_words(words: Iterable[str]) -> bytes:
    """The words that a vocabulary holds, sorted and compressed."""
    kept = {word.casefold() for word in words if not has_whole_terms(word) and not is_stop_word(word)}
    return zlib.compress("\n".join(sorted(kept)).encode(), 1)
