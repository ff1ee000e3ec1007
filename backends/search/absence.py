"""What the searched documents lack of a question: words, ids, and passages that are about it."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import log
from typing import NamedTuple

from files_api_mcp.backends.search.ranking.query import expand_query
from files_api_mcp.backends.search.ranking.reranker import pairs_held
from files_api_mcp.backends.search.tokenizer import terms

__all__ = ["Absence", "Held", "evidence", "held_of"]

_DOUBTFUL = 0.21
"""Passages with less evidence seem to be about something else."""
_LITTLE, _MANY = 0.2, 4
"""So do those that hold a smaller share of a question, of which the documents lack so many words."""
_NAME, _SIZE = 0.4, 0.125
"""How much an absent name and the size of the documents count against the evidence."""
_USUAL, _SMALLEST, _LARGEST = 50, 20, 300
"""Passages of documents whose size does not count, and of those from which on more or fewer make no difference."""
_WEAK = 1 / 3
"""Passages that hold a smaller share of the question hold little of it."""
_ROUNDING = 1e-9
_MOST_NAMED = 5
_LIGHT = 0.3
# Words of any conversation. Whether a text holds them says little about its subject.
_LIGHT_WORDS = (
    "get gets got make makes made take takes taken took go goes going gone come comes came keep kept want wants"
    " wanted need needs needed use used using put let lets like thing things something anything nothing someone"
    " somebody anybody anyone everybody nobody still just only even too again ever never already yet here now then"
    " soon away back myself yourself own one two first last new old good way ways happen happens happened work"
    " works set try say says said see look ask asked know think call called mean means long often fast early late"
    " big small give gave sort kind type case people person man day time year part place end am cannot must until onto"
    " across everything whatever whether else don doesn didn isn aren wasn weren hasn haven won couldn shouldn wouldn"
    " ain re ve ll"
)


class Held(NamedTuple):
    """How much of a question a passage and the documents hold, 0 to 1: of its words, which count less if they say
    little about the subject, and of its pairs of neighbouring words."""

    words: float
    pairs: float


def held_of(question: str, text: str, held: Container[str], *, english: bool) -> Held:
    """How much of the question a passage and the documents hold. `held` are terms of the documents."""
    own = dict.fromkeys(terms(question, english=english) or terms(question, english=english, keep_stop_words=True))
    weights = expand_query(question, english=english)
    counted = {
        term: min(weights[term], _LIGHT) if term in _light() else weights[term] for term in own if term in weights
    }
    quoted = {*terms(text, english=english, keep_stop_words=True)}
    shares = [sum(weight for term, weight in counted.items() if term in where) for where in (quoted, held)]
    words = sum(shares) / len(shares) / (sum(counted.values()) or 1)
    pairs = pairs_held(question, text, english=english)
    return Held(words, words if pairs is None else pairs)


def evidence(held: Held, passages: int, *, lacks_name: bool) -> float:
    """How sure it is that documents of so many passages are about a question of which they hold so much. Large ones
    hold some words of any question; small ones say much in other words. A name is not said in other words."""
    size = log(min(max(passages, _SMALLEST), _LARGEST) / _USUAL)
    return held.words + held.pairs - _NAME * lacks_name - _SIZE * size


@cache
def _light() -> frozenset[str]:
    return frozenset(terms(_LIGHT_WORDS, english=True, keep_stop_words=True))


@dataclass(frozen=True, slots=True)
class Absence:
    """What the documents lack of a question, of which they hold a `share`; with the words as they write them
    (`spellings`) it is `spelled_share`. `names`, `words` and `ids` are in no document, `similar` ids are. `evidence`
    says that the passages are about the question."""

    evidence: float
    share: float
    spelled_share: float
    names: Sequence[str] = ()
    words: Sequence[str] = ()
    ids: Sequence[str] = ()
    spellings: Mapping[str, str] = field(default_factory=dict[str, str])
    similar: Sequence[str] = ()

    @property
    def is_doubtful(self) -> bool:
        """Whether the passages seem to be about something else."""
        if self.ids or self.evidence < _DOUBTFUL:
            return True
        return self.share < _LITTLE and sum(word not in self.spellings for word in self._heavy) >= _MANY

    @property
    def strength(self) -> float:
        """How far the passages are from holding little of the question, 0 to 1: 1 from half of what is weak on."""
        return min(1.0, 2 * self.spelled_share / _WEAK)

    def notes(self, files: int) -> list[str]:
        """Notes on this, if the passages seem to be about something else. `files` is the number of those asked."""
        if not self.is_doubtful:
            return []
        missing = [*self.ids, *map(self._named, dict.fromkeys([*self.names, *self._heavy]))]
        is_weak = self.share < _WEAK - _ROUNDING or not missing
        notes = ["Weak match: no passage holds much of the question."] if is_weak else []
        if missing:
            notes.append(f"Not in the {'file' if files == 1 else 'files'}: {_listed(missing)}.")
        if self.similar:
            notes.append(f"Similar: {_listed(self.similar)}.")
        return notes

    @property
    def _heavy(self) -> list[str]:
        """The absent words that say something about the subject."""
        return [word for word in self.words if not _is_light(word)]

    def _named(self, word: str) -> str:
        return f'"{word}" (read as "{self.spellings[word]}")' if word in self.spellings else f'"{word}"'


def _is_light(word: str) -> bool:
    return all(term in _light() for term in terms(word, english=True, keep_stop_words=True))


def _listed(words: Sequence[str]) -> str:
    more = len(words) - _MOST_NAMED
    return ", ".join(words[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
