"""Rows of statements by their labels, and the phrases of questions that mean them."""

import pytest

from files_api_mcp.backends.search.ranking.statements.line_items import Statement, called, items_of, line_items
from files_api_mcp.backends.search.ranking.statements.question import asked_figures


@pytest.mark.parametrize(
    ("line", "statement", "name"),
    [
        ("Net\u00a0sales $ 34,229 $ 35,355", Statement.INCOME, "revenue"),
        ("(Loss)/earnings before income taxes (5,022) (5,033)", Statement.INCOME, "pretax income"),
        ("Total current assets 13,709", Statement.BALANCE, "current assets"),
        ("Total Acme, Inc. shareholders' equity 9,796", Statement.BALANCE, "equity"),
        ("Total liabilities and equity 36,500", Statement.BALANCE, "total liabilities and equity"),
        ("Net cash (used in) provided by operating activities 12", Statement.CASH, "operating cash"),
        ("Purchases of property, plant and equipment (1,577)", Statement.CASH, "capital expenditures"),
    ],
)
def test_a_row_is_known_by_its_label(line: str, statement: Statement, name: str) -> None:
    assert name in {item.name for item in items_of(line, statement)}


@pytest.mark.parametrize("line", ["", "2018 2017", "Acme sells inventories", "Salesforce 12", "— — —"])
def test_other_lines_are_no_rows(line: str) -> None:
    assert [item for kind in Statement for item in items_of(line, kind)] == []


def test_ratios_are_made_of_items_that_there_are() -> None:
    assert {name for names in called()[1].values() for name in names} <= line_items().keys()


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("What is the FY2019 fixed asset turnover ratio?", {"revenue", "property"}),
        ("What is the asset turnover?", {"revenue", "total assets"}),
        ("Total current liabilities in 2017?", {"current liabilities"}),
        ("What is the EBITDA margin?", {"operating income", "depreciation", "revenue"}),
        ("How high were sales in 2020?", {"revenue"}),
    ],
)
def test_a_question_asks_for_items(question: str, names: set[str]) -> None:
    asked = asked_figures(question)
    assert asked is not None
    assert {item.name for item in asked.items} == names


def test_a_named_statement_leaves_the_others_out() -> None:
    asked = asked_figures("By the balance sheet only: what are inventories, and sales?")
    assert asked is not None
    assert not asked.of(Statement.INCOME)
    assert {item.name for item in asked.of(Statement.BALANCE)} == {"inventories"}


@pytest.mark.parametrize(
    ("question", "is_ratio"),
    [
        ("What is the sales to shareholders' equity ratio of 2015?", True),
        ("What is the quick ratio?", True),
        ("How high were sales and equity in 2015?", False),
        ("What is the ratio of sales in 2015?", False),
    ],
)
def test_a_ratio_is_a_known_one_or_made_of_several_items(question: str, is_ratio: bool) -> None:
    asked = asked_figures(question)
    assert asked is not None
    assert asked.is_ratio is is_ratio


@pytest.mark.parametrize(
    "question",
    [
        "What do we know of sales?",
        "Which segment had the best margin in 2020?",
        "Who is the chair?",
        "Has Acme paid dividends in 2020?",
        "What was received in 2020?",
    ],
)
def test_other_questions_ask_for_none(question: str) -> None:
    assert asked_figures(question) is None
