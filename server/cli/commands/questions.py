"""A question to a document that nobody has read yet, made of its own words."""

import re

__all__ = ["question_from"]

_WORD = re.compile(r"[^\W\d_]{4,}")
_MOST_WORDS = 6


def question_from(text: str) -> str:
    """The longest words of the line that holds most of them, in their order; empty where there are no words."""
    best: list[str] = []
    for line in text.splitlines()[2:-1]:
        words = list(dict.fromkeys(_WORD.findall(line)))
        longest = set(sorted(words, key=len, reverse=True)[:_MOST_WORDS])
        kept = [word for word in words if word in longest]
        if sum(map(len, kept)) > sum(map(len, best)):
            best = kept
    return " ".join(best)
