"""Line items of financial statements: how statements label them, and what questions call them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import groupby

from files_api_mcp.backends.search.tokenizer import terms

__all__ = ["LineItem", "Statement", "called", "items_of", "line_items"]

_LETTERS = re.compile(r"[^\W\d_]+")
_DIGIT = re.compile(r"\d")
_LONGEST_LABEL = 120
"""Characters of a line that are read as its label."""
_SAME: dict[str, str] = dict.fromkeys(("earnings", "profit", "profits", "loss", "losses"), "income")
"""A loss is a negative income, and stands in the same row."""


class Statement(StrEnum):
    """The three statements of a report."""

    INCOME = "income"
    BALANCE = "balance"
    CASH = "cash"


@dataclass(frozen=True, slots=True)
class LineItem:
    """A row of a statement. Its label begins with one of `labels`, in which `*` stands for other words."""

    name: str
    statement: Statement
    labels: tuple[str, ...]


# Statement: name: labels of its row : what a question calls it. Earnings, profits and losses are written as income.
_ITEMS = """
income revenue: total revenue, total revenues, total net revenue, total net revenues, net revenue, net revenues,
  revenue, revenues, net sales, total net sales, total sales, sales, operating revenues, turnover,
  total operating revenues : revenue, sales, top line, topline
income cost of sales: cost of, costs of, total cost of, total costs of, merchandise costs
  : cogs, cost of goods sold, cost of sales, cost of revenue, cost of products sold
income gross profit: gross income, gross margin : gross profit, gross margin
income selling: selling, marketing, sales and marketing, general, administrative, distribution
  : sg&a, selling general, sales and marketing, general and administrative
income research: research, technology and, product development : r&d, research and development
income operating income: operating income, total operating income, income from operations,
  income from continuing operations before interest : operating income, operating profit, operating earnings,
  operating loss, operating margin, ebit
income expenses: total operating expenses, total expenses, total costs, operating expenses, costs and expenses
  : operating expenses, operating costs
income interest: interest, net interest, finance, financial expense, financial income
  : interest expense, interest income, finance costs
income pretax income: income before, income from continuing operations before
  : pretax income, pre-tax income, pre-tax earnings, pretax earnings, income before taxes, profit before tax
income tax: provision, benefit, income tax, income taxes, tax, taxes, taxation, less provision
  : income taxes, income tax expense, tax provision
income net income: net income, consolidated net income, income for the
  : net income, net earnings, net profit, net loss, bottom line
income per share: basic, diluted, income per, net income per, weighted : eps, earnings per share
balance cash: cash : cash equivalents, cash balance
balance securities: marketable, short term investments, short term marketable
  : marketable securities, short-term investments
balance receivables: receivables, accounts receivable, trade receivables, trade and other receivables,
  accounts and notes receivable, net receivables, customer, total receivables
  : accounts receivable, trade receivables, net receivables, net ar
balance inventories: inventory, inventories, total inventories, merchandise inventories, merchandise inventory
  : inventory
balance current assets: total current assets : current assets
balance property: property, net property, total property, premises, fixed assets, total fixed assets
  : property plant, pp&e, ppe, ppne, fixed assets
balance goodwill: goodwill, intangible, other intangible : goodwill, intangible assets
balance total assets: total assets : assets
balance payables: accounts payable, trade payables, trade and other payables, accounts and, payables,
  trade accounts payable : payables, accounts payable
balance current liabilities: total current liabilities : current liabilities
balance debt: long term debt, total debt, current portion, short term debt, short term borrowings, long term borrowings,
  borrowings, notes, current maturities, total borrowings, unsecured long, unsecured short
  : debt, borrowings, long-term debt, leverage
balance total liabilities: total liabilities, total non current liabilities, total long term liabilities : liabilities
balance equity: total * equity, total equity, total * deficit, shareholders, stockholders
  : stockholders equity, shareholders equity, stockholder equity, shareholder equity, common equity, total equity
balance retained earnings: retained income, accumulated, reinvested income : retained earnings
balance total liabilities and equity: total liabilities and, total equity and liabilities :
cash operating cash: net cash * operating, cash * operating, net cash * operations, cash * operations,
  total * operating : operating cash flow, cash flow from operations, cash from operations, cash flow from operating,
  cash generated by operating activities, cash provided by operating activities
cash investing cash: net cash * investing, cash * investing, net cash * investment, total * investing
  : investing activities, investing cash flow
cash financing cash: net cash * financing, cash * financing, total * financing
  : financing activities, financing cash flow
cash beginning: cash * beginning, cash * start, beginning, balance * beginning, opening :
cash end: cash * end, cash * ending, end of, balance * end, closing :
cash depreciation: depreciation, amortization, amortisation : depreciation
cash capital expenditures: purchase of property, purchases of property, additions to property, payments for property,
  capital expenditures, payments for acquisition of property, acquisition of property, acquisitions of property,
  investments in property, purchase * equipment, purchases * equipment, purchases of plant
  : capex, capital expenditure, capital spending
