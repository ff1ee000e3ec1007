"""Answers below the library: passages are checked against the place that they name."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from files_api_mcp.backends.models import FileRecord, Passage
from files_api_mcp.backends.search.collection import NamedFiles
from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.index.writer import IndexWriter
from files_api_mcp.backends.search.passages import answer
from files_api_mcp.backends.search.quotes import is_verbatim
from files_api_mcp.backends.search.reader import open_places
from tests.support.indexing import add_document, received_document

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PIECES = ["é🙂 The whale dived.\nThe sea was calm.\n", "The heron flew.\nThe whale came up.\n"]


def record(name: str) -> FileRecord:
    return FileRecord(
        id=f"file_{name}", filename=name, mime_type="text/plain", size_bytes=1, created_at=NOW, downloadable=True
    )


def stored(index: IndexWriter, key: str, texts: list[str], *, paginated: bool = False) -> Document:
    add_document(index, key, received_document(texts, paginated=paginated))
    document = index.document(key)
    assert document is not None
    return document


def quoted(index: IndexWriter, files: Sequence[tuple[FileRecord, Document]], question: str) -> list[Passage]:
    return answer(index, NamedFiles(files), question, 500).passages


@pytest.fixture
def index(tmp_path: Path) -> Iterator[IndexWriter]:
    index = IndexWriter(tmp_path / "index.db")
    yield index
    index.close()


@pytest.mark.parametrize("paginated", [True, False])
def test_every_passage_stands_where_it_says(index: IndexWriter, paginated: bool) -> None:
    document = stored(index, "a", PIECES, paginated=paginated)
    passages = quoted(index, [(record("a"), document)], "whale")
    assert len(passages) == 2
    for passage in passages:
        whole = PIECES[passage.page - 1] if passage.page else "".join(PIECES)
        assert whole[passage.start_char : passage.end_char] == passage.text


@pytest.mark.parametrize("paginated", [True, False])
def test_a_passage_that_is_off_by_anything_is_found_out(index: IndexWriter, paginated: bool) -> None:
    document = stored(index, "a", PIECES, paginated=paginated)
    (right, *_) = quoted(index, [(record("a"), document)], "whale")
    assert is_verbatim(open_places(index, document, "text/plain"), right)
    for wrong in distorted(right):
        assert not is_verbatim(open_places(index, document, "text/plain"), wrong), wrong


def distorted(right: Passage) -> list[Passage]:
    start, end = right.start_char, right.end_char
    return [
        replace(right, start_char=start + 1, end_char=end + 1),
        replace(right, end_char=end + 1),
        replace(right, text=right.text.upper()),
        replace(right, text=""),
        replace(right, page=right.page and right.page + 1, start_char=start + 1, end_char=end + 1),
        replace(right, start_char=start + 10_000, end_char=end + 10_000),
    ]


def test_a_document_that_went_meanwhile_is_not_quoted(index: IndexWriter) -> None:
    gone = stored(index, "gone", ["The whale dived."])
    index.forget("gone")
    stored(index, "other", ["The whale of somebody else."])
    still = stored(index, "still", ["The heron flew."])
    assert quoted(index, [(record("gone"), gone), (record("still"), still)], "whale") == []


class Cancelled(BaseException):
    """Stands for what the event loop raises in a cancelled call."""


def test_a_cancelled_answer_ends_between_documents(index: IndexWriter) -> None:
    asked = [(record(name), stored(index, name, PIECES)) for name in "abcdefgh"]
    calls: list[int] = []

    def cancelled() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        answer(index, NamedFiles(asked), "whale", 500, cancelled)
    assert len(calls) == 3


def test_of_files_with_the_same_content_one_answers(index: IndexWriter) -> None:
    document = stored(index, "a", PIECES)
    passages = quoted(index, [(record("a"), document), (record("b"), document)], "whale")
    assert {passage.file_id for passage in passages} == {"file_a"}


def test_of_many_files_the_likeliest_are_looked_into(index: IndexWriter) -> None:
    asked = [
        (record(f"other{n}"), stored(index, f"other{n}", ["The whale is a ship.\n" + "So.\n" * n])) for n in range(90)
    ]
    asked.append((record("right"), stored(index, "right", ["The whale eats krill.\nKrill swarms feed each whale.\n"])))
    passages = quoted(index, asked, "What krill does the whale eat?")
    assert passages[0].file_id == "file_right"
    assert len({passage.file_id for passage in passages}) <= 48
