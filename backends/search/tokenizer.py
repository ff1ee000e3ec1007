"""Tokenizer: text to index terms, in any script."""

import re
import threading
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from itertools import chain, pairwise, product
from typing import Any

import Stemmer

from files_api_mcp.backends.tokens import MARKS

__all__ = [
    "FUNCTION_WORDS",
    "OPTIONAL_MARKS",
    "UNSPACED",
    "WORD",
    "is_english",
    "is_stop_word",
    "is_wide",
    "terms",
    "terms_of",
    "words",
]

_LETTER = r"[^\W\d_]"
WORD = re.compile(rf"\d+(?:[.,]\d+)*|{_LETTER}+(?:[{MARKS}]+{_LETTER}*)*")
_ASCII_WORD = re.compile(r"[A-Za-z]+|[0-9]+(?:[.,][0-9]+)*")  # twice as fast
# Optional marks: Hebrew points, Arabic vowel marks and the tatweel, accents, the nukta.
OPTIONAL_MARKS = re.compile(r"[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u093c]")
_BREAK = r"[ \t\r]*\n[ \t]*"
_ASCII_BROKEN = re.compile(rf"-(?<=[A-Za-z]-){_BREAK}(?=[A-Za-z])")  # one first character is found much faster
UNSPACED = r"\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff"
"""Characters of Han and Kana, for a class of a pattern. They have no hyphens: a line may end anywhere."""
# The look behind comes second: at each character it would be slow.
_BROKEN = re.compile(
    rf"[-\u00ad\u2010](?<={_LETTER}.){_BREAK}(?={_LETTER})"
    rf"|\n(?<=[{UNSPACED}]\n)[ \t\u3000]*(?=[{UNSPACED}])|[\u200b-\u200d]"
)
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_ENGLISH_SHARE = 0.08
_LATIN_PREFIX = 6
_GRAM = 3
_LONGEST_IDENTIFIER = 80
_LONGEST_CACHED = 100
_LETTERS_A_PART = 3

FUNCTION_WORDS = frozenset(
    "a an and are as at be been but by can could did do does for from had has have he her his how i if in into is it"
    " its may me more most my no not of on or our shall she should so some such than that the their them then there"
    " these they this those to under up was we were what when where which while who whom whose why will with would you"
    " your about after all also any because before being between both during each much many us".split()
)


# Function words that other languages do not have.
_ENGLISH_ONLY = frozenset("the and of to that is was for with are be by this which from it or not have has".split())


def is_english(text: str) -> bool:
    """Whether more than 8 % of the words are English function words."""
    words = [word for word in WORD.findall(text.casefold()) if not word[0].isdigit()]
    return bool(words) and sum(word in _ENGLISH_ONLY for word in words) > _ENGLISH_SHARE * len(words)


def is_stop_word(word: str) -> bool:
    """Whether a word says nothing about the subject of an English text."""
    return word.casefold() in FUNCTION_WORDS


def terms(text: str, *, english: bool, keep_stop_words: bool = False) -> list[str]:
    """The terms of a text, in order: English words are stemmed, other Latin words cut to six letters without accents,
    Han, Kana and Hangul become pairs, words of other scripts become triples. A word that is hyphenated at a line's end
    is one word, and digit groups lose their commas. An identifier such as retryWithBackoff is followed by its parts."""
    return terms_of(words(text), english=english, keep_stop_words=keep_stop_words)


def words(text: str) -> list[str]:
    """The words and numbers of a text, in order and as they are written."""
    if text.isascii():
        return _ASCII_WORD.findall(_ASCII_BROKEN.sub("", text))
    whole = unicodedata.normalize("NFKC", text)
    return WORD.findall(_BROKEN.sub("", whole))


def terms_of(words: Sequence[str], *, english: bool, keep_stop_words: bool = False) -> list[str]:
    """The terms of words, in order."""
    of_word = _TERMS[english, keep_stop_words]
    if max(map(len, words), default=0) > _LONGEST_CACHED:
        of_word = of_word.__wrapped__  # each letter of such a word may take 80 bytes in the cache
    return list(chain.from_iterable(map(of_word, words)))


def _word_terms(english: bool, keep_stop_words: bool, word: str) -> tuple[str, ...]:  # noqa: FBT001
    if word[0].isdigit():
        return (word.replace(",", "") if _GROUPED.fullmatch(word) else word,)
    words = [word, *_parts(word)]
    return tuple(chain.from_iterable(_stems(one.casefold(), english, keep_stop_words) for one in words))


_TERMS = {
    kind: lru_cache(maxsize=50_000)(partial(_word_terms, *kind)) for kind in product((False, True), (False, True))
}
"""The terms of a word, by whether the text is English and stop words are kept."""


def _parts(word: str) -> list[str]:
    """The words in an identifier: retry, With and Backoff in retryWithBackoff. Names such as mRNA and PDFs, and
    encoded bytes, have none."""
    if word[1:].islower() or word.isupper() or len(word) > _LONGEST_IDENTIFIER:
        return []
    starts = [0, *(at for at in range(1, len(word)) if _begins_word(word, at)), len(word)]
    parts = list(pairwise(starts))
    if len(parts) == 1 or _LETTERS_A_PART * len(parts) > len(word) + 1:
        return []
    return [word[start:end] for start, end in parts if end - start > 1]


def _begins_word(word: str, at: int) -> bool:
    if not word[at].isupper():
        return False
    following = word[at + 1 : at + 3]
    is_plural = following[:1] == "s" and not following[1:].islower()
    return not word[at - 1].isupper() or (following[:1].islower() and not is_plural)


def _stems(word: str, english: bool, keep_stop_words: bool) -> tuple[str, ...]:  # noqa: FBT001
    if word.isascii() or _is_latin(word):
        if not keep_stop_words and word in FUNCTION_WORDS:
            return ()
        if english:
            return (_stemmer.stem(word),)
        if word.isascii():
            return (word[:_LATIN_PREFIX],)
        bare = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
        return (bare[:_LATIN_PREFIX],)
    if is_wide(word[0]):
        return tuple(word[i : i + 2] for i in range(max(1, len(word) - 1)))
    word = OPTIONAL_MARKS.sub("", unicodedata.normalize("NFD", word))
    # A word of nothing but marks, such as a tatweel between blanks, has no term.
    return tuple(word[i : i + _GRAM] for i in range(max(1, len(word) - _GRAM + 1))) if word else ()


class _Stemmer(threading.local):
    """A stemmer for each thread, because a stemmer has state and documents are indexed in several threads."""

    def __init__(self) -> None:
        library: Any = Stemmer  # it has no types
        self.stem: Callable[[str], str] = library.Stemmer("english", 0).stemWord  # 0: no cache, ours is larger


_stemmer = _Stemmer()


def _is_latin(word: str) -> bool:
    return all(c < "\u0250" or "\u1e00" <= c < "\u1f00" for c in word)


def is_wide(c: str) -> bool:
    """Whether a character is Han, Kana or Hangul."""
    return "\u3040" <= c <= "\u30ff" or "\u3400" <= c <= "\u9fff" or "\uac00" <= c <= "\ud7af" or c >= "\U00020000"
