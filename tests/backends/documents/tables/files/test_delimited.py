"""Tables of CSV and TSV files."""

import io

import pytest

from files_api_mcp.backends.documents.tables.files.delimited import delimited_tables
from files_api_mcp.backends.documents.tables.table import DocumentTable
from files_api_mcp.backends.documents.tables.typed import typed_table


def tables(text: str, encoding: str = "utf-8") -> list[DocumentTable]:
    return list(delimited_tables(io.BytesIO(text.encode(encoding))))


def test_a_file_is_a_table_whose_rows_have_the_numbers_of_its_records() -> None:
    (table,) = tables("name,amount\nAlice,5\nBob,7\n")
    assert list(table.header) == ["name", "amount"]
    assert list(table.rows()) == [(2, ["Alice", "5"]), (3, ["Bob", "7"])]
    assert list(table.rows()) == [(2, ["Alice", "5"]), (3, ["Bob", "7"])]
    assert table.where == "rows 1-3"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_each_delimiter_is_found(delimiter: str) -> None:
    text = "name,amount,price\nAlice,5,1.5\nBob,7,2.5\n".replace(",", delimiter)
    (table,) = tables(text)
    assert list(table.rows())[1] == (3, ["Bob", "7", "2.5"])


def test_semicolons_part_cells_with_commas_for_decimals() -> None:
    (table,) = tables("sep=;\nname;a;b\nx;1,5;2,5\ny;3,5;4,5\n")
    typed = typed_table(table)
    assert [values for _, values in typed.rows()] == [["x", 1.5, 2.5], ["y", 3.5, 4.5]]
    (table,) = tables("name;a;b\nx;1,5;2,5\ny;3,5;4,5\n")
    assert list(table.header) == ["name", "a", "b"]


def test_quoted_cells_may_have_delimiters_quotes_and_line_breaks() -> None:
    (table,) = tables('id,note\n1,"a, ""b""\nc"\n2,"d"\n' + '3,"e,f"\n' * 300)
    rows = list(table.rows())
    assert rows[0] == (2, ["1", 'a, "b"\nc'])
    assert rows[-1] == (303, ["3", "e,f"])


def test_lines_above_a_header_are_no_rows_and_empty_lines_part_tables() -> None:
    text = "Sales of 2024\n\nname,amount\nAlice,5\nBob,7\n\nMore\n\ncity,people\nBerlin,3\nRome,2\n"
    first, second = tables(text)
    assert list(first.rows()) == [(4, ["Alice", "5"]), (5, ["Bob", "7"])]
    assert (list(second.header), list(second.rows())) == (
        ["city", "people"],
        [(10, ["Berlin", "3"]), (11, ["Rome", "2"])],
    )
    assert (first.where, second.where) == ("rows 3-5", "rows 9-11")


def test_rows_after_an_empty_line_continue_their_table() -> None:
    (table,) = tables("name,amount\nAlice,5\nBob,7\n\nCarol,8\nDan,9\n")
    assert [number for number, _ in table.rows()] == [2, 3, 5, 6]
    assert table.where == "rows 1-6"


def test_a_file_without_a_header_is_a_table_too() -> None:
    (table,) = tables("1,2\n3,4\n5,6\n")
    assert [one.name for one in typed_table(table).columns] == ["column_1", "column_2"]
    assert len(list(table.rows())) == 3
    (table,) = tables("alone\nwords\n")
    assert list(table.rows()) == [(1, ["alone"]), (2, ["words"])]


def test_a_header_of_two_rows_joins_their_labels() -> None:
    (table,) = tables(",2023,,2024,\nregion,net,gross,net,gross\nNorth,1,2,3,4\nSouth,5,6,7,8\n")
    assert list(table.header) == ["region", "2023 net", "2023 gross", "2024 net", "2024 gross"]


def test_any_encoding_is_read() -> None:
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        (table,) = tables("Straße,Größe\nÄhre,5\nÖl,7\n", encoding)
        assert list(table.header) == ["Straße", "Größe"]


def test_empty_files_have_no_tables() -> None:
    assert tables("") == []
    assert tables("\n\n") == []


def test_rows_of_many_blocks_are_complete_and_numbered() -> None:
    lines = [f'{n},"name {n}",{n}.5' for n in range(20_000)]
    (table,) = tables("\r\n".join(["id,name,amount", *lines]))
    rows = list(table.rows())
    assert [number for number, _ in rows] == list(range(2, 20_002))
    assert rows[-1] == (20_001, ["19999", "name 19999", "19999.5"])
