"""Files that a question names."""

from collections import Counter
from collections.abc import Mapping
from pathlib import PurePath

from files_api_mcp.backends.search.tokenizer import terms

__all__ = ["names_held"]

_LEAST = 0.5


def names_held(question: str, names: Mapping[int, str]) -> dict[int, float]:
    """How much of each file's name a question has, from half on, by position. Words that most of the names have do not
    count: they tell no file from another."""
    words = {position: {*_words(name)} for position, name in names.items()}
    count = Counter(word for one in words.values() for word in one)
    asked = {*terms(question, english=True)}
    held: dict[int, float] = {}
    for position, one in words.items():
        telling = {word for word in one if 2 * count[word] <= len(names)}
        share = len(telling & asked) / len(telling) if telling else 0.0
        if share >= _LEAST:
            held[position] = share
    return held


def _words(name: str) -> list[str]:
    return terms(PurePath(name).stem, english=True)
