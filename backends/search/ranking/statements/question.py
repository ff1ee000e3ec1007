"""What a question asks of financial statements: statements that it names, line items, and those of ratios."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from files_api_mcp.backends.search.ranking.statements.line_items import LineItem, Statement, called, line_items
from files_api_mcp.backends.search.tokenizer import terms

__all__ = ["AskedFigures", "asked_figures"]

_PERIOD = re.compile(
    r"\bfy ?\d\d|\bfiscal\b|\b(?:19|20)\d\d\b|\byear[- ]?end\b|\bend of (?:the )?year\b", re.IGNORECASE
)
# Reasons, segments and plans are in the text, not in a statement.
_TOLD = re.compile(
    r"\b(?:drove|driven|drivers?|why did|reasons?|segments?|regions?|categor\w+|forecast\w*|guidance)\b", re.IGNORECASE
)
# So are answers to who, which and whether.
_NOT_HOW_MUCH = re.compile(
    r"\s*(?:who|whom|whose|which|where|when|why|is|are|was|were|do|does|did|has|have|had)\b", re.IGNORECASE
)
_RATIO = re.compile(r"\bratio\b", re.IGNORECASE)
_NAMES: Mapping[Statement, Sequence[str]] = {
    Statement.INCOME: (
        "income statement",
        "statement of income",
        "statement of operations",
        "statement of earnings",
        "profit and loss statement",
        "p&l",
    ),
    Statement.BALANCE: ("balance sheet", "statement of financial position", "statement of financial condition"),
    Statement.CASH: ("cash flow statement", "statement of cash flows"),
}

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskedFigures:
    """The line items that a question asks for, the `statements` that it names, those that a known ratio needs, and
    whether it asks for a ratio, known or of its own items."""

    items: frozenset[LineItem]
    statements: frozenset[Statement]
    for_ratios: frozenset[Statement]
    is_ratio: bool

    def asks_for_all(self, statement: Statement) -> bool:
        """Whether more than single rows of a statement answer."""
        return statement in self.statements or statement in self.for_ratios

    def of(self, statement: Statement) -> frozenset[LineItem]:
        """The items of a statement, if the question does not name other ones only."""
        if self.statements and statement not in self.statements:
            return frozenset()
        return frozenset(item for item in self.items if item.statement == statement)


def asked_figures(question: str) -> AskedFigures | None:
    """What a question asks of statements; None if other text answers it. A single item counts with a period only."""
    if _TOLD.search(question):
        return None
    items: set[str] = set()
    of_ratios: set[str] = set()
    named: set[Statement] = set()
    single, ratios = called()
    for phrase in _phrases(terms(question, english=True)):
        items.update(single.get(phrase, ()))
        of_ratios.update(ratios.get(phrase, ()))
        named.update(_named().get(phrase, ()))
    if not (of_ratios or named or (items and _PERIOD.search(question) and not _NOT_HOW_MUCH.match(question))):
        return None
    known = line_items()
    for_ratios = frozenset(known[name].statement for name in of_ratios)
    is_ratio = bool(of_ratios) or (len(items) > 1 and _RATIO.search(question) is not None)
    return AskedFigures(frozenset(known[name] for name in items | of_ratios), frozenset(named), for_ratios, is_ratio)


def _phrases(words: Sequence[str]) -> list[Phrase]:
    """The known phrases among the words, from the first word on: the longest one, then those that follow it."""
    known = _known()
    longest = max(map(len, known))
    found: list[Phrase] = []
    at = 0
    while at < len(words):
        phrases = (tuple(words[at : at + length]) for length in range(longest, 0, -1))
        phrase = next((one for one in phrases if one in known), ())
        found += [phrase] if phrase else []
        at += len(phrase) or 1
    return found


@cache
def _known() -> frozenset[Phrase]:
    single, ratios = called()
    return frozenset({*single, *ratios, *_named()} - {()})


@cache
def _named() -> Mapping[Phrase, tuple[Statement]]:
    return {tuple(terms(name, english=True)): (kind,) for kind, names in _NAMES.items() for name in names}
