"""What a worker process sends is checked: a captured one may lie about its document, and breaks nothing else."""

import json
import zlib
from array import array
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from files_api_mcp.backends.documents.extract import Document
from files_api_mcp.backends.documents.marks import Heading, MarkedText, Row
from files_api_mcp.backends.documents.tables.table import DocumentTable
from files_api_mcp.backends.search.index.passage_table import PassageTable
from files_api_mcp.backends.search.index.postings import pack_segment
from files_api_mcp.backends.search.index.received import ReceivedDocument, WrongAnswer
from files_api_mcp.backends.search.index.worker import build_index
from files_api_mcp.backends.search.places.outline import Entry, Outline
from files_api_mcp.backends.search.table_catalog.stored_tables import StoredTable, pack_tables, unpack_tables
from files_api_mcp.backends.table_info import TableColumn, TableInfo, TableRow

SIGHTINGS = DocumentTable(["whale", "seen"], lambda: iter([(2, ["blue", "4"]), (3, ["grey", "x" * 500])]))
PAGES = [
    MarkedText("The whale dived.\n" * 30, ((0, Heading(1, "Whales")), (17, Row(4))), tables=((17, 34, SIGHTINGS),)),
    MarkedText("The heron flew."),
]


def parts_of(*, paginated: bool = True, answer_bytes: int = 1 << 20) -> list[dict[str, Any]]:
    pages = len(PAGES) if paginated else None
    document = Document(
        paginated=paginated, pages=pages, texts=PAGES, label=lambda number: "iv" if number == 1 else None
    )
    return list(build_index(document, "text/plain", answer_bytes=answer_bytes))


def received(tmp_path: Path, parts: list[dict[str, Any]]) -> ReceivedDocument:
    document = ReceivedDocument(tmp_path)
    for part in parts:
        document.take(part)
    return document


@pytest.mark.parametrize("answer_bytes", [0, 1 << 20])
def test_the_parts_make_up_the_document(tmp_path: Path, answer_bytes: int) -> None:
    parts = parts_of(answer_bytes=answer_bytes)
    assert len(parts) == (3 if answer_bytes == 0 else 1)
    document = received(tmp_path, parts)
    assert document.is_complete
    assert [zlib.decompress(text).decode() for _, _, text in document.texts()] == [page.text for page in PAGES]
    assert document.labels == {1: "iv"}
    assert document.english
    assert document.entries == 1
    assert len(document.passages) >= 2
    (table,) = unpack_tables(document.tables)
    assert (table.page, table.start, table.last_page, table.end) == (1, 17, 1, 34)
    assert (table.info.name, table.info.rows) == ("page 1 table 1", 2)
    assert [row.values[-1] for row in table.info.sample][1:] == ["x" * 100 + "..."]


def bodies_of(part: dict[str, Any]) -> list[bytes]:
    found: list[bytes] = []
    at = 0
    for length in part["lengths"]:
        found.append(part["body"][at : at + length])
        at += length
    return found


def with_body(part: dict[str, Any], number: int, body: bytes) -> None:
    bodies = bodies_of(part)
    bodies[number] = body
    part["lengths"], part["body"] = [len(one) for one in bodies], b"".join(bodies)


def with_page(part: dict[str, Any], marks: bytes, text: bytes, chars: int) -> None:
    """Replace the second page."""
    chars_1, marks_1, text_1, label = part["texts"][0]
    part["texts"] = [(chars_1, marks_1, text_1, label), (chars, len(marks), len(text), None)]
    with_body(part, 0, bodies_of(part)[0][: marks_1 + text_1] + marks + text)


def passages_of(*numbers: int) -> bytes:
    table = PassageTable()
    table.append(*numbers)  # type: ignore[arg-type]
    return table.to_bytes()


def marks(*values: list[Any]) -> bytes:
    return zlib.compress(json.dumps(values).encode())


def outline(page: int, offset: int) -> bytes:
    return Outline([Entry(Heading(1, "x"), page, offset, 0)]).to_bytes()


def tables(info: TableInfo, *place: int) -> bytes:
    return pack_tables([StoredTable(info, *place)])


def with_tables(*given: list[Any]) -> Callable[[dict[str, Any]], object]:
    return lambda part: with_body(part, 5, zlib.compress(json.dumps(given).encode()))


def _array(*numbers: int) -> "array[int]":
    return array("I", numbers)


