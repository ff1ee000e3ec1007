"""The database of a document's tables: every value as it is, whatever the document holds."""

import io
from collections.abc import Iterator

import pytest

from files_api_mcp.backends.documents.tables.extract import document_tables
from files_api_mcp.backends.documents.tables.names import TableNames
from files_api_mcp.backends.documents.tables.sql import database as database_module
from files_api_mcp.backends.documents.tables.sql.database import database
from files_api_mcp.backends.documents.tables.table import DocumentTable
from files_api_mcp.backends.errors import UnsupportedType
from tests.support.table_databases import selected, table


def failure(tables: Iterator[DocumentTable]) -> str:
    with pytest.raises(UnsupportedType) as caught:
        database(tables, lambda _: None)
    return caught.value.sentence


def test_a_csv_file() -> None:
    content = io.BytesIO(b"Code;Price\n007;1,50\n010;20,25\n")
    result = selected(document_tables(content, "text/csv"), "SELECT sum(Price), min(Code) FROM data")
    assert result.rows == [[21.75, "007"]]


def test_values_that_sqlite_does_not_store() -> None:
    odd = table("odd", ["a", "b"], ["lone \ud800 surrogate", 2**70], ["nul \0 inside", -(2**63)], [float("nan"), 1])
    result = selected([odd], "SELECT a, b FROM data")
    assert [row[0] for row in result.rows] == ["lone ? surrogate", "nul \0 inside", None]
    assert float(str(result.rows[0][1])) == pytest.approx(2**70)
    assert result.row_numbers == [2, 3, 4]


def test_a_code_among_stored_numbers_stays_a_text_and_a_number_among_texts_a_number() -> None:
    rows = [90210, "abc", "x"], [10001, "def", "y"], ["00501", 5, 7.5]
    mixed = table("mixed", ["zip", "name", "note"], *rows)
    assert selected([mixed], "SELECT zip, name, note FROM data").rows == [[*row] for row in rows]
    assert selected([mixed], "SELECT count(*) FROM data WHERE zip = '00501'").rows == [[1]]


def test_numbers_compare_with_digits_in_quotes() -> None:
    assert selected([table("years", ["year"], [2024], [2025])], "SELECT year FROM data WHERE year = '2024'").rows == [
        [2024]
    ]


def test_a_row_that_is_too_long_is_cut() -> None:
    long = table("long", ["a", "b"], ["x" * 5_000_000, "y"], ["z", "z"])
    result = selected([long], "SELECT length(a), b FROM data")
    assert result.rows[1] == [1, "z"]
    assert 100_000 < int(str(result.rows[0][0])) < 5_000_000
    assert any(note.startswith("The texts in row 2 are cut after ") for note in result.notes)


def test_names_that_are_hostile() -> None:
    names = ['"; DROP TABLE x; --', "`", "]", "data", "_row", "select", "SELECT", "a" * 10_000, "", "x\0y", "\ud800"]
    unique = TableNames().unique
    hostile = [
        table(unique(name), ["h" * 10_000, '"; drop', "_row", "", "x\0y", "\ud800 z"], [1, 2, 3, 4, 5, 6])
        for name in ("data", '"; DROP TABLE x; --', "`", "]", "main", "sqlite_master", "\1", "x\0y", "n" * 10_000)
    ]
    everything = selected(hostile, "SELECT * FROM data")
    assert everything.rows == [[1, 2, 3, 4, 5, 6]]
    assert everything.row_numbers == [2]
    assert selected(hostile, 'SELECT """; drop" FROM """; DROP TABLE x; --"').rows == [[2]]
    assert selected(hostile, "SELECT `x y` FROM `_sqlite_master`").rows == [[5]]
    assert selected([table("t", names, range(len(names)))], "SELECT * FROM t").rows == [[*range(len(names))]]


def test_more_columns_than_sqlite_has() -> None:
    wide = table("wide", [f"c{number}" for number in range(10_000)], range(10_000))
    result = selected([wide], "SELECT c0, c1998 FROM data")
    assert result.rows == [[0, 1998]]
    assert result.notes[-1] == "Only the first 1,999 of 10,000 columns can be queried."
    assert len(selected([wide], "SELECT * FROM data").rows[0]) == 1999


def test_tables_without_rows_or_columns() -> None:
    empty = [table("none", []), table("head", ["a", "b"])]
    assert selected(empty, "SELECT count(*) FROM none").rows == [[0]]
    assert selected(empty, "SELECT a FROM head").rows == []
    assert selected(empty, "SELECT * FROM data").columns in ([], ["_row"])


def test_documents_without_tables_or_with_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    assert failure(iter([])) == "The file has no tables that can be queried."
    many = (table(f"t{number}", ["a"], [number]) for number in range(1001))
    result = selected(many, "SELECT a FROM t999")
    assert (result.rows, result.notes) == ([[999]], ["Only the first 1,000 tables can be queried."])
    monkeypatch.setattr(database_module, "_MOST_BYTES", 1 << 20)
    large = table("large", ["a"], *([f"{number:0100d}"] for number in range(20_000)))
    assert failure(iter([large])) == "The tables take more than 1 MB."


def test_progress_grows() -> None:
    told: list[int] = []
    long = table("long", ["n"], *([number] for number in range(20_000)))
    database(iter([long]), told.append)
    assert told == [*range(2500, 20_001, 2500)]
