"""Questions for a figure of a period find the statement that shows it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from files_api_mcp.backends.search.collection import NamedFiles
from files_api_mcp.backends.search.index.writer import IndexWriter
from files_api_mcp.backends.search.passages import answer
from tests.backends.search.test_passages import record, stored

ROWS = "".join(f"Item {n} 1,{n}00 2,{n}10 3,{n}20\n" for n in range(12))
TALK = "Capital expenditures in 2018 were discussed. Our capital expenditures for 2018 matter, as does 2018.\n" * 6


@pytest.fixture
def index(tmp_path: Path) -> Iterator[IndexWriter]:
    index = IndexWriter(tmp_path / "index.db")
    yield index
    index.close()


def first_page(index: IndexWriter, question: str) -> int | None:
    pages = [
        TALK,
        f"Selected data and statement of income, cash flows of ten years\n{ROWS}",
        *["Risk factors are many.\n" * 20] * 6,
        f"Consolidated Statement of Income\nNet sales 10,000\n{ROWS}",
        f"Consolidated Balance Sheet\nInventories 900\n{ROWS}",
        f"Consolidated Statement of Cash Flows\nPurchases of property, plant and equipment (1,577)\n{ROWS}",
        "Notes to the statement of cash flows\nCapital expenditures in 2018 are explained in note 7.\n" * 3,
    ]
    document = stored(index, "a", pages, paginated=True)
    return answer(index, NamedFiles([(record("a"), document)]), question, 1500).passages[0].page


def test_a_figure_of_a_period_is_looked_for_in_its_statement(index: IndexWriter) -> None:
    assert (
        first_page(index, "What is the FY2018 capital expenditure, by the purchases of property in cash flows?") == 11
    )


@pytest.mark.parametrize(
    "question",
    [
        "What was said about capital expenditures?",
        "What drove capital expenditures in 2018?",
        "Which risk factors of 2018?",
    ],
)
def test_other_questions_are_not(index: IndexWriter, question: str) -> None:
    assert first_page(index, question) != 11


def test_a_report_without_statements_answers_too(index: IndexWriter) -> None:
    document = stored(index, "b", [TALK, "Capital expenditures in 2018: 12.\n"], paginated=True)
    found = answer(index, NamedFiles([(record("b"), document)]), "What were capital expenditures in 2018?", 1500)
    assert found.passages
