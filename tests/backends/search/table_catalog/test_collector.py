"""What the index keeps of tables: bounded, with their places, and never at the cost of the text."""

import zlib
from collections.abc import Iterator, Sequence

import pytest

from files_api_mcp.backends.documents.marks import MarkedText, Table
from files_api_mcp.backends.documents.tables.table import DocumentTable, Row
from files_api_mcp.backends.search.table_catalog import collector
from files_api_mcp.backends.search.table_catalog.collector import TableCollector
from files_api_mcp.backends.search.table_catalog.stored_tables import StoredTable, unpack_tables


def table(*rows: Sequence[str], header: Sequence[str] = ("fish", "price"), name: str = "") -> DocumentTable:
    return DocumentTable(header, lambda: iter([*enumerate(rows, start=2)]), name, where="rows 1-9" if name else "")


def kept(*tables: DocumentTable) -> list[StoredTable]:
    found = TableCollector("text/csv", paginated=False)
    found.add_all(tables)
    return [*unpack_tables(packed)] if (packed := found.packed()) else []


def test_a_table_that_knows_its_place_is_kept_with_its_first_rows() -> None:
    (one,) = kept(table(*[["cod", str(number)] for number in range(40)], name="Catch"))
    assert (one.page, one.info.name, one.info.where, one.info.rows) == (0, "Catch", "rows 1-9", 40)
    assert [row.number for row in one.info.sample] == [2, 3, 4]


def test_no_tables_are_no_bytes() -> None:
    assert TableCollector("text/csv", paginated=False).packed() == b""


def test_long_values_are_cut_and_many_columns_counted() -> None:
    (one,) = kept(table(["x" * 5000] * 600, header=[f"c{n}" for n in range(600)], name="Wide"))
    assert (len(one.info.columns), one.info.more_columns) == (500, 100)
    assert [len(str(value)) for value in one.info.sample[0].values] == [103] * 500


def test_tables_after_the_room_is_used_have_no_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "_MOST_CHARS", 120)
    first, second = kept(table(["cod", "5"], name="A"), table(["a long word for it", "5"], name="B"))
    assert len(first.info.columns) == 2
    assert (second.info.columns, second.info.sample, second.info.more_columns, second.info.rows) == ((), (), 2, 1)


def test_what_a_document_may_hold_can_be_stored() -> None:
    odd = ["lone \ud800 surrogate", 2**70, float("inf"), float("nan"), -(2**63)]
    (one,) = kept(DocumentTable(["a"] * 5, lambda: iter([(1, odd)]), "A", where="x" * 10_000, has_texts=False))
    assert one.info.where == "x" * 500
    assert one.info.sample[0].values[:2] == ("lone ? surrogate", str(2**70))


def test_many_wide_tables_stay_small() -> None:
    wide = DocumentTable([""] * 600, lambda: iter([(1, [0.1 + 0.2] * 600)] * 3), "A", has_texts=False)
    found = TableCollector("text/csv", paginated=False)
    found.add_all([wide] * 60)
    assert len(zlib.decompress(found.packed())) < 2_000_000


def test_only_the_first_thousand_tables_are_kept() -> None:
    assert len(kept(*[table(["cod", "5"], name=f"t{number}") for number in range(1100)])) == 1000


def test_a_table_that_cannot_be_read_is_left_out() -> None:
    def broken() -> Iterator[Row]:
        yield 2, ["cod", "5"]
        raise ValueError

    assert [one.info.name for one in kept(DocumentTable(["a"], broken, "A"), table(["cod"], name="B"))] == ["B"]


def test_tables_take_a_limited_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "_LONGEST_S", 0.0)
    assert kept(table(["cod", "5"], name="A")) == []


def test_a_table_of_a_text_that_goes_on_in_the_next_piece_ends_there() -> None:
    found = TableCollector("text/html", paginated=False)
    end = (4, Table(None))
    found.add_text(1, MarkedText("a\nb\n", tables=((2, 4, table(["cod"])),)))
    found.add_text(2, MarkedText("c\nd\n"))
    found.add_text(3, MarkedText("e\nf\ng\n", (end,), tables=((4, 6, table(["eel"])),)))
    found.add_text(4, MarkedText("h\n", ((0, Table(None)),)))
    one, two = unpack_tables(found.packed())
    assert (one.page, one.start, one.last_page, one.end) == (1, 2, 3, 4)
    assert (two.page, two.start, two.last_page, two.end) == (3, 4, 3, 6)


def test_a_table_on_a_page_ends_with_it() -> None:
    found = TableCollector("application/pdf", paginated=True)
    found.add_text(1, MarkedText("a\nb\n", tables=((2, 4, table(["cod"])),)))
    found.add_text(2, MarkedText("c\nd\n"))
    (one,) = unpack_tables(found.packed())
    assert (one.info.name, one.last_page, one.end) == ("page 1 table 1", 1, 4)
