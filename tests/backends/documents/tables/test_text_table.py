"""Rows of cells in a text become a table only if they surely are one, with the names of its columns."""

import pytest

from files_api_mcp.backends.documents.tables.text_table import TextRow, TextTable, text_table

Rows = list[list[str]]
FEES: Rows = [["Item", "Fee"], ["Survey", "940"], ["Permit", "1,250"]]


def rows_of(cells: Rows, declared: int = 0) -> list[TextRow]:
    return [TextRow(row, is_header=number < declared) for number, row in enumerate(cells)]


def made(rows: list[TextRow], caption: str = "", *, is_layout_likely: bool = False) -> TextTable:
    found = text_table(rows, caption, is_layout_likely=is_layout_likely)
    assert found
    return found


def header(cells: Rows, declared: int = 0) -> list[str]:
    return [*made(rows_of(cells, declared)).table().header]


def test_a_table_has_names_and_numbered_rows() -> None:
    found = made(rows_of(FEES), "Fees of 2024")
    assert (found.table().header, found.table().caption, found.header) == (["Item", "Fee"], "Fees of 2024", range(1))
    assert [*found.table().rows()] == [*found.table().rows()] == [(2, ["Survey", "940"]), (3, ["Permit", "1,250"])]


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        ([["Region", "2023", "2024"], ["North", "5", "7"], ["South", "6", "9"]], ["Region", "2023", "2024"]),
        ([["", "Q1 2024", "Q2 2024"], ["Sales", "5", "7"], ["Costs", "6", "9"]], ["", "Q1 2024", "Q2 2024"]),
        ([["Year", "Sales"], ["2023", "5"], ["2024", "7"]], ["Year", "Sales"]),
        ([["2022", "Sales"], ["2023", "5"], ["2024", "7"]], ["", ""]),
        ([["North", "5"], ["South", "7"]], ["", ""]),
        ([["Invoice no:", "Due:"], ["Total:", "940"], ["Tax:", "90"]], ["", ""]),
        ([["a", "b"], ["c", "d"], ["e", "f"]], ["", ""]),
    ],
)
def test_labels_over_figures_are_names(cells: Rows, names: list[str]) -> None:
    assert header(cells) == names


def test_a_row_that_looks_apart_names_texts() -> None:
    cells = [["Name", "City"], ["Ada", "London"]]
    assert text_table(rows_of(cells)) is None
    rows = [TextRow(cells[0], is_apart=True), TextRow(cells[1])]
    assert made(rows).table().header == ["Name", "City"]
    assert text_table([row._replace(is_apart=True) for row in rows]) is None


def test_names_of_two_rows_are_joined_over_the_columns_that_they_span() -> None:
    first = TextRow(["Region", "2023", "", "2024", ""], [(1, 2), (3, 2)])
    second = TextRow(["Region", "Sales", "Costs", "Sales", "Costs"])
    body = rows_of([["North", "5", "4", "6", "5"], ["South", "7", "6", "8", "7"]])
    names = ["Region", "2023 Sales", "2023 Costs", "2024 Sales", "2024 Costs"]
    for declared in (False, True):
        found = made([first._replace(is_header=declared), second._replace(is_header=declared), *body])
        assert (found.table().header, found.header) == (names, range(2))


def test_titles_above_the_header_are_the_caption() -> None:
    rows = [TextRow(["Fees", ""], [(0, 2)]), TextRow(["in euros"]), *rows_of(FEES)]
    found = made(rows)
    assert (found.table().caption, found.table().header, found.header) == (
        "Fees in euros",
        ["Item", "Fee"],
        range(2, 3),
    )
    assert [number for number, _ in found.table().rows()] == [4, 5]


def test_names_of_groups_are_rows() -> None:
    found = made(rows_of([["North"], ["Ada", "5"], ["Bob", "6"], ["South"], ["Eve", "7"]]))
    assert next(iter(found.table().rows())) == (1, ["North", None])


def test_empty_rows_and_columns_and_repeated_headers_are_left_out() -> None:
    cells = [["", ""], ["Item", "", "Fee"], ["Survey", "", "940"], [], ["Item", "", "Fee"], ["Permit", "", "1,250", ""]]
    found = made(rows_of(cells))
    assert (found.table().header, found.header) == (["Item", "Fee"], range(1, 2))
    assert [*found.table().rows()] == [(2, ["Survey", "940"]), (4, ["Permit", "1,250"])]


def test_signs_in_columns_of_their_own_belong_to_their_figures() -> None:
    cells = [
        ["", "2024", "", "", "Share", ""],
        ["Sales", "$", "1,250", "", "12", "%"],
        ["Loss", "$", "(90", ")", "3", "%"],
    ]
    found = made(rows_of(cells))
    assert found.table().header == ["", "2024", "Share"]
    assert [row for _, row in found.table().rows()] == [["Sales", "$1,250", "12%"], ["Loss", "$(90)", "3%"]]
    named = [["Item", "Unit", "Fee"], ["a", "$", "5"], ["b", "$", "6"]]
    assert header(named) == ["Item", "Unit", "Fee"]


@pytest.mark.parametrize(
    "cells",
    [
        [["Item", "Fee"]],
        [["Item"], ["Survey"], ["Permit"]],
        [["Terms", "x" * 400], ["More", "y" * 400], ["End", "z" * 400]],
        [["Logo", "Acme Ltd"], ["News", ""], ["Offers", ""], ["Contact", ""]],
        [["", ""], []],
    ],
)
def test_rows_that_arrange_text_are_no_table(cells: Rows) -> None:
    assert text_table(rows_of(cells)) is None


def test_where_layout_is_likely_a_table_needs_a_header_or_figures() -> None:
    cells = [["Ada", "London"], ["Bob", "Paris"], ["Eve", "Rome"]]
    assert made(rows_of(cells)).table().header == ["", ""]
    assert text_table(rows_of(cells), is_layout_likely=True) is None
    assert text_table(rows_of(cells, declared=1), is_layout_likely=True)
    assert text_table(rows_of([[name, "417"] for name, _ in cells]), is_layout_likely=True)


def test_columns_under_one_name_are_one_if_no_row_has_texts_in_both() -> None:
    rows = [
        TextRow(["", "2024", "", "", "2023", "", ""], [(1, 3), (4, 3)]),
        TextRow(["Sales", "$", "1,250", "", "$", "(90", ")"]),
        TextRow(["Term", "4.5 years", "", "", "5 years"]),
        TextRow(["", "2024", "", "", "2023", "", ""], [(1, 3), (4, 3)]),
        TextRow(["Rate", "", "4.2", "%", "", "4.1", "%"]),
    ]
    found = made(rows).table()
    assert found.header == ["", "2024", "2023"]
    assert [row for _, row in found.rows()] == [
        ["Sales", "$1,250", "$(90)"],
        ["Term", "4.5 years", "5 years"],
        ["Rate", "4.2%", "4.1%"],
    ]
    both = [TextRow(["Item", "Size", ""], [(1, 2)]), TextRow(["a", "5", "7"]), TextRow(["b", "6", "8"])]
    assert made(both).table().header == ["Item", "Size", "Size"]
