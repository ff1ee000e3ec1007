"""The names of tables: unique, on one line, and none that SQLite keeps for itself."""

from collections.abc import Iterator

from files_api_mcp.backends.documents.marks import MarkedText
from files_api_mcp.backends.documents.media_types import PDF, PPTX
from files_api_mcp.backends.documents.tables.names import TableNames, TextTables
from files_api_mcp.backends.documents.tables.table import DocumentTable, Row


def test_a_name_that_is_taken_gets_a_number() -> None:
    names = TableNames()
    given = ["Sales", "SALES", "Sales_2", "Sales", "", "\0", "sqlite_master", "a\n b\u202e", "x" * 500]
    found = [names.unique(name) for name in given]
    assert found == ["Sales", "SALES_2", "Sales_2_2", "Sales_3", "table", "table_2", "_sqlite_master", "a b", "x" * 100]
    assert len({name.casefold() for name in found}) == len(found)


def no_rows() -> Iterator[Row]:
    return iter(())


def names_of(mime_type: str, *, paginated: bool) -> list[str]:
    tables = TextTables(mime_type, paginated=paginated)
    text = MarkedText("x", tables=((0, 1, DocumentTable(["a"], no_rows)),) * 2)
    return [table.name for page in (1, 2) for _, _, table in tables.named(page, text)]


def test_a_table_without_a_name_gets_that_of_its_place() -> None:
    assert names_of(PDF, paginated=True) == [f"page {page} table {n}" for page in (1, 2) for n in (1, 2)]
    assert names_of(PPTX, paginated=True)[2] == "slide 2 table 1"
    assert names_of("text/html", paginated=False) == [f"table {n}" for n in (1, 2, 3, 4)]
