"""A sample of the benchmark of tables in PDFs."""

from pathlib import Path

import pytest

from benchmarks.pdf_tables.__main__ import found_tables
from benchmarks.pdf_tables.other_pages import OTHER_KINDS, make_other
from benchmarks.pdf_tables.pages import KINDS, make
from benchmarks.pdf_tables.score import Score, score


def test_nearly_all_cells_are_right(tmp_path: Path) -> None:
    total = Score()
    for kind in KINDS:
        made = make(tmp_path, kind, 1)
        total += score(found_tables(made.path), [table.flat() for table in made.tables])
    for kind in OTHER_KINDS:
        path, tables = make_other(tmp_path, kind, 1)
        total += score(found_tables(path), [table.flat() for table in tables])
    assert total.precision >= 0.97
    assert total.recall >= 0.95


def test_cells_count_by_text_row_and_column() -> None:
    there = [["Plant", "Output"], ["Oslo", "12"], ["Graz", ""]]
    assert score([there], [there]) == Score(5, 5, 5)
    assert score([[["Plant", "Output"], ["Graz", "12"]]], [there]) == Score(3, 4, 5)
    assert score([], [there]) == Score(0, 0, 5)


@pytest.mark.parametrize("kind", ["no table: prose", "no table: chart"])
def test_what_is_found_where_no_table_is_counts(kind: str, tmp_path: Path) -> None:
    made = make(tmp_path, kind, 1)
    assert made.tables == []
    assert score([[["a", "b"]]], []) == Score(0, 2, 0)
