"""Headers: each row of a table comes with the names of its columns."""

import io
from collections.abc import Sequence

import pytest

from files_api_mcp.backends.documents.formats.spreadsheet.grid import SheetRow
from files_api_mcp.backends.documents.formats.spreadsheet.headers import HeaderFinder
from files_api_mcp.backends.documents.formats.spreadsheet.workbook import sheet_lines
from files_api_mcp.backends.documents.marks import Table
from tests.support.workbooks import rows, workbook

Cell = str | float | None
Rows = Sequence[Sequence[Cell]]
BETWEEN: tuple[Rows, ...] = ([[]], [["People"]], [[], ["People"], []])


def headers(*values: Sequence[Cell], after: str = "") -> dict[str, str | None]:
    """The header that goes with each row of a sheet."""
    found: dict[str, str | None] = {}
    header: str | None = None
    for line in sheet_lines(io.BytesIO(workbook(rows(*values), after=after))):
        if isinstance(line, Table):
            header = line.header.removeprefix("Data: ") if line.header else None
        elif isinstance(line, str):
            found[line.rstrip("\n")] = header
    return found


@pytest.mark.parametrize(
    "titles",
    [
        [],
        [["Budget 2025"]],
        [["Budget 2025"], ["in thousand crowns"], []],
        [["Budget", "2025"], ["Unit:", "crowns"], []],
    ],
)
def test_titles_are_not_headers(titles: Rows) -> None:
    found = headers(*titles, ["Office", "Plan", "Spent", "Rest"], *([f"Unit {n}", n, n, n] for n in range(30)))
    assert found["Unit 7 | 7 | 7 | 7"] == "Office | Plan | Spent | Rest"
    assert found.get("Budget 2025") is None


def test_tables_below_each_other_have_their_own_headers() -> None:
    first: Rows = [["Item", "Cost"], ["Rope", 12], ["Paint", 7]]
    second: Rows = [["Person", "Age", "Town"], ["Ada", 36, "Brno"], ["Bob", 40, "Graz"]]
    for between in BETWEEN:
        found = headers(*first, *between, *second)
        assert found["Paint | 7"] == "Item | Cost"
        assert found["Bob | 40 | Graz"] == "Person | Age | Town"


def test_tables_side_by_side_have_their_own_headers() -> None:
    found = headers(
        ["Item", "Cost", None, "Person", "Age"],
        ["Rope", 12, None, "Ada", 36],
        ["Paint", 7, None, "Bob", 40],
    )
    assert found["Paint | 7 |  | Bob | 40"] == "Item | Cost |  | Person | Age"
    found = headers(
        ["Item", "Cost"],
        ["Rope", 12],
        ["Paint", 7, None, "Person", "Age"],
        ["Tar", 3, None, "Bob", 40],
    )
    assert found["Rope | 12"] == "Item | Cost"
    assert found["Tar | 3 |  | Bob | 40"] == "Item | Cost |  | Person | Age"


def test_a_header_can_have_two_rows() -> None:
    found = headers(
        ["Costs"],
        [None, "2024", None, "2025"],
        ["Region", "Plan", "Actual", "Plan", "Actual"],
        ["North", 1, 2, 3, 4],
        ["South", 5, 6, 7, 8],
    )
    assert found["South | 5 | 6 | 7 | 8"] == " | 2024 |  | 2025\nRegion | Plan | Actual | Plan | Actual"


def test_years_are_names_of_columns() -> None:
    found = headers(["Region", 2023, 2024], ["North", 17, 18], ["South", 19, 20])
    assert found["South | 19 | 20"] == "Region | 2023 | 2024"


def test_a_table_without_a_header_has_none() -> None:
    found = headers(["Ada", 36, "Brno"], ["Bob", 40, "Graz"], ["Eve", 28, "Linz"])
    assert set(found.values()) == {None}


def test_empty_rows_do_not_end_a_table_of_the_same_columns() -> None:
    found = headers(["Item", "Cost"], ["Rope", 12], [], ["Paint", 7], [], ["Department B"], [], ["Tar", 3])
    assert found["Paint | 7"] == found["Tar | 3"] == "Item | Cost"


def test_a_filter_says_where_the_header_is() -> None:
    found = headers(["a", "b"], ["Code", "7"], ["x1", "8"], ["x2", "9"], after='<autoFilter ref="A2:B4"/>')
    assert found["x2 | 9"] == "Code | 7"


def test_a_long_table_keeps_its_header() -> None:
    found = headers(["Name", "Size"], *([f"n{n}", n] for n in range(2500)))
    assert found["n2400 | 2400"] == "Name | Size"


def test_an_unusual_cell_is_not_a_header() -> None:
    found = headers(["Name", "Size"], ["a", 1], ["b", "unknown"], ["c", 3], ["Total", "see below"], ["d", 5])
    assert found["d | 5"] == "Name | Size"


def test_a_wide_row_of_dates_is_judged_at_once() -> None:
    dates = SheetRow(1, range(1, 16_385), ["2025-01-31"] * 16_384, [""] * 16_384, ["d"] * 16_384)
    numbers = dates._replace(texts=["7"] * 16_384, kinds=["n"] * 16_384)
    found = HeaderFinder().find([dates, *(numbers._replace(number=number) for number in range(2, 12))])
    assert found.header_rows == {0}
