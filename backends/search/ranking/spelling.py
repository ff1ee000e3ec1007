"""Spelling: words of a question that the documents do not hold, as the documents write them.

A word is looked up with one letter changed, left out, added or swapped with its neighbour, in two parts, and joined
with the word beside it. Each of these is an exact look-up of a term, so that the size of the index does not matter.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from string import ascii_lowercase

from files_api_mcp.backends.search.collection import Searched
from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.ranking.literals import ids_named
from files_api_mcp.backends.search.ranking.query import is_phrasing, terms_with_synonyms
from files_api_mcp.backends.search.tokenizer import is_stop_word, terms

__all__ = ["Vocabulary", "absent_words", "edits", "in_spelling", "respelled"]

_WORD = re.compile(r"[^\W\d_]+")
_SHORTEST = 6
"""Letters of a word that is looked up in other spellings. A shorter one is near to too many others."""
_LONGEST = 24
_SHORTEST_PART = 3
_MOST_WORDS = 6
"""Words of a question that are looked up in other spellings, the longest first: each takes some 500 look-ups."""
_MOST_BLOCKS = 16
"""Blocks of an index of many documents in which other spellings are looked up: the last ones."""


@dataclass(frozen=True, slots=True)
class _Spelling:
    """Words that may stand for words of the question, and the terms that documents hold of each."""

    words: tuple[str, ...]
    terms: tuple[str, ...]


class Vocabulary:
    """The terms of the searched documents."""

    def __init__(self, index: Index, searched: Searched) -> None:
        self._index = index
        self._collection = searched.collection
        self._filename = searched.filename
        self._only = searched.documents(index, [0])[0] if searched.collection.files == 1 else None

    @property
    def languages(self) -> list[bool]:
        """Whether the documents are English, or both."""
        blocks = self._collection.blocks.values()
        return [english for english in (True, False) if any(block.members[english] for block in blocks)]

    @property
    def passages(self) -> int:
        """The number of passages."""
        return self._collection.passages

    def filename(self, position: int) -> str:
        """The name of a file; nothing if it is not known yet."""
        return self._filename(position) or ""

    def held(self, wanted: Sequence[str]) -> Mapping[str, int]:
        """In how many passages each of the terms is that the documents hold."""
        if self._only is not None:
            return {term: len(found) // 2 for term, found in self._index.postings(self._only, wanted).items()}
        held: dict[str, int] = {}
        blocks = self._collection.blocks
        for one in self._index.holders(sorted(blocks)[-_MOST_BLOCKS:], wanted):
            positions = blocks[one.block].positions
            counts = zip(one.documents, one.passages, strict=True)
            if found := sum(count for place, count in counts if positions[place] >= 0):
                held[one.term] = held.get(one.term, 0) + found
        return held


def absent_words(question: str, held: Mapping[str, float], languages: Sequence[bool]) -> list[str]:
    """The words of the question of which the documents hold no term, in order. Stop words and words that only phrase a
    request are left out."""
    for named in ids_named(question):
        question = question.replace(named, " ")
    words = dict.fromkeys(word for word in _WORD.findall(question) if not is_stop_word(word))
    return [word for word in words if not is_phrasing(word) and not _is_held(word, held, languages)]


def _is_held(word: str, held: Mapping[str, float], languages: Sequence[bool]) -> bool:
    return any(term in held for english in languages for term in terms(word, english=english))


def respelled(question: str, absent: Iterable[str], vocabulary: Vocabulary) -> dict[str, str]:
    """For words of the question that the documents do not hold: how they write them, if they seem to. One that has
    synonyms is no misspelled one."""
    known = terms_with_synonyms(question)
    unknown = (word for word in absent if _is_spelled(word) and known.isdisjoint(terms(word, english=True)))
    tried = sorted(unknown, key=len, reverse=True)[:_MOST_WORDS]
    if not tried:
        return {}
    beside = _neighbours(question)
    possible = {word: [*_spellings(word, beside.get(word, ()), vocabulary.languages)] for word in tried}
    wanted = dict.fromkeys(term for found in possible.values() for one in found for term in one.terms)
    held = vocabulary.held(list(wanted))
    found = {word: _best(word, spellings, held) for word, spellings in possible.items()}
    return {word: spelling for word, spelling in found.items() if spelling}


def in_spelling(question: str, spellings: Mapping[str, str]) -> str:
    """The question with these words written differently."""
    return _WORD.sub(lambda one: spellings.get(one[0], one[0]), question)


def _is_spelled(word: str) -> bool:
    return _SHORTEST <= len(word) <= _LONGEST and word.isascii()


def _best(word: str, spellings: Sequence[_Spelling], held: Mapping[str, int]) -> str | None:
    """The spelling that the documents hold, preferably with the same first letter, and the most frequent of these."""
    possible = [one for one in spellings if all(term in held for term in one.terms)]
    first = word[0].lower()

    def worth(one: _Spelling) -> tuple[bool, int, int]:
        return one.words[0][0] == first, min(held[term] for term in one.terms), -len(one.words[0])

    return " ".join(max(possible, key=worth).words) if possible else None


def _spellings(word: str, beside: Iterable[str], languages: Sequence[bool]) -> Iterator[_Spelling]:
    low = word.lower()
    for english in languages:
        near = sorted(edits(low, ascii_lowercase))
        for one, term in zip(near, terms(" ".join(near), english=english, keep_stop_words=True), strict=True):
            yield _Spelling((one,), (term,))
        if not english:
            continue  # terms are the first letters of a word, so that its parts and what it is joined with do not show
        for at in range(_SHORTEST_PART, len(low) - _SHORTEST_PART + 1):
            parts = (low[:at], low[at:])
            if not any(map(is_stop_word, parts)):
                yield _Spelling(parts, tuple(terms(" ".join(parts), english=english)))
        for joined in beside:
            yield _Spelling((joined,), tuple(terms(joined, english=english)))


def edits(word: str, letters: str) -> set[str]:
    """The words at edit distance 1: a letter is left out, added or changed, or two neighbours are swapped."""
    splits = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    found = {left + right[1:] for left, right in splits if right}
    found |= {left + right[1] + right[0] + right[2:] for left, right in splits if len(right) > 1}
    found |= {left + c + right[1:] for left, right in splits if right for c in letters}
    found |= {left + c + right for left, right in splits for c in letters}
    return found - {word}


def _neighbours(question: str) -> dict[str, list[str]]:
    """Each word of the question, joined with the one before it and the one after it."""
    found: dict[str, list[str]] = {}
    for one, other in pairwise(_WORD.findall(question)):
        for word in (one, other):
            found.setdefault(word, []).append((one + other).lower())
    return found
