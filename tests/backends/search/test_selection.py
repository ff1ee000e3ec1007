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
LITTLE = "".join(f"{FILLER}A whale was seen on day {day}.\n" for day in range(20))
"""Text with many passages that hold a word of a question."""


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


def test_a_small_file_with_other_words_is_quoted_from_its_start(index: IndexWriter) -> None:
    document = stored(index, "a", ["The whale dived.\n" + FILLER * 2])
    found = answer(index, NamedFiles([(record("a"), document)]), "Zygomorphic xylophones?", 1500)
    assert found.notes == ["No passage contains a word of the question."]
    assert found.passages[0].text.startswith("The whale dived.")


def test_a_long_file_with_other_words_is_not_quoted(index: IndexWriter) -> None:
    assert quoted(index, [FILLER * 30], "Zygomorphic xylophones?", 1500) == []


def test_a_weak_answer_from_a_small_file_is_not_cut_short(index: IndexWriter) -> None:
    document = stored(index, "a", [f"The whale dived.\n{FILLER * 4}"])
    question = "Did ministers, envoys, generals, bishops, painters, poets and admirals see the whale?"
    found = answer(index, NamedFiles([(record("a"), document)]), question, 1500)
    assert found.notes[0].startswith("Weak match")
    assert sum(len(one.text) for one in found.passages) > 0.95 * document.sizes[0]


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


def test_the_best_passage_is_quoted_if_the_one_before_it_does_not_fit(index: IndexWriter) -> None:
    text = FILLER * 3 + "The grey whale was seen.\n" + FILLER + "The grey whale dived off Skagen.\n" + FILLER * 3
    passages = quoted(index, [text], "Where did the grey whale dive?", 260)
    assert "The grey whale dived off Skagen." in passages[0].text


def test_the_last_passage_is_cut_to_the_lines_with_the_words_of_the_question(index: IndexWriter) -> None:
    pages = [f"The whale dived.\n{FILLER}", f"{FILLER[:400]}\nThe whale was grey.\n{FILLER[:400]}"]
    _, last = quoted(index, pages, "whale", 310, paginated=True)
    assert "The whale was grey." in last.text
    assert len(last.text) < len(pages[1])


def test_a_passage_has_at_most_one_other_before_it(index: IndexWriter) -> None:
    text = "".join(f"The whale of day {day}.\n{FILLER}" for day in range(9)) + "The whale dived off Skagen.\n" + FILLER
    passages = quoted(index, [text], "What did the whale dive off, Skagen?", 1500)
    assert passages[0].text.index("Skagen") < 2 * len(FILLER) + 200


def test_the_text_around_the_best_passage_comes_before_passages_that_rank_low(index: IndexWriter) -> None:
    text = FILLER * 30 + "The grey whale dived off Skagen.\n" + "Then it came up again.\n" * 40 + FILLER * 9 + LITTLE
    (passage, *_) = quoted(index, [text], "Where was the grey whale?", 800)
    assert "Skagen" in passage.text
    assert len(passage.text) > 1000


def test_the_text_around_a_passage_of_one_file_does_not_take_the_place_of_another_file(index: IndexWriter) -> None:
    one = stored(index, "a", [FILLER * 30 + "The grey whale dived off Skagen.\n" + FILLER * 30])
    other = stored(index, "b", [FILLER * 30 + "A whale came to Norway.\n" + FILLER * 30])
    files = NamedFiles([(record("a"), one), (record("b"), other)])
    found = answer(index, files, "Where did the grey whale dive off Skagen?", 450)
    assert {passage.file_id for passage in found.passages} == {"file_a", "file_b"}


def test_no_row_stands_before_the_best_row(index: IndexWriter) -> None:
    rows = "".join(f"{number},The whale of day {number},grey\n" for number in range(200))
    document = stored(index, "a text/csv", [rows])
    passages = answer(index, NamedFiles([(record("a"), document)]), "whale of day 117 grey", 1500).passages
    assert "day 117," in passages[0].text[:700]
