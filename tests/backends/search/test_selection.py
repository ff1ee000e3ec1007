"""The budget is spent, and on the ranked passages first."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from files_api_mcp.backends.models import Passage
from files_api_mcp.backends.search.collection import NamedFiles
from files_api_mcp.backends.search.index.writer import IndexWriter
from files_api_mcp.backends.search.passages import answer
from tests.backends.search.test_passages import record, stored

FILLER = "Nothing of note happened on this day, and the sea was calm all along the coast.\n" * 8


@pytest.fixture
def index(tmp_path: Path) -> Iterator[IndexWriter]:
    index = IndexWriter(tmp_path / "index.db")
    yield index
    index.close()


def quoted(
    index: IndexWriter, pages: Sequence[str], question: str, room: int, *, paginated: bool = False
) -> list[Passage]:
    document = stored(index, "a", list(pages), paginated=paginated)
    return answer(index, NamedFiles([(record("a"), document)]), question, room).passages


def test_a_small_file_is_quoted_whole(index: IndexWriter) -> None:
    text = f"The whale dived.\n{FILLER}"
    (passage,) = quoted(index, [text], "whale", 1500)
    assert passage.text == text.strip()


def test_the_text_around_the_best_passage_is_quoted(index: IndexWriter) -> None:
    text = FILLER * 30 + "The whale dived.\n" + "Then it came up again.\n" * 40 + FILLER * 30
    (passage, *_) = quoted(index, [text], "whale", 1500)
    assert "The whale dived." in passage.text
    assert len(passage.text) > 1500


def test_ranked_passages_have_their_room_first(index: IndexWriter) -> None:
    """The first passage does not grow at the cost of the others."""
    pages = [f"The whale dived near rock {n}.\n{FILLER}" for n in range(12)]
    passages = quoted(index, pages, "whale", 1200, paginated=True)
    assert len({passage.page for passage in passages}) >= 6


def test_one_passage_always_comes(index: IndexWriter) -> None:
    (passage,) = quoted(index, [f"The whale dived.\n{FILLER}" * 20], "whale", 60)
    assert passage.text.startswith("The whale dived.")
