"""Candidates: the documents and pages that may hold a match, by the terms of their words."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from files_api_mcp.backends.search.find.plan import AllOf, Plan, WordPart
from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.index.term_table import BLOCK
from files_api_mcp.backends.search.tokenizer import FUNCTION_WORDS, is_wide, terms_of
from files_api_mcp.backends.search.vocabulary.words import has_whole_terms

__all__ = ["Candidates", "Pages", "word_parts"]

_LANGUAGES = (True, False)
_LETTERS = {True: 2, False: 3}
"""Letters of one term, by whether they are Han, Kana or Hangul."""

_MOST_LISTS = 3
_MOST_PARTS = 40
"""Parts that are looked up. The others rule nothing out."""

Terms: TypeAlias = frozenset[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Needed:
    """All terms of at least one of these tuples, by whether the document is English."""

    terms: dict[bool, Terms]


@dataclass(frozen=True, slots=True)
class _All:
    parts: "tuple[_Node, ...]"


@dataclass(frozen=True, slots=True)
class _Any:
    parts: "tuple[_Node, ...]"


_Node: TypeAlias = _Needed | _All | _Any


Words: TypeAlias = Mapping[WordPart, Collection[str] | None]
"""The words that hold each part; None if they are too many to look up."""


def word_parts(plan: Plan) -> list[WordPart]:
    """The parts of words that are looked up in the vocabulary: the longest ones of the plan."""
    found = [part for part in dict.fromkeys(_word_parts(plan)) if not _may_be_any(part)]
    return sorted(found, key=lambda part: -len(part.text))[:_MOST_PARTS]


class Candidates:
    """What a plan leaves to look at. Documents are looked up block by block, and their pages one document at a time."""

    def __init__(self, plan: Plan, words: Words) -> None:
        """`words` has those of `word_parts`."""
        node = _resolved(plan, words)
        self._sequence = node.parts if isinstance(node, _All) else () if node is None else (node,)
        self._terms = {english: [*dict.fromkeys(_terms(self._sequence, english))] for english in _LANGUAGES}
        self._passages: Counter[str] = Counter()
        self._all_terms = [*dict.fromkeys(self._terms[True] + self._terms[False])]

    @property
    def are_all(self) -> bool:
        """Whether every page is a candidate."""
        return not self._sequence

    @property
    def term_count(self) -> int:
        """The number of terms that are looked up in each block."""
        return len(self._all_terms)

    def documents(self, index: Index, blocks: Sequence[int]) -> set[int]:
        """The ids of the candidates in these blocks of documents."""
        held: dict[str, set[int]] = {}
        for one in index.holders(blocks, self._all_terms):
            first = one.block * BLOCK
            held.setdefault(one.term, set()).update(first + place for place in one.documents)
            self._passages[one.term] += sum(one.passages)
        found = (_evaluated(_All(self._sequence), english, held) for english in _LANGUAGES)
        return set[int]().union(*found)

    def keep_rarest(self) -> None:
        """Leave the frequent words out of the search for pages, once all documents are looked up: to read their lists
        takes longer than to read the few pages that they rule out."""
        found = sorted(range(len(self._sequence)), key=lambda at: self._count(self._sequence[at]))[:_MOST_LISTS]
        self._sequence = tuple(self._sequence[at] for at in sorted(found))
        self._terms = {english: [*dict.fromkeys(_terms(self._sequence, english))] for english in _LANGUAGES}

    def _count(self, node: _Node) -> int:
        """About how many passages hold what a node says."""
        if isinstance(node, _All):
            return min(map(self._count, node.parts))
        if isinstance(node, _Any):
            return sum(map(self._count, node.parts))
        every = node.terms[True] | node.terms[False]
        return sum(min(self._passages[term] for term in terms) for terms in every)

    def pages(self, index: Index, document: Document) -> "Pages":
        """The pages of a document that may hold a match."""
        if self.are_all:
            return Pages(None, ())
        english, pages = document.english, document.passages.pages
        found = index.postings(document, self._terms[english])
        held = {term: {pages[passage] for passage in numbers[0::2]} for term, numbers in found.items()}
        parts = [_evaluated(node, english, held) for node in self._sequence]
        return Pages(set[int].intersection(*parts), [*_broken(parts)])


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages that hold all words (None: any page may), and the pages that hold the first ones while the next page
    holds the rest."""

    whole: set[int] | None
    broken: Sequence[int]


def _broken(parts: Sequence[set[int]]) -> Iterator[int]:
    found: set[int] = set()
    for at in range(1, len(parts)):
        first, rest = set[int].intersection(*parts[:at]), set[int].intersection(*parts[at:])
        found.update(page for page in first if page + 1 in rest)
    return iter(sorted(found))


def _resolved(plan: Plan, words: Words) -> _Node | None:
    """The plan with terms; None if it rules nothing out."""
    if isinstance(plan, WordPart):
        held = words.get(plan)
        if held is None:
            return None
        needed = {english: _alternatives(plan, held, english=english) for english in _LANGUAGES}
        return _Needed(needed) if all(all(terms) for terms in needed.values()) else None
    parts = tuple(_resolved(part, words) for part in plan.parts)
    kept = tuple(part for part in parts if part is not None)
    if isinstance(plan, AllOf):
        return _All(kept) if kept else None
    return _Any(kept) if len(kept) == len(parts) else None


def _alternatives(part: WordPart, words: Collection[str], *, english: bool) -> Terms:
    """The terms of each word that holds the part."""
    found = {tuple(terms_of([word], english=english)) for word in words}
    if has_whole_terms(part.text):
        found.add(tuple(terms_of([part.text], english=english)))
    return frozenset(found)


def _word_parts(plan: Plan) -> Iterator[WordPart]:
    if isinstance(plan, WordPart):
        yield plan
    else:
        for part in plan.parts:
            yield from _word_parts(part)


def _may_be_any(part: WordPart) -> bool:
    """Whether the index cannot say which documents hold the part."""
    if has_whole_terms(part.text):
        return len(part.text) < _LETTERS[is_wide(part.text[0])]
    return any(_holds(word, part) for word in FUNCTION_WORDS)  # they have no terms


def _holds(word: str, part: WordPart) -> bool:
    if part.open_left:
        return part.text in word if part.open_right else word.endswith(part.text)
    return word.startswith(part.text) if part.open_right else word == part.text


def _terms(nodes: Sequence[_Node], english: bool) -> Iterator[str]:  # noqa: FBT001
    for node in nodes:
        if isinstance(node, _Needed):
            for terms in node.terms[english]:
                yield from terms
        else:
            yield from _terms(node.parts, english)


def _evaluated(node: _Node, english: bool, held: dict[str, set[int]]) -> set[int]:  # noqa: FBT001
    """The documents or pages that hold what the node says. Those that hold each term are `held`."""
    nothing: set[int] = set()
    if isinstance(node, _Needed):
        every = (set[int].intersection(*(held.get(term, nothing) for term in terms)) for terms in node.terms[english])
        return nothing.union(*every)
    parts = [_evaluated(part, english, held) for part in node.parts]
    return set[int].intersection(*parts) if isinstance(node, _All) else nothing.union(*parts)
