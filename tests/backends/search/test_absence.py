"""Answers say what the files lack of a question."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from files_api_mcp.backends.search.collection import NamedFiles
from files_api_mcp.backends.search.index.writer import IndexWriter
from files_api_mcp.backends.search.passages import Found, answer
from tests.backends.search.test_passages import record, stored

ROWS = "".join(f"T-{n} is a ticket about pumps that leak.\n" for n in range(41200, 41300))


@pytest.fixture
def index(tmp_path: Path) -> Iterator[IndexWriter]:
    index = IndexWriter(tmp_path / "index.db")
    yield index
    index.close()


def asked(index: IndexWriter, question: str, text: str = ROWS, files: int = 1) -> Found:
    named = [(record(f"{n}"), stored(index, f"{n}", [text])) for n in range(files)]
    return answer(index, NamedFiles(named), question, 1500)


def test_nothing_is_noted_if_the_passage_is_about_the_question(index: IndexWriter) -> None:
    assert asked(index, "Which ticket is about pumps?").notes == []


def test_weak_passages_are_marked(index: IndexWriter) -> None:
    weak, missing = asked(index, "Which pumps did the minister of agriculture inspect in the northern province?").notes
    assert weak == "Weak match: no passage holds much of the question."
    assert missing == 'Not in the file: "minister", "agriculture", "inspect", "northern", "province".'


def test_passages_about_something_else_are_cut_short(index: IndexWriter) -> None:
    text = ROWS.replace("leak", "leak badly whenever it rains") * 6
    question = "Did the ministers, envoys, generals, bishops, painters, poets and admirals of Ruritania leak?"
    found = asked(index, question, text)
    assert len(found.notes) == 2
    assert 0 < found.tokens < 0.8 * asked(index, "Which ticket is about pumps?", text).tokens


def test_an_absent_name_is_noted_if_the_words_around_it_are_there(index: IndexWriter) -> None:
    text = ROWS * 6 + "The pumps of the company are large.\n"
    (note,) = asked(index, "Does the company buy its pumps from Ruritania?", text).notes
    assert note == 'Not in the file: "Ruritania", "buy".'
    assert asked(index, "Does the company buy its pumps?", text).notes == []


def test_a_mistyped_word_is_not_absent(index: IndexWriter) -> None:
    assert asked(index, "Which tickket is about pummps?").notes == []


def test_several_files_lack_a_word(index: IndexWriter) -> None:
    found = asked(index, "Which pumps did the minister of agriculture inspect in the northern province?", files=2)
    assert found.notes[1].startswith("Not in the files: ")


def test_an_absent_id_gets_similar_ones(index: IndexWriter) -> None:
    found = asked(index, "What is T-41999 about?")
    absent, similar = found.notes
    assert absent == "Not in the file: T-41999."
    assert similar.startswith("Similar: T-41299, T-412")
    assert "T-41299" in found.passages[0].text
    assert found.tokens < 600


def test_an_id_with_similar_letters_only_is_named(index: IndexWriter) -> None:
    found = asked(index, "What is T-99999 about?")
    assert found.notes[0] == "Not in the file: T-99999."
    assert found.notes[1].startswith("Similar: T-412")


def test_an_id_without_similar_ones_is_named(index: IndexWriter) -> None:
    found = asked(index, "Which pumps does INV-2026-99992 list?", "Pumps leak.\n" * 200)
    assert "Not in the file: INV-2026-99992." in found.notes


def test_a_question_about_nothing_but_an_id_without_similar_ones_gets_no_passage(index: IndexWriter) -> None:
    found = asked(index, "What is T-99999 about?", "Model T pumps leak.\n" * 200)
    assert found.passages == []
    assert "Not in the file: T-99999." in found.notes
    assert asked(index, "Does T-99999 leak?", "Model T pumps leak.\n" * 200).passages


def test_a_passage_with_the_id_comes_first(index: IndexWriter) -> None:
    found = asked(index, "What is the ticket T-41277 about, and which pumps leak?")
    assert found.notes == []
    assert "T-41277" in found.passages[0].text


def test_tokens_are_saved_if_one_passage_holds_the_id(index: IndexWriter) -> None:
    text = "".join(f"T-{n} is a ticket about pumps that leak.\n" for n in range(41200, 41600))
    found = asked(index, "What is the ticket T-41277 about?", text)
    (passage,) = found.passages
    assert "T-41277" in passage.text
    assert found.tokens < asked(index, "Which ticket is about pumps?", text).tokens / 2 + 200
