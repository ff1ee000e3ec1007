"""What lifts a passage beyond the words that it holds: their order, and figures or dates where such are asked for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from files_api_mcp.backends.search.index.writer import IndexWriter
from tests.backends.search.test_passages import quoted, record, stored

FILLER = "The harbour council met on the quay and spoke of many other things at some length that day.\n"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[IndexWriter]:
    index = IndexWriter(tmp_path / "index.db")
    yield index
    index.close()


def first(index: IndexWriter, question: str, *pages: str) -> int | None:
    """The page of the best passage. Pages that differ only in order or kind of words are told apart by nothing else."""
    document = stored(index, question, [*pages, *[FILLER] * 4], paginated=True)
    passages = quoted(index, [(record("a"), document)], question)
    return passages[0].page


@pytest.mark.parametrize("at", [0, 1])
def test_words_beside_each_other_count_more_than_the_same_words_apart(index: IndexWriter, at: int) -> None:
    pages = ["The tide was high, inns full, and tables set for the pilot.\n"] * 2
    pages[at] = "The inns were high, full, and the pilot set the tide tables.\n"
    assert first(index, "Who set the tide tables?", *pages) == at + 1


@pytest.mark.parametrize("at", [0, 1])
def test_the_order_of_the_question_counts(index: IndexWriter, at: int) -> None:
    pages = ["The man saw a dog bite where the man stood by.\n"] * 2
    pages[at] = "The man saw a bite dog where the man stood by.\n"
    assert first(index, "Which bite dog was it?", *pages) == at + 1


@pytest.mark.parametrize(
    "question",
    [
        "How many passengers took the ferry?",
        "What was the ferry's total of passengers?",
        "Wie viele passengers, ferry?",
        "¿Cuántos passengers ferry?",
        "ferry passengers 多少?",
    ],
)
@pytest.mark.parametrize("at", [0, 1])
def test_figures_count_where_one_is_asked_for(index: IndexWriter, question: str, at: int) -> None:
    pages = ["The ferry took passengers north and south and west and later.\n"] * 2
    pages[at] = "The ferry took passengers 412 and 977 and 803 and later.\n"
    assert first(index, question, *pages) == at + 1


@pytest.mark.parametrize("at", [0, 1])
def test_a_date_counts_where_one_is_asked_for(index: IndexWriter, at: int) -> None:
    pages = ["The bell was cast by the Lyse foundry in town.\n"] * 2
    pages[at] = "The bell was cast by the Lyse foundry in 1871.\n"
    assert first(index, "When was the bell cast?", *pages) == at + 1


def test_figures_do_not_count_where_words_are_asked_for(index: IndexWriter) -> None:
    pages = ["The ferry is named after the pilot.\n", "The ferry 12 34 56 78 90 11 13 pilot.\n"]
    assert first(index, "Why is the ferry named after the pilot?", *pages) == 1
