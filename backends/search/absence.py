"""What the searched documents lack of a question: words, ids, and passages that are about it."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from files_api_mcp.backends.search.ranking.query import expand_query
from files_api_mcp.backends.search.tokenizer import terms

__all__ = ["Absence", "share_held"]

_WEAK = 1 / 3
"""Of what a question says, the mean of the share that its best passage holds and of the share that the documents hold.
Passages below it are about something else: so were 71 % of the questions that were asked of a wrong file, and 8 % of
the others."""
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
    " big small give gave sort kind type case people person man day time year part place end"
)


def share_held(question: str, text: str, held: Container[str], *, english: bool) -> float:
    """How much of the question a passage and the documents hold, 0 to 1. `held` are terms of the documents. Words that
    say little about the subject count less."""
    own = dict.fromkeys(terms(question, english=english) or terms(question, english=english, keep_stop_words=True))
    weights = expand_query(question, english=english)
    counted = {
        term: min(weights[term], _LIGHT) if term in _light() else weights[term] for term in own if term in weights
    }
    quoted = {*terms(text, english=english, keep_stop_words=True)}
    shares = [sum(weight for term, weight in counted.items() if term in where) for where in (quoted, held)]
    return sum(shares) / len(shares) / (sum(counted.values()) or 1)


@cache
def _light() -> frozenset[str]:
    return frozenset(terms(_LIGHT_WORDS, english=True, keep_stop_words=True))


@dataclass(frozen=True, slots=True)
class Absence:
    """What the documents lack of a question, of which they hold a `share`; with the words as they write them
    (`spellings`) it is `spelled_share`. `words` and `ids` are in no document, `similar` ids are."""

    share: float
    spelled_share: float
    words: Sequence[str] = ()
    ids: Sequence[str] = ()
    spellings: Mapping[str, str] = field(default_factory=dict[str, str])
    similar: Sequence[str] = ()

    @property
    def is_weak(self) -> bool:
        """Whether the passages seem to be about something else."""
        return bool(self.ids) or not self._is_about

    @property
    def strength(self) -> float:
        """How far the passages are from being about something else, 0 to 1: 1 from half of what is weak on."""
        return min(1.0, 2 * self.spelled_share / _WEAK)

    def notes(self, files: int) -> list[str]:
        """Notes on this, if the passages are weak. `files` is the number of those that were asked."""
        if not self.is_weak:
            return []
        missing = [*self.ids, *(self._named(word) for word in self.words if not _is_light(word))]
        notes = [] if self._is_about else ["Weak match: no passage holds much of the question."]
        if missing:
            notes.append(f"Not in the {'file' if files == 1 else 'files'}: {_listed(missing)}.")
        if self.similar:
            notes.append(f"Similar: {_listed(self.similar)}.")
        return notes

    @property
    def _is_about(self) -> bool:
        return self.share >= _WEAK - _ROUNDING

    def _named(self, word: str) -> str:
        return f'"{word}" (read as "{self.spellings[word]}")' if word in self.spellings else f'"{word}"'


def _is_light(word: str) -> bool:
    return all(term in _light() for term in terms(word, english=True, keep_stop_words=True))


def _listed(words: Sequence[str]) -> str:
    more = len(words) - _MOST_NAMED
    return ", ".join(words[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
