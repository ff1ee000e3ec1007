"""Query expansion: a question to weighted search terms."""

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files

from files_api_mcp.backends.search.tokenizer import terms

__all__ = ["expand_query", "is_phrasing", "terms_with_synonyms"]

_MOST_TERMS = 200
_PHRASING = 0.3
_RELATED = 0.6

# Words of the request itself: the form of the answer, and its source.
_PHRASING_WORDS = (
    "answer question give provide list state explain describe calculate compute determine identify mention mentioned"
    " according based using relying rely shown show details document report text passage file information context"
    " following please round rounded decimal place places unit units format percent percentage thousands millions"
    " billions assume assuming approach standpoint perspective analyst primarily possible sentence sentences word"
    " words summarize summary tell find many much number name useful relevant metric"
)

Phrase = tuple[str, ...]


@lru_cache(maxsize=8)
def expand_query(question: str, *, english: bool) -> Mapping[str, float]:
    """The terms to look up and their weights. Those of the last questions are kept: an answer needs them thrice.

    The question's own terms count 1, or less if they only phrase the request; synonyms count 0.6. A question of
    nothing but stop words is looked up by these.
    """
    own = terms(question, english=english) or terms(question, english=english, keep_stop_words=True)
    if not english:
        return dict.fromkeys(own[:_MOST_TERMS], 1.0)
    weights = {term: _PHRASING if term in _phrasing() else 1.0 for term in own}
    for term in _related(own):
        weights.setdefault(term, _RELATED)
    return dict(list(weights.items())[:_MOST_TERMS])


def is_phrasing(word: str) -> bool:
    """Whether a word only phrases the request."""
    return all(term in _phrasing() for term in terms(word, english=True))


def terms_with_synonyms(question: str) -> frozenset[str]:
    """The terms of the question's phrases that have synonyms: documents may well say these in other words."""
    return frozenset(term for phrase in _known(terms(question, english=True)) for term in phrase)


def _related(own: list[str]) -> Iterator[str]:
    related, _ = _synonyms()
    for known in _known(own):
        for phrase in related[known]:
            yield from phrase


def _known(own: list[str]) -> Iterator[Phrase]:
    """The phrases among the terms that have synonyms."""
    related, longest = _synonyms()
    for start in range(len(own)):
        for length in range(1, longest + 1):
            phrase = tuple(own[start : start + length])
            if len(phrase) == length and phrase in related:
                yield phrase


@cache
def _phrasing() -> frozenset[str]:
    return frozenset(terms(_PHRASING_WORDS, english=True))


@cache
def _synonyms() -> tuple[dict[Phrase, list[Phrase]], int]:
    """The synonyms of each phrase, and the length of the longest phrase."""
    related: dict[Phrase, list[Phrase]] = {}
    text = (files("files_api_mcp.backends.search.ranking") / "synonyms.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        mark = next((mark for mark in ("=", ">") if f" {mark} " in line), None)
        if mark is None or line.startswith("#"):
            continue
        left, right = ([_phrase(text) for text in side.split("|")] for side in line.split(f" {mark} "))
        for phrase in left + right if mark == "=" else left:
            others = [other for other in (left + right if mark == "=" else right) if other != phrase]
            related.setdefault(phrase, []).extend(others)
    return related, max(map(len, related))


def _phrase(text: str) -> Phrase:
    return tuple(terms(text, english=True, keep_stop_words=False))
