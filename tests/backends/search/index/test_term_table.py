"""The table of terms: each term names the documents that contain it, and no others."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from files_api_mcp.backends.search.index.damage import DocumentsDamaged
from files_api_mcp.backends.search.index.term_table import BLOCK
from files_api_mcp.backends.search.index.writer import IndexWriter
from tests.backends.search.test_index import add, change, rows_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "index.db"


@pytest.fixture
def index(path: Path) -> Iterator[IndexWriter]:
    index = IndexWriter(path)
    yield index
    index.close()


def holding(index: IndexWriter, term: str, *documents: int) -> dict[int, int]:
    """In how many of its passages each document has the term."""
    found = index.holders(sorted({number // BLOCK for number in documents}), [term])
    return {one.block * BLOCK + place: n for one in found for place, n in zip(one.documents, one.passages, strict=True)}


def test_terms_name_the_documents_that_contain_them(index: IndexWriter, path: Path) -> None:
    texts = ["The whale dived.", "The heron flew.\n" * 900, "The whale saw the heron."] * (BLOCK // 3 + 1)
    numbers = [add(index, str(at), text) for at, text in enumerate(texts)]
    herons, whales = holding(index, "heron", *numbers), holding(index, "whale", *numbers)
    assert set(whales) == {number for number, text in zip(numbers, texts, strict=True) if "whale" in text}
    assert {herons[number] for number in numbers[2::3]} == {1}
    document = index.document("1")
    assert document is not None
    assert herons[document.id] == len(document.passages) > 1
    for key in range(1, len(texts)):
        index.forget(str(key))
    assert holding(index, "whale", *numbers) == {numbers[0]: 1}
    assert holding(index, "heron", *numbers) == {}
    assert b"heron" not in path.read_bytes()


def test_a_damaged_row_of_terms_is_damage_of_the_documents_of_its_block(index: IndexWriter, path: Path) -> None:
    numbers = [add(index, key, f"The whale dived {key}.") for key in "abc"]
    change(path, "update term set crc = crc + 1 where term = 'whale'")
    blocks = {number // BLOCK for number in numbers}
    with pytest.raises(DocumentsDamaged) as caught:
        holding(index, "whale", *numbers)
    assert set(caught.value.documents) <= {*numbers}
    for damaged in (lambda: add(index, "d", "The whale rose."), lambda: index.forget("a")):
        with pytest.raises(DocumentsDamaged):
            damaged()
        index.roll_back()
    index.drop_damaged(numbers[:1])
    index.drop_damaged(numbers)
    assert not rows_of(path, "term")
    change(path, f"insert into term select {max(blocks)}, 'whale', x'07', x'01', 5")
    assert holding(index, "whale", number := add(index, "d", "The whale rose.")) == {number: 1}
