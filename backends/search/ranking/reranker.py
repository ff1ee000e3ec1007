"""Reranks the best passages by proximity of terms, figures and dates."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.ranking.bm25 import idf
from files_api_mcp.backends.search.ranking.definitions import definition_held
from files_api_mcp.backends.search.ranking.literals import is_held, literals
from files_api_mcp.backends.search.ranking.query import expand_query
from files_api_mcp.backends.search.ranking.scorer import ScoredPassage
from files_api_mcp.backends.search.tokenizer import terms

__all__ = ["RERANKED", "pairs_held", "rerank"]

RERANKED = 30
"""Number of best passages that are read and reranked."""

_PAIRS, _FIGURES, _DATES, _LITERAL, _DEFINITION = 0.3, 0.15, 0.1, 1.0, 0.4
_FAR = 2
_REVERSED = 0.5
_MANY_FIGURES = 10

_FIGURE = re.compile(r"\d[\d.,]*")
_DATE = re.compile(
    r"\b(?:1[5-9]\d\d|20\d\d|january|february|march|april|may|june|july|august|september|october|november|december)\b",
    re.IGNORECASE,
)
_ASKS_FOR_FIGURES = re.compile(
    r"%|\bhow (?:many|much|long|far|old|large|big|high|fast)\b"
    r"|\b(?:percent|percentage|ratio|rate|amount|total|number of|average|value|margin|growth|cost|price"
    r"|in (?:usd|thousands|millions|billions))\b"
    r"|\bwie (?:viel|hoch|lang|alt|gro[sß])|\bcu[aá]nt|\bcombien\b|\bquant[aeio]s?\b|\bhoeveel\b"
    r"|сколько|多少|几个|いくつ|いくら|\bكم\b|कितन|เท่าไ|กี่",
    re.IGNORECASE,
)
_ASKS_FOR_A_DATE = re.compile(
    r"\bwhen\b|\b(?:what|which) (?:year|date|day|month)\b|\bwann\b|\bcu[aá]ndo\b|\bquand\b|\bquando\b|когда"
    r"|何时|什么时候|哪一年|いつ|متى",
    re.IGNORECASE,
)

Pair = tuple[str, str]


def rerank(
    ranked: Sequence[ScoredPassage],
    documents: Mapping[int, Document],
    question: str,
    text_of: Callable[[ScoredPassage], str],
) -> list[ScoredPassage]:
    """Rerank the best passages; the others follow in their order.

    Passages rise if they contain neighbouring terms of the question next to each other, what it names literally, the
    definition that it asks for, or figures or a date if it asks for them. `text_of` reads a passage.
    """
    first, rest = ranked[:RERANKED], ranked[RERANKED:]
    if not first:
        return []
    texts = [text_of(one) for one in first]
    best = first[0].score
    proximity = _pairs_held([documents[one.position].english for one in first], texts, question)
    bonus = _bonus(question)
    reranked = [
        replace(one, score=one.score + best * (_PAIRS * pairs + bonus(text)))
        for one, text, pairs in zip(first, texts, proximity, strict=True)
    ]
    return sorted([*reranked, *rest], key=lambda one: -one.score)


def pairs_held(question: str, text: str, *, english: bool) -> float | None:
    """The share of the question's neighbouring terms that are close together in a text; None if it has only one."""
    wanted = _pairs(question, english=english)
    held = _held(wanted, terms(text, english=english))
    whole = sum(wanted.values())
    return sum(share * wanted[pair] for pair, share in held.items()) / whole if whole else None


def _bonus(question: str) -> Callable[[str], float]:
    """The bonus of a text for what it says, beside its words."""
    kind, literal, definition = _kind_bonus(question), _literal_bonus(question), definition_held(question)
    return lambda text: kind(text) + literal(text) + _DEFINITION * definition(text)


def _literal_bonus(question: str) -> Callable[[str], float]:
    """The bonus of a text that holds what the question quotes, its ids and its figures."""
    wanted = literals(question)
    if not wanted:
        return lambda _: 0.0
    return lambda text: _LITERAL * sum(is_held(one, text) for one in wanted) / len(wanted)


def _kind_bonus(question: str) -> Callable[[str], float]:
    """The bonus of a text with figures or a date, if the question asks for them."""
    if _ASKS_FOR_FIGURES.search(question):
        return lambda text: _FIGURES * min(1.0, len(_FIGURE.findall(text)) / _MANY_FIGURES)
    if _ASKS_FOR_A_DATE.search(question):
        return lambda text: _DATES if _DATE.search(text) else 0.0
    return lambda _: 0.0


def _pairs_held(english: Sequence[bool], texts: Sequence[str], question: str) -> list[float]:
    """The share of the question's term pairs that each text contains; a rare pair counts more."""
    wanted = {kind: _pairs(question, english=kind) for kind in set(english)}
    held = [_held(wanted[kind], terms(text, english=kind)) for kind, text in zip(english, texts, strict=True)]
    count = Counter(pair for one in held for pair in one)

    def worth(pair: Pair, weight: float) -> float:
        return weight * idf(len(texts), count[pair])

    whole = {kind: sum(worth(pair, weight) for pair, weight in pairs.items()) for kind, pairs in wanted.items()}
    return [
        sum(share * worth(pair, wanted[kind][pair]) for pair, share in one.items()) / (whole[kind] or 1)
        for kind, one in zip(english, held, strict=True)
    ]


def _pairs(question: str, *, english: bool) -> dict[Pair, float]:
    """Neighbours among the question's terms, and their weights."""
    weights = expand_query(question, english=english)
    words = [word for word in terms(question, english=english) if word in weights]
    return {(one, other): min(weights[one], weights[other]) for one, other in pairwise(words) if one != other}


def _held(pairs: dict[Pair, float], words: Sequence[str]) -> dict[Pair, float]:
    """The pairs whose terms are close together: 1 in the question's order, less in reverse."""
    sought = {word for pair in pairs for word in pair}
    found = [(position, word) for position, word in enumerate(words) if word in sought]
    held: dict[Pair, float] = {}
    for at, (position, word) in enumerate(found):
        for further, other in found[at + 1 : at + 1 + _FAR]:
            if further - position > _FAR:
                break
            if (word, other) in pairs:
                held[word, other] = 1.0
            elif (other, word) in pairs:
                held.setdefault((other, word), _REVERSED)
    return held
