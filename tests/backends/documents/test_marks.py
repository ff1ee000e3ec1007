"""The places of tables in the text of a document."""

from dataclasses import replace

import pytest

from files_api_mcp.backends.documents.marks import Table, marked_text
from files_api_mcp.backends.documents.tables.table import DocumentTable

OUTER, INNER, LAST = (DocumentTable([name], lambda: iter(())) for name in ("outer", "inner", "last"))


def test_a_table_ends_with_its_mark_or_before_the_next_one_or_at_the_end() -> None:
    lines = ["before\n", OUTER, "a\n", INNER, "b\n", Table(None), "after\n", LAST, "c\n"]
    assert marked_text(lines).tables == ((7, 9, OUTER), (9, 11, INNER), (17, 19, LAST))


def test_tables_that_start_at_one_place_end_at_one_place() -> None:
    found = marked_text([Table(None), OUTER, INNER, "a\n", Table(None), "after\n"])
    assert found.tables == ((0, 2, OUTER), (0, 2, INNER))


@pytest.mark.parametrize(
    ("before", "caption"),
    [
        ("Table 3: Fees\n", "Table 3: Fees"),
        ("Text.\n\n**Tabelle 2.1** Preise\n\n", "Tabelle 2.1 Preise"),
        ("The table shows fees.\n", ""),
        ("Table 3: Fees\nText.\n", ""),
        ("Table 4 " + "long " * 50 + "\n", ""),
        ("", ""),
    ],
)
def test_a_line_that_names_the_table_before_it_is_its_caption(before: str, caption: str) -> None:
    ((_, _, found),) = marked_text([before, OUTER, "a\n"]).tables
    assert found.caption == caption


def test_a_table_keeps_the_caption_that_it_has() -> None:
    ((_, _, found),) = marked_text(["Table 1\n", replace(OUTER, caption="Fees"), "a\n"]).tables
    assert found.caption == "Fees"
