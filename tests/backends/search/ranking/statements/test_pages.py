"""Statements are recognized by their line items, wherever they are in a report."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from files_api_mcp.backends.search.index.writer import IndexWriter
from files_api_mcp.backends.search.ranking.statements.line_items import Statement
from files_api_mcp.backends.search.ranking.statements.pages import statement_pages
from tests.backends.search.ranking.statements.reports import BALANCE, CASH, COMPREHENSIVE, INCOME
from tests.backends.search.test_passages import stored


@pytest.fixture
def index(tmp_path: Path) -> Iterator[IndexWriter]:
    index = IndexWriter(tmp_path / "index.db")
    yield index
    index.close()


def recognized(index: IndexWriter, pages: list[str]) -> dict[str, list[int]]:
    document = stored(index, "a", pages, paginated=True)
    found = statement_pages(index, document, lambda page: pages[page - 1])
    return {kind.value: sorted(on) for kind, on in found.items()}


def test_each_statement_has_its_page(index: IndexWriter) -> None:
    pages = ["Letter to shareholders\n" * 30, BALANCE, INCOME, COMPREHENSIVE, CASH]
    assert recognized(index, pages) == {"income": [3], "balance": [2], "cash": [5]}


def test_of_two_alike_it_is_the_one_near_the_other_statements(index: IndexWriter) -> None:
    pages = [INCOME, *["Letter to shareholders\n" * 30] * 9, INCOME, BALANCE, CASH]
    assert recognized(index, pages)["income"] == [11]


def test_a_statement_may_go_on_over_the_next_page(index: IndexWriter) -> None:
    quarter = INCOME.replace("Years", "Quarters")
    assert recognized(index, [INCOME, quarter, BALANCE])["income"] == [1, 2]


def test_a_page_that_only_names_a_statement_is_none(index: IndexWriter) -> None:
    told = "Balance sheet\nTotal assets of $ 8,100 grew by 500, and inventories by 40.\n" * 20
    assert recognized(index, [told, "Statements of cash flows are on page 60.\n" * 20]) == {}


def test_a_text_without_pages_has_none(index: IndexWriter) -> None:
    document = stored(index, "a", [INCOME + BALANCE + CASH], paginated=False)
    assert statement_pages(index, document, lambda _: INCOME) == {}


def test_values_of_statements_are_their_names() -> None:
    assert [*Statement] == ["income", "balance", "cash"]
