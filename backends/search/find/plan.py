"""Plans: which words a page must hold to hold a match."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from files_api_mcp.backends.search.find.folding import HYPHEN
from files_api_mcp.backends.search.tokenizer import WORD
from files_api_mcp.backends.search.vocabulary.bridges import REACH

__all__ = ["AllOf", "AnyOf", "Plan", "WordPart", "words_of"]


@dataclass(frozen=True, slots=True)
class WordPart:
    """A word, or a part of one: `open_left` and `open_right` mean that the word may go on there."""

    text: str
    open_left: bool
    open_right: bool


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of these, in this order. Without parts, it says nothing of a page."""

    parts: "tuple[Plan, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of these."""

    parts: "tuple[Plan, ...]"


Plan: TypeAlias = WordPart | AllOf | AnyOf


def words_of(text: str) -> AllOf:
    """The plan for a folded text that may begin and end within words."""
    return AllOf(tuple(_parts(text)))


def _parts(text: str) -> Iterator[Plan]:
    found = [*WORD.finditer(text)]
    for number, match in enumerate(found):
        start, end = match.span()
        # A word that is hyphenated at a line's end is indexed as one.
        left = number == 0 or text[:start].rstrip().endswith(HYPHEN)
        right = number == len(found) - 1 or text[end:].lstrip().startswith(HYPHEN)
        word = _part(match[0], open_left=left, open_right=right)
        if "," not in match[0]:
            yield word
            continue
        # In tables the commas are between cells.
        first, *middle, last = match[0].split(",")
        cells = [_part(first, open_left=left, open_right=False)]
        cells += [_part(one, open_left=False, open_right=False) for one in middle]
        yield AnyOf((word, AllOf((*cells, _part(last, open_left=False, open_right=right)))))


def _part(text: str, *, open_left: bool, open_right: bool) -> WordPart:
    if not text.isascii():
        open_left = open_right = True
    # A longer word may be cut at the end of a passage.
    return WordPart(text[:REACH], open_left, open_right or len(text) > REACH)
