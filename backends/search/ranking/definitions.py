"""Definitions: the passages that say what a word means, for a question that asks it."""

import re
from collections.abc import Callable, Sequence

from files_api_mcp.backends.search.ranking.query import is_phrasing
from files_api_mcp.backends.search.tokenizer import is_stop_word

__all__ = ["definition_held"]

_ASKED = re.compile(
    r"\bwhat do(?:es)? it mean (?:to|that|if|when) (.{2,80})"
    r"|\bwhat (?:does|do|did|is meant by|counts as|qualifies as) (.{2,80})"
    r"|\b(?:definition|meaning) of (.{2,80})|\bdefined? (?:as )?(.{2,80})|\bwh(?:at|o)(?: is|'s| are) (.{2,60})",
    re.IGNORECASE,
)
_ASKED_FOR_A_WORD = re.compile(
    r"\bwhat (?:is|are|am|was|were) (?:\w+ ){1,3}called\b|\bhow (?:is|are) .{2,60} called\b"
    r"|\bwhat (?:do|does|would) \w+ call\b|\b(?:what|which) (?:word|term|name) \w+ (?:for|used|given)\b"
    r"|\b(?:word|term|name) (?:for|of) (?:what|something|someone|anyone|anything)\b",
    re.IGNORECASE,
)
_ENDS = re.compile(r"[?.,;]|\b(?:means?|meant|stands? for|defined|mean by)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_CUE = re.compile(
    r"\bmeans?\b|\bmeaning\b|\bshall mean\b|\brefers? to\b|\b(?:is|are) defined\b|\bdenotes?\b|\bstands? for\b"
    r"|\bhas the meaning\b|\bthe term\b"
)
_QUOTES = "\"\u201c\u201e\u00ab'\u2018"
_EXPLAINED_WORD = re.compile(
    r"[\"\u201c\u201e\u00ab][^\"\u201c\u201d\u201e\u00ab\u00bb\n]{2,40}[\"\u201d\u201c\u00bb][^.\"]{0,40}?"
    r"\b(?:means?|shall mean|refers? to|denotes?|stands? for|(?:is|are) defined|has the meaning)\b"
)
_ANY_WORD = 0.5
"""How surely a text that explains some word explains the one that is asked for."""
_MOST_WORDS = 4
_NEAR = 80
"""Characters between a word and what says that it is explained."""


def definition_held(question: str) -> Callable[[str], float]:
    """How surely a text explains the word that the question asks about or for, 0 to 1; always 0 if it asks for none."""
    if _ASKED_FOR_A_WORD.search(question):
        return lambda text: _ANY_WORD if _EXPLAINED_WORD.search(text.casefold()) else 0.0
    words = _defined_words(question)
    if not words:
        return lambda _: 0.0
    return lambda text: _explained(words, text.casefold())


def _defined_words(question: str) -> Sequence[str]:
    asked = _ASKED.search(question)
    if asked is None:
        return []
    subject = next(group for group in asked.groups() if group)
    words = _WORD.findall(_ENDS.split(subject.lstrip(_QUOTES), maxsplit=1)[0].casefold())
    kept = [word for word in words if not is_stop_word(word) and not is_phrasing(word)]
    return kept if len(kept) <= _MOST_WORDS else []


def _explained(words: Sequence[str], text: str) -> float:
    """1 if the words are quoted before what says that they are explained, less if they are not quoted."""
    best = 0.0
    at = text.find(words[0])
    while at >= 0 and best < 1:
        after = text[at : at + len(words[0]) + _NEAR]
        if all(word in after for word in words) and _CUE.search(after):
            best = 1.0 if text[at - 1 : at] and text[at - 1] in _QUOTES else max(best, 0.5)
        at = text.find(words[0], at + 1)
    return best
