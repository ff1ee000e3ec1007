"""The places of tables in the text of a document."""

from files_api_mcp.backends.documents.marks import Table, marked_text
from files_api_mcp.backends.documents.tables.table import DocumentTable

OUTER, INNER, LAST = (DocumentTable([name], lambda: iter(())) for name in ("outer", "inner", "last"))


def test_a_table_ends_with_its_mark_or_before_the_next_one_or_at_the_end() -> None:
    lines = ["before\n", OUTER, "a\n", INNER, "b\n", Table(None), "after\n", LAST, "c\n"]
    assert marked_text(lines).tables == ((7, 9, OUTER), (9, 11, INNER), (17, 19, LAST))


def test_tables_that_start_at_one_place_end_at_one_place() -> None:
    found = marked_text([Table(None), OUTER, INNER, "a\n", Table(None), "after\n"])
    assert found.tables == ((0, 2, OUTER), (0, 2, INNER))
