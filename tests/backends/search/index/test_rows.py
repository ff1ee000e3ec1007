"""Rows of the index: numbers of long documents, and keys that are not what was stored."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from files_api_mcp.backends.search.index import rows
from files_api_mcp.backends.search.index.term_table import BLOCK
from files_api_mcp.backends.search.index.writer import IndexWriter
from tests.backends.search.test_index import add


@pytest.fixture
def index(tmp_path: Path) -> Iterator[IndexWriter]:
    index = IndexWriter(tmp_path / "index.db")
    yield index
    index.close()


def test_a_key_that_is_no_text_is_damage_of_the_file() -> None:
    for key in (5, 5.5, None):
        with pytest.raises(sqlite3.DatabaseError):
            rows.decode_key(key)


def test_long_documents_have_longer_numbers(index: IndexWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "_MOST_SHORT", 1)
    add(index, "a", "The whale dived.\n" * 500)
    document = index.document("a")
    assert document is not None
    ((_, _, _, (count,)),) = index.holders([document.id // BLOCK], ["whale"])
    numbers = index.postings(document, ["whale"])["whale"]
    assert count == len(document.passages) == numbers[-2] + 1
    assert numbers.itemsize == 4
