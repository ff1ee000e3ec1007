"""Estimates how many tokens of a model a text takes."""

import re
import unicodedata

__all__ = ["MARKS", "WIDE", "estimate_tokens"]

MARKS = "".join(
    chr(c) for c in (*range(0x0300, 0x2000), *range(0xA800, 0xAC00)) if unicodedata.category(chr(c)) in ("Mn", "Mc")
)
"""Combining vowel signs and accents: parts of words, which `re` does not count as letters."""

WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""A character of Han, Kana or Hangul: about a token each."""

_NOT_LATIN = re.compile(rf"[^\W\d_\u0000-\u024f\u1e00-\u1eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[{MARKS}]")


def estimate_tokens(text: str) -> int:
    """Estimate the tokens of a text: one for four characters of Latin script, for two letters of other scripts, or for
    one of Han, Kana and Hangul."""
    if text.isascii():
        return (len(text) + 3) // 4
    wide, other = len(WIDE.findall(text)), len(_NOT_LATIN.findall(text))
    return wide + other // 2 + (len(text) - wide - other + 3) // 4
