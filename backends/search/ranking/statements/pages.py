"""Financial statements of a report: the pages that are recognized by their line items."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import product

from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.postings import HEAD_PREFIX
from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.ranking.statements.line_items import LineItem, Statement, items_of, line_items
from files_api_mcp.backends.search.tokenizer import terms

__all__ = ["items_by_offset", "statement_pages"]

_LIKELY = 8
"""Pages of a document that are read for each statement."""
_LIKELY_SHARE = 0.4
"""Share of the words of a statement and its heading on a page that is read."""
_FIGURES = 15
_HEADED_SHARE, _SHARE = 0.4, 0.7
"""Share of a statement's items on its page, with its heading and without."""
_HEADING, _COMPREHENSIVE, _APART, _CONTINUED = 0.3, -0.1, -0.02, 0.3
_HEAD = 400
_FIGURE = re.compile(r"\d[\d,.]*")
_BLANKS = re.compile(r"\s+")
# A heading may be spaced oddly, as in "Balance Shee t".
_HEADINGS: Mapping[Statement, re.Pattern[str]] = {
    Statement.INCOME: re.compile(
        r"statements?of(?:consolidated)?(?:\(?(?:income|operations|earnings|profit|loss)|comprehensive|net)"
        r"|income(?:statement|account)|profit(?:and|&|or)loss"
    ),
    Statement.BALANCE: re.compile(
        r"balancesheet|statements?of(?:consolidated)?(?:financialposition|financialcondition)"
    ),
    Statement.CASH: re.compile(r"statements?of(?:consolidated)?cashflow|cashflowstatement"),
}
_WORDS: Mapping[Statement, tuple[str, str]] = {
    Statement.INCOME: (
        "revenue sales cost operating income net tax provision interest per share diluted basic expense",
        "statement income operations earnings profit loss",
    ),
    Statement.BALANCE: (
        "total assets current liabilities equity retained earnings receivable payable inventories goodwill property"
        " cash stock",
        "balance sheet statement financial position condition",
    ),
    Statement.CASH: (
        "net cash operating investing financing activities depreciation proceeds repayment purchase beginning end"
        " adjustments",
        "statement cash flow",
    ),
}
"""Words on the page of a statement, and in its heading."""

Read = Callable[[int], str]
"""Reads a page of a document."""


def statement_pages(index: Index, document: Document, read: Read) -> Mapping[Statement, frozenset[int]]:
    """The pages of each statement that a report with pages has, if it is in English.

    Of several pages that may be a statement, it is the one with most of its items near to the other statements: they
    stand together. A statement may go on over the next page.
    """
    if not document.paginated:
        return {}
    scores = {kind: _scored(kind, pages, read) for kind, pages in _likely(index, document).items()}
    held = {kind: pages for kind, pages in scores.items() if pages}
    if not held:
        return {}

    def worth(pages: Sequence[int]) -> float:
        alike = sum(held[kind][page] for kind, page in zip(held, pages, strict=True))
        return alike + _APART * (max(pages) - min(pages))

    together = max(product(*map(sorted, held.values())), key=worth)
    return {kind: _continued(held[kind], page) for kind, page in zip(held, together, strict=True)}


def items_by_offset(text: str, statement: Statement) -> list[tuple[int, LineItem]]:
    """The line items on the page of a statement, each with the offset of its line."""
    found: list[tuple[int, LineItem]] = []
    start = 0
    for line in text.split("\n"):
        found += [(start, item) for item in items_of(line, statement)]
        start += len(line) + 1
    return found


def _likely(index: Index, document: Document) -> Mapping[Statement, list[int]]:
    """The pages that hold most of the words of each statement and of its heading."""
    wanted = _wanted(english=document.english)
    held = index.postings(document, list(dict.fromkeys(name for names in wanted.values() for name in names)))
    page_of = document.passages.pages
    pages = {
        name: {*found} if name.startswith(HEAD_PREFIX) else {page_of[passage] for passage in found[0::2]}
        for name, found in held.items()
    }
    likely: dict[Statement, list[int]] = {}
    for kind, names in wanted.items():
        count = Counter(page for name in names for page in pages.get(name, ()))
        enough = [page for page, found in count.items() if found >= _LIKELY_SHARE * len(names)]
        likely[kind] = sorted(enough, key=lambda page: (-count[page], page))[:_LIKELY]
    return likely


@cache
def _wanted(*, english: bool) -> Mapping[Statement, Sequence[str]]:
    """The terms on the page of each statement and in its heading, as the index names them."""

    def names(words: str, heading: str) -> list[str]:
        held = terms(words, english=english, keep_stop_words=True)
        return [*held, *(HEAD_PREFIX + term for term in terms(heading, english=english))]

    return {kind: names(*both) for kind, both in _WORDS.items()}


def _scored(kind: Statement, pages: Sequence[int], read: Read) -> dict[int, float]:
    """How much each of the pages is like a statement. Those that are unlike it are left out."""
    items = sum(item.statement == kind for item in line_items().values())
    found: dict[int, float] = {}
    for page in pages:
        text = read(page)
        share = len({item.name for _, item in items_by_offset(text, kind)}) / items
        head = _BLANKS.sub("", text[:_HEAD]).casefold()
        headed = _HEADINGS[kind].search(head) is not None
        if share < (_HEADED_SHARE if headed else _SHARE) or len(_FIGURE.findall(text)) < _FIGURES:
            continue
        found[page] = share + headed * _HEADING + ("comprehensive" in head) * _COMPREHENSIVE
    return found


def _continued(scores: Mapping[int, float], page: int) -> frozenset[int]:
    """A page and those next to it that are as much like the statement."""
    near = [one for one in (page - 1, page, page + 1) if scores.get(one, 0.0) >= scores[page] - _CONTINUED]
    return frozenset(near)
