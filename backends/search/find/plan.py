"""Plans: which words a page must hold to hold a match."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from files_api_mcp.backends.search.find.folding import HYPHEN, OTHER_DASH
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
    for match in WORD.finditer(text):
        before, after = text[: match.start()], text[match.end() :]
        # What may stand before the blanks is a hyphen.
        left = not before.strip() or _may_go_on(match[0], before[::-1])
        right = _may_go_on(match[0], after)
        word = _part(match[0], open_left=left, open_right=right)
        if "," not in match[0]:
            yield word
            continue
        # In tables the commas are between cells.
        first, *middle, last = match[0].split(",")
        cells = [_part(first, open_left=left, open_right=False)]
        cells += [_part(one, open_left=False, open_right=False) for one in middle]
        yield AnyOf((word, AllOf((*cells, _part(last, open_left=False, open_right=right)))))


def _may_go_on(word: str, beside: str) -> bool:
    """Whether a word may go on in a text that this stands beside it in the pattern."""
    if not beside or beside.lstrip().startswith((HYPHEN, OTHER_DASH)):
        return True  # a word that is hyphenated at a line's end is indexed as one
    return beside[0] in ".," and word[0].isdigit() and not beside[1:]


def _part(text: str, *, open_left: bool, open_right: bool) -> WordPart:
    if not text.isascii():
        open_left = open_right = True
    # A longer word may be cut at the end of a passage.
    return WordPart(text[:REACH], open_left, open_right or len(text) > REACH)
