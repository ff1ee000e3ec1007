"""Tokenizer: text to index terms, in any script."""

import re
import threading
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import Stemmer

from files_api_mcp.backends.tokens import MARKS

__all__ = ["is_english", "is_stop_word", "terms"]

_LETTER = r"[^\W\d_]"
_WORD = re.compile(rf"\d+(?:[.,]\d+)*|{_LETTER}(?:{_LETTER}|[{MARKS}])*")
# Optional marks: Hebrew points, Arabic vowel marks and the tatweel, accents, the nukta.
_OPTIONAL = re.compile(r"[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u093c]")
_HYPHENATED = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010]\n(?=[^\W\d_])")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_ENGLISH_SHARE = 0.08
_LATIN_PREFIX = 6
_GRAM = 3

_FUNCTION_WORDS = frozenset(
    "a an and are as at be been but by can could did do does for from had has have he her his how i if in into is it"
    " its may me more most my no not of on or our shall she should so some such than that the their them then there"
    " these they this those to under up was we were what when where which while who whom whose why will with would you"
    " your about after all also any because before being between both during each much many us".split()
)


# Function words that other languages do not have.
_ENGLISH_ONLY = frozenset("the and of to that is was for with are be by this which from it or not have has".split())


def is_english(text: str) -> bool:
    """Whether more than 8 % of the words are English function words."""
    words = [word for word in _WORD.findall(text.casefold()) if not word[0].isdigit()]
    return bool(words) and sum(word in _ENGLISH_ONLY for word in words) > _ENGLISH_SHARE * len(words)


def is_stop_word(word: str) -> bool:
    """Whether a word says nothing about the subject of an English text."""
    return word.casefold() in _FUNCTION_WORDS


def terms(text: str, *, english: bool, keep_stop_words: bool = False) -> list[str]:
    """The terms of a text, in order: English words are stemmed, other Latin words cut to six letters without accents,
    Han, Kana and Hangul become pairs, words of other scripts become triples. A word that is
    hyphenated at a line's end is one word, and digit groups lose their commas."""
    found: list[str] = []
    whole = _HYPHENATED.sub("", unicodedata.normalize("NFKC", text))
    for word in _WORD.findall(whole):
        if word[0].isdigit():
            found.append(word.replace(",", "") if _GROUPED.fullmatch(word) else word)
        else:
            found += _word_terms(word.casefold(), english, keep_stop_words)
    return found


@lru_cache(maxsize=100_000)
def _word_terms(word: str, english: bool, keep_stop_words: bool) -> tuple[str, ...]:  # noqa: FBT001
    if word.isascii() or _is_latin(word):
        if not keep_stop_words and word in _FUNCTION_WORDS:
            return ()
        if english:
            return (_stemmer.stem(word),)
        bare = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
        return (bare[:_LATIN_PREFIX],)
    if _is_cjk(word[0]):
        return tuple(word[i : i + 2] for i in range(max(1, len(word) - 1)))
    word = _OPTIONAL.sub("", unicodedata.normalize("NFD", word))
    return tuple(word[i : i + _GRAM] for i in range(max(1, len(word) - _GRAM + 1)))


class _Stemmer(threading.local):
    """A stemmer for each thread, because a stemmer has state and documents are indexed in several threads."""

    def __init__(self) -> None:
        library: Any = Stemmer  # it has no types
        self.stem: Callable[[str], str] = library.Stemmer("english", 0).stemWord  # 0: no cache, ours is larger


_stemmer = _Stemmer()


def _is_latin(word: str) -> bool:
    return all(c < "\u0250" or "\u1e00" <= c < "\u1f00" for c in word)


def _is_cjk(c: str) -> bool:
    return "\u3040" <= c <= "\u30ff" or "\u3400" <= c <= "\u9fff" or "\uac00" <= c <= "\ud7af" or c >= "\U00020000"
