"""Financial statements: the pages of a report that answer a question for a figure of a period."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product

from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.postings import HEAD_PREFIX
from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.ranking.scorer import Ranking
from files_api_mcp.backends.search.tokenizer import terms

__all__ = ["with_statements"]

_GAIN = 0.6
"""Of the best score. A passage with the question's rare words keeps its place before a statement."""
_MOST_DOCUMENTS = 3
_MOST_PAGES = 8
_FIGURES = 25
"""Figures of a statement. A page with fewer only mentions it."""
_FIGURE = re.compile(r"\d[\d,.]*")
_PERIOD = re.compile(
    r"\bfy ?\d\d|\bfiscal\b|\b(?:19|20)\d\d\b|\byear[- ]?end\b|\bend of (?:the )?year\b", re.IGNORECASE
)
# Reasons, segments and plans are in the text, not in a statement.
_TOLD = re.compile(
    r"\b(?:drove|driven|drivers?|why did|reasons?|segments?|regions?|categor\w+|forecast\w*|guidance)\b", re.IGNORECASE
)
_NAMES: Mapping[str, re.Pattern[str]] = {
    "income": re.compile(
        r"\b(?:income statements?|statements? of (?:\w+ )?(?:income|operations|earnings)|profit and loss|p&l|revenues?"
        r"|net sales|cogs|cost of (?:goods sold|sales|revenues?)"
        r"|gross (?:profit|margin)|operating (?:income|profit|margin)|ebit(?:da)?"
        r"|net (?:income|earnings|profit)|earnings per share|eps|interest expense|tax rate|turnover)\b",
        re.IGNORECASE,
    ),
    "balance": re.compile(
        r"\b(?:balance sheets?|statements? of financial position|total (?:current )?(?:assets|liabilities)"
        r"|current (?:assets|liabilities)|working capital|receivables?|inventor(?:y|ies)|payables?|pp&e|ppne"
        r"|property,? plant|fixed assets?|return on assets|roa|current ratio|quick ratio|turnover"
        r"|capital[- ]intensive)\b",
        re.IGNORECASE,
    ),
    "cash": re.compile(
        r"\b(?:cash flow statements?|statements? of cash flows?|capex|capital expenditures?|depreciation|free cash flow"
        r"|cash (?:flow )?from operat\w+|operating cash flow|dividends paid|capital[- ]intensive)\b",
        re.IGNORECASE,
    ),
}


def with_statements(index: Index, ranking: Ranking, question: str) -> Ranking:
    """The ranking in which passages on financial statements gain, if the question asks for a figure that these show."""
    wanted = _statements_named(question)
    if not wanted or not ranking.passages:
        return ranking
    positions = list(dict.fromkeys(one.position for one in ranking.passages))[:_MOST_DOCUMENTS]
    pages = {position: _pages(index, ranking.documents[position], wanted) for position in positions}
    gain = _GAIN * ranking.passages[0].score
    passages = [
        replace(one, score=one.score + gain)
        if ranking.documents[one.position].passages.span(one.passage)[0] in pages.get(one.position, ())
        else one
        for one in ranking.passages
    ]
    return replace(ranking, passages=sorted(passages, key=lambda one: -one.score))


def _statements_named(question: str) -> list[str]:
    if not _PERIOD.search(question) or _TOLD.search(question):
        return []
    return [name for name, words in _NAMES.items() if words.search(question)]


def _pages(index: Index, document: Document, wanted: Sequence[str]) -> frozenset[int]:
    """The pages of the wanted statements. Of several pages with the heading of one, it is the one nearest to the other
    statements: they stand together."""
    if not document.paginated:
        return frozenset()
    found = {name: _with_figures(index, document, pages) for name, pages in _headed(index, document).items()}
    held = {name: pages for name, pages in found.items() if pages}
    if not held:
        return frozenset()
    together = min(product(*held.values()), key=lambda pages: (max(pages) - min(pages), pages))
    chosen = dict(zip(held, together, strict=True))
    return frozenset(page for name, page in chosen.items() if name in wanted)


def _headed(index: Index, document: Document) -> Mapping[str, set[int]]:
    """The pages that a statement's heading is on."""
    words = ("statement", "income", "operations", "earnings", "balance", "sheet", "position", "cash", "flows")
    term = {word: HEAD_PREFIX + terms(word, english=document.english)[0] for word in words}
    held = index.postings(document, list(term.values()))
    on = {word: set(held.get(name, ())) for word, name in term.items()}
    return {
        "income": on["statement"] & (on["income"] | on["operations"] | on["earnings"]),
        "balance": (on["balance"] & on["sheet"]) | (on["statement"] & on["position"]),
        "cash": on["statement"] & on["cash"] & on["flows"],
    }


def _with_figures(index: Index, document: Document, pages: set[int]) -> list[int]:
    few = sorted(pages)[:_MOST_PAGES]
    return [page for page in few if len(_FIGURE.findall(index.page(document, page).text)) >= _FIGURES]
