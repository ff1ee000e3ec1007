"""Questions for figures of a report find the statements that show them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from files_api_mcp.backends.search.collection import NamedFiles
from files_api_mcp.backends.search.index.writer import IndexWriter
from files_api_mcp.backends.search.passages import answer
from tests.backends.search.ranking.statements.reports import BALANCE, CASH, COMPREHENSIVE, INCOME
from tests.backends.search.test_passages import record, stored

TALK = "Capital expenditures in 2018 were discussed. Our tax rate and revenues of 2018 matter, as does 2018.\n" * 6
PAGES = [TALK, *["Risk factors are many.\n" * 20] * 6, INCOME, COMPREHENSIVE, BALANCE, CASH, "Notes\n" + TALK]
ON_INCOME, ON_BALANCE, ON_CASH = 8, 10, 11


@pytest.fixture
def index(tmp_path: Path) -> Iterator[IndexWriter]:
    index = IndexWriter(tmp_path / "index.db")
    yield index
    index.close()


def quoted_pages(index: IndexWriter, question: str, tokens: int = 1500) -> list[int | None]:
    document = stored(index, "a", PAGES, paginated=True)
    return [one.page for one in answer(index, NamedFiles([(record("a"), document)]), question, tokens).passages]


@pytest.mark.parametrize(
    ("question", "page"),
    [
        ("What is the FY2018 capital expenditure?", ON_CASH),
        ("What were capital expenditures, by the cash flow statement?", ON_CASH),
        ("What is the effective tax rate of 2018?", ON_INCOME),
        ("Does Acme have an improving gross margin profile?", ON_INCOME),
        ("What is the year-end 2018 net PPNE?", ON_BALANCE),
        ("Is the quick ratio healthy?", ON_BALANCE),
    ],
)
def test_a_figure_is_looked_for_in_its_statement(index: IndexWriter, question: str, page: int) -> None:
    assert page in quoted_pages(index, question)[:3]


def test_a_ratio_quotes_the_rows_of_all_its_statements(index: IndexWriter) -> None:
    question = "Is Acme capital-intensive? What are the return on assets and the free cash flow?"
    assert {ON_INCOME, ON_BALANCE, ON_CASH} <= {*quoted_pages(index, question, 700)}


@pytest.mark.parametrize(
    "question",
    [
        "What was said about capital expenditures?",
        "What drove capital expenditures in 2018?",
        "Which risk factors of 2018?",
    ],
)
def test_other_questions_are_not(index: IndexWriter, question: str) -> None:
    assert quoted_pages(index, question)[0] not in {ON_INCOME, ON_BALANCE, ON_CASH}


def test_a_report_without_statements_answers_too(index: IndexWriter) -> None:
    document = stored(index, "b", [TALK, "Capital expenditures in 2018: 12.\n"], paginated=True)
    found = answer(index, NamedFiles([(record("b"), document)]), "What were capital expenditures in 2018?", 1500)
    assert found.passages
