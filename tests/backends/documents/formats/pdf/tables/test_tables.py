"""Tables on PDF pages are found with their cells, and their lines of text stay as they are."""

import io
from collections.abc import Sequence
from typing import Any

import pytest
from reportlab.lib import colors
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph, SimpleDocTemplate
from reportlab.platypus import Table as Drawn

from files_api_mcp.backends.documents.extract import extract
from files_api_mcp.backends.documents.formats.pdf.pages import pdf_pages
from files_api_mcp.backends.documents.marks import MarkedText, Table, marked_text
from files_api_mcp.backends.documents.tables.extract import document_tables
from files_api_mcp.backends.documents.tables.table import DocumentTable

TEXT = ParagraphStyle("text", fontName="Helvetica", fontSize=10, leading=12)
PLANTS = [["Plant", "Built", "Output"], ["Oslo", "1999", "1,200"], ["Graz", "2004", "310"], ["Riga", "2011", "95"]]
GRID = ("GRID", (0, 0), (-1, -1), 0.5, colors.black)


def read(*story: object) -> list[MarkedText]:
    """The pages of a PDF."""
    out = io.BytesIO()
    SimpleDocTemplate(out).build(list(story))  # pyright: ignore[reportArgumentType]
    return list(extract(out, "application/pdf", None).texts)


def drawn(rows: Sequence[Sequence[object]], *rules: Any, right: Sequence[int] = ()) -> Drawn:
    font = ("FONT", (0, 0), (-1, -1), "Helvetica", 10)
    aligned = [("ALIGN", (column, 0), (column, -1), "RIGHT") for column in right]
    return Drawn([list(row) for row in rows], style=[font, *aligned, *rules])


def cells(table: DocumentTable) -> list[list[object]]:
    return [list(table.header), *(list(row) for _, row in table.rows())]


@pytest.mark.parametrize(
    "rules",
    [
        [GRID],
        [("INNERGRID", (0, 0), (-1, -1), 0.5, colors.black)],
        [("LINEBELOW", (0, 0), (-1, 0), 0.5, colors.black)],
        [("ROWBACKGROUNDS", (0, 0), (-1, -1), [colors.white, colors.lightgrey])],
        [],
    ],
)
def test_a_table_is_found_whatever_lines_it_has(rules: list[object]) -> None:
    (page,) = read(Paragraph("Our plants.", TEXT), drawn(PLANTS, *rules, right=(1, 2)), Paragraph("More plants.", TEXT))
    ((start, end, table),) = page.tables
    assert cells(table) == PLANTS
    assert [number for number, _ in table.rows()] == [2, 3, 4]
    assert page.text[start:end].split() == "Plant Built Output Oslo 1999 1,200 Graz 2004 310 Riga 2011 95".split()
    assert [mark for _, mark in page.marks] == [Table("Plant Built Output"), Table(None)]


def test_names_of_groups_are_joined_with_those_of_columns() -> None:
    rows = [["", "2023", "", "2022", ""], ["Region", "Sales", "Costs", "Sales", "Costs"]]
    rows += [["North", "1,200", "800", "1,100", "790"], ["South", "900", "(70)", "850", "60"]]
    (page,) = read(drawn(rows, GRID, ("SPAN", (1, 0), (2, 0)), ("SPAN", (3, 0), (4, 0)), right=(1, 2, 3, 4)))
    ((_, _, table),) = page.tables
    assert list(table.header) == ["Region", "2023 Sales", "2023 Costs", "2022 Sales", "2022 Costs"]
    assert [row for _, row in table.rows()] == rows[2:]


def test_a_cell_over_several_rows_stands_in_each() -> None:
    rows = [["Area", "Plant", "Output"], ["North", "Oslo", "12"], ["", "Riga", "7"], ["South", "Graz", "9"]]
    (page,) = read(drawn(rows, GRID, ("SPAN", (0, 1), (0, 2))))
    ((_, _, table),) = page.tables
    assert [row[:2] for _, row in table.rows()] == [["North", "Oslo"], ["North", "Riga"], ["South", "Graz"]]


def test_figures_and_their_signs_are_one_cell() -> None:
    rows = [["(in millions)", "", "2023", "", "2022"], ["Net sales", "$", "5,363", "$", "4,869"]]
    rows += [["Depreciation of plants", "", "1,488", "", "1,544"], ["Sale of businesses", "", "(545)", "", "(586)"]]
    rows += [["Net income", "$", "6,439", "$", "6,240"]]
    (page,) = read(drawn(rows, right=(2, 4)))
    ((_, _, table),) = page.tables
    assert cells(table)[0] == ["(in millions)", "2023", "2022"]
    assert cells(table)[1] == ["Net sales", "$ 5,363", "$ 4,869"]
    assert cells(table)[3] == ["Sale of businesses", "(545)", "(586)"]


@pytest.mark.parametrize("repeated", [0, 1])
def test_a_table_over_pages_is_one(repeated: int) -> None:
    rows = [["Plant", "Built", "Output"], *([f"Plant {n}", str(1900 + n), f"{n},000"] for n in range(1, 90))]
    out = io.BytesIO()
    font = ("FONT", (0, 0), (-1, -1), "Helvetica", 10)
    SimpleDocTemplate(out).build([Drawn(rows, style=[font, GRID], repeatRows=repeated)])
    pages = list(extract(out, "application/pdf", None).texts)
    assert len(pages) > 2
    for page in pages:
        assert [mark for _, mark in page.marks] == [Table("Plant Built Output"), Table(None)]
    (table,) = document_tables(out, "application/pdf")
    assert table.name == "page 1 table 1"
    assert cells(table) == rows
    numbers = [number for number, _ in table.rows()]
    assert numbers == sorted(set(numbers))
    # A page that is read alone has the same header.
    assert marked_text(pdf_pages(out)[2]).marks == pages[2].marks


@pytest.mark.parametrize(
    "rows",
    [
        [[f"{number}.", "Some words that say what to do next, and why"] for number in range(1, 9)],
        [[f"Chapter {number}", str(7 * number)] for number in range(1, 9)],
        [["Name:", "______"], ["Street:", "______"], ["Town:", "______"], ["Date:", "______"]],
        [["Acme Ltd.", "Bolt Inc."], ["12 High Street", "4 Dock Road"], ["London W1", "Hull HU1"]],
    ],
)
def test_what_only_looks_like_a_table_is_none(rows: list[list[str]]) -> None:
    (page,) = read(drawn(rows))
    assert page.tables == ()
    assert page.marks == ()