TABLE = TableInfo("a", "", 1, (TableColumn("b", "text"),), (TableRow(1, ("c",)),))
BOMB = zlib.compress(bytes(100_000_000), 9)
LIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "no body": lambda part: part.pop("body"),
    "no texts": lambda part: part.pop("texts"),
    "a longer body": lambda part: part.update(body=part["body"] + b"x"),
    "a negative length": lambda part: part.update(lengths=[-1, *part["lengths"][1:]]),
    "a length that is no number": lambda part: part.update(lengths=["1"]),
    "another length of a text": lambda part: with_page(part, b"", zlib.compress(b"whale"), 4),
    "a text that is not UTF-8": lambda part: with_page(part, b"", zlib.compress(b"\xff"), 1),
    "a text that is not compressed": lambda part: with_page(part, b"", b"whale", 5),
    "a text that unpacks to much more": lambda part: with_page(part, b"", BOMB, 10),
    "more after a text": lambda part: with_page(part, b"", zlib.compress(b"whale") + b"x", 5),
    "marks of no kind": lambda part: with_page(part, marks([0, "Whale", 1]), zlib.compress(b"whale"), 5),
    "marks of another type": lambda part: with_page(part, marks([0, "Row", "1"]), zlib.compress(b"whale"), 5),
    "marks elsewhere": lambda part: with_page(part, marks([9, "Row", 1]), zlib.compress(b"whale"), 5),
    "marks that unpack to much more": lambda part: with_page(part, BOMB, zlib.compress(b"whale"), 5),
    "a label that is no text": lambda part: part.update(texts=[(*part["texts"][0][:3], 5), part["texts"][1]]),
    "postings of nothing": lambda part: with_body(part, 1, b"whale"),
    "a passage that is not there": lambda part: with_body(part, 1, pack_segment({"whale": _array(99, 1)})),
    "a page head that is not there": lambda part: with_body(part, 1, pack_segment({"\x01whale": _array(3)})),
    "words of nothing": lambda part: with_body(part, 2, b"whale"),
    "words that are no text": lambda part: with_body(part, 2, zlib.compress(b"\xff")),
    "words that unpack to much more": lambda part: with_body(part, 2, BOMB),
    "half a passage": lambda part: with_body(part, 3, b"whale"),
    "a passage on no page": lambda part: with_body(part, 3, passages_of(3, 0, 1, 1)),
    "a passage after its page": lambda part: with_body(part, 3, passages_of(2, 0, 99, 1)),
    "a passage that ends first": lambda part: with_body(part, 3, passages_of(2, 5, 1, 1)),
    "an outline of nothing": lambda part: with_body(part, 4, b"whale"),
    "an outline of no page": lambda part: with_body(part, 4, outline(3, 0)),
    "an outline after its page": lambda part: with_body(part, 4, outline(2, 99)),
    "an outline that unpacks to much more": lambda part: with_body(part, 4, BOMB),
    "tables of nothing": lambda part: with_body(part, 5, b"whale"),
    "no tables, told as some": with_tables(),
    "tables that unpack to much more": lambda part: with_body(part, 5, BOMB),
    "a table on no page": lambda part: with_body(part, 5, tables(TABLE, 3, 0, 3, 1)),
    "a table after its page": lambda part: with_body(part, 5, tables(TABLE, 2, 0, 2, 99)),
    "a table that ends on no page": lambda part: with_body(part, 5, tables(TABLE, 2, 0, 0, 0)),
    "a table that ends first": lambda part: with_body(part, 5, tables(TABLE, 2, 5, 2, 1)),
    "a table with a long name": lambda part: with_body(part, 5, tables(replace(TABLE, name="x" * 10_000))),
    "a column of no type": with_tables([0, 0, 0, 0, "a", "", "", 1, 0, [["b", "blob"]], []]),
    "a value of no type": with_tables([0, 0, 0, 0, "a", "", "", 1, 0, [["b", "text"]], [[1, [{}]]]]),
    "a number that is too large": with_tables([0, 0, 0, 0, "a", "", "", 1, 0, [["b", "text"]], [[1, [1 << 63]]]]),
    "fewer than no rows": with_tables([0, 0, 0, 0, "a", "", "", -1, 0, [], []]),
    "many tables": lambda part: with_body(part, 5, pack_tables([StoredTable(TABLE)] * 1001)),
    "other pages": lambda part: part.update(pages=3),
    "empty pages that are not there": lambda part: part["facts"].update(empty=[3]),
    "scanned pages that are none": lambda part: part["facts"].update(scanned=["1"]),
    "a subject that is no text": lambda part: part["facts"].update(subject=5),
    "a long subject": lambda part: part["facts"].update(subject="whale " * 10_000),
    "half a letter": lambda part: part["facts"].update(subject="\ud800"),
    "fewer than no characters": lambda part: part["facts"].update(invisible=-1),
    "no facts": lambda part: part.update(facts={}),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_refused(tmp_path: Path, lie: str) -> None:
    (part,) = parts_of()
    LIES[lie](part)
    with pytest.raises(WrongAnswer):
        received(tmp_path, [part])


def test_nothing_follows_the_facts(tmp_path: Path) -> None:
    (part,) = parts_of()
    with pytest.raises(WrongAnswer):
        received(tmp_path, [part, part])