cash dividends: dividends, cash dividends, payments * dividends, payment * dividends, dividend
  : dividends paid, paid dividends, pay dividends, cash dividends
cash repurchases: repurchase, repurchases, purchases of treasury, purchases of common, common stock repurchased,
  purchases of company, payments * repurchases, share repurchases, treasury stock
  : share repurchases, stock repurchases, repurchase shares, repurchase common stock, buybacks
cash stock compensation: stock based, share based, equity based : stock-based compensation, share-based compensation
cash proceeds: proceeds :
cash repayments: repayment, repayments, payments, payment :
cash adjustments: adjustments :
cash change: net increase, net decrease, net change, increase, decrease, change in :
"""
# What a question calls a ratio or a sum : the items that it is made of.
_RATIOS = """
ebitda, ebitdar: operating income, depreciation
ebit margin, ebitda margin: operating income, depreciation, revenue
gross margin: gross profit, cost of sales, revenue
operating margin, operating income margin, operating profit margin: operating income, revenue
net margin, net profit margin, net income margin, profit margin: net income, revenue
cogs margin: cost of sales, revenue
capital intensive, capital intensity: revenue, property, total assets, capital expenditures
working capital, current ratio: current assets, current liabilities
quick ratio, acid test: cash, securities, receivables, current liabilities
liquidity profile, liquidity ratio: cash, receivables, current assets, current liabilities
cash ratio: cash, current liabilities
operating cash flow ratio: operating cash, current liabilities
return on assets, roa: net income, total assets
return on equity, roe: net income, equity
asset turnover, total asset turnover: revenue, total assets
fixed asset turnover: revenue, property
inventory turnover, days inventory, dio, sold inventory: cost of sales, inventories
days payable, dpo: cost of sales, payables, inventories
days sales, dso, receivables turnover: revenue, receivables
cash conversion cycle, ccc: revenue, cost of sales, inventories, payables, receivables
tax rate: pretax income, tax
interest coverage: operating income, interest
debt to equity, debt equity ratio, gearing: debt, equity, total liabilities
payout ratio, retention ratio: dividends, net income
free cash flow, fcf: operating cash, capital expenditures
"""

Phrase = tuple[str, ...]


@cache
def line_items() -> Mapping[str, LineItem]:
    """All line items by name."""
    found: dict[str, LineItem] = {}
    for head, labels, _ in _entries(_ITEMS):
        statement, _, name = head.partition(" ")
        found[name] = LineItem(name, Statement(statement), labels)
    return found


def items_of(line: str, statement: Statement) -> Iterator[LineItem]:
    """The items of a statement that a line with a figure, or the label of one, may be."""
    first = _LETTERS.search(line, 0, _LONGEST_LABEL)
    possible = _labels(statement).get(_written(first[0]), ()) if first else ()
    label = _label(line) if possible else ""
    for begin, contained, item in possible:
        if label.startswith(begin) and contained in label:
            yield item


@cache
def called() -> tuple[Mapping[Phrase, tuple[str, ...]], Mapping[Phrase, tuple[str, ...]]]:
    """The names of the items that a phrase of a question means: one item, and those of a ratio. Phrases are stemmed."""
    single = {_phrase(phrase): (head.partition(" ")[2],) for head, _, phrases in _entries(_ITEMS) for phrase in phrases}
    ratios = {_phrase(phrase): names for head, names, _ in _entries(_RATIOS) for phrase in _listed(head)}
    return single, ratios


def _entries(table: str) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """The entries of a table, whose further lines are indented: what is before, between and after the colons."""
    for line in table.replace("\n  ", " ").splitlines():
        if line:
            head, names, *phrases = line.split(":")
            yield head.strip(), _listed(names), _listed(phrases[0]) if phrases else ()


def _listed(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(",") if name.strip())


def _phrase(text: str) -> Phrase:
    return tuple(terms(text, english=True))


@cache
def _labels(statement: Statement) -> Mapping[str, list[tuple[str, str, LineItem]]]:
    """How labels begin, what else they contain, and their item, by their first word."""
    found: dict[str, list[tuple[str, str, LineItem]]] = {}
    for item in line_items().values():
        for label in item.labels if item.statement == statement else ():
            begin, _, contained = label.partition(" *")
            found.setdefault(label.partition(" ")[0], []).append((f"{begin} ", f"{contained} "[: len(contained)], item))
    return found


def _label(line: str) -> str:
    """The words before the first figure of a line, as the table writes them, each followed by a blank."""
    figure = _DIGIT.search(line, 0, _LONGEST_LABEL)
    words = _LETTERS.findall(line, 0, figure.start() if figure else _LONGEST_LABEL)
    return "".join(f"{word} " for word, _ in groupby(map(_written, words)))


def _written(word: str) -> str:
    """A word as the table writes it."""
    bare = word.casefold()
    return _SAME.get(bare, bare)
