"""Headers, links, pictures, headings and hidden slides of OpenDocument files."""

from io import BytesIO

from files_api_mcp.backends.documents.formats.odf.document import odp_slides, odt_lines
from files_api_mcp.backends.documents.marks import Heading, Hidden, Line, Table
from files_api_mcp.backends.documents.tables.table import DocumentTable
from tests.support.odf import odf, odt


def lines(body: str, styles: str = "") -> list[Line]:
    return [*odt_lines(BytesIO(odt(body, styles)))]


def test_headers_and_footers_are_read_once() -> None:
    page = "<style:master-page>{}</style:master-page>"
    header = "<style:header><text:p>File WX-19</text:p></style:header>"
    footer = "<style:footer><text:p>Confidential</text:p></style:footer>"
    unseen = '<style:header-left style:display="false"><text:p>unseen</text:p></style:header-left>'
    styles = page.format(header + footer) + page.format(header + unseen)
    assert lines("<text:p>Body</text:p>", styles) == ["Header: File WX-19\n", "Body\n", "Footer: Confidential\n"]


def test_links_and_descriptions_are_shown() -> None:
    link = '<text:a xlink:href="{}">{}</text:a>'
    body = f"<text:p>See {link.format('https://x.example/a', 'this')} and {link.format('#here', 'that')}.</text:p>"
    body += "<text:p><draw:frame><draw:image/><svg:desc>A crane</svg:desc></draw:frame></text:p>"
    assert lines(body) == ["See this (https://x.example/a) and that.\n", "[Picture: A crane]\n"]


def test_headings_are_marked() -> None:
    body = '<text:h text:outline-level="2">Fees</text:h><text:h text:outline-level="8">3.1 Deep</text:h>'
    assert lines(body) == [Heading(2, "Fees"), "## Fees\n", Heading(8, "Deep", "3.1"), "###### 3.1 Deep\n"]


def test_hidden_slides_are_marked() -> None:
    style = (
        '<style:style style:name="dp2" style:family="drawing-page"><style:drawing-page-properties'
        ' presentation:visibility="hidden"/></style:style>'
    )
    title = '<draw:frame presentation:class="title"><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>'
    slides = f"<draw:page>{title.format('Shown')}</draw:page>"
    slides += f'<draw:page draw:style-name="dp2">{title.format("Secret")}</draw:page>'
    assert odp_slides(BytesIO(odf("presentation", slides, automatic=style))) == [
        [Heading(1, "Shown"), "# Shown\n"],
        [Hidden("hidden slide"), "[hidden slide]\n", Heading(1, "Secret"), "# Secret\n", Hidden(None)],
    ]


def test_damaged_styles_do_not_fail_the_text() -> None:
    assert lines("<text:p>Body</text:p>", "<broken") == ["Body\n"]


def cell(text: str, more: str = "", style: str = "") -> str:
    return f'<table:table-cell {more}><text:p text:style-name="{style}">{text}</text:p></table:table-cell>'


def table(*rows: str, header: str = "") -> str:
    made = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    head = f"<table:table-header-rows><table:table-row>{header}</table:table-row></table:table-header-rows>"
    return f"<table:table>{head if header else ''}{made}</table:table>"


def test_merged_and_repeated_cells_have_their_columns_and_rows() -> None:
    covered = "<table:covered-table-cell/>"
    body = table(
        cell("Region") + cell("Sales") + cell("Costs"),
        cell("North", 'table:number-rows-spanned="2"') + cell("5") + cell("4"),
        covered + cell("7", 'table:number-columns-repeated="2"'),
        cell("South") + cell("9", 'table:number-columns-spanned="2"') + covered,
        header=cell("") + cell("2024", 'table:number-columns-spanned="2"') + covered,
    )
    made, *found = lines(body)
    assert isinstance(made, DocumentTable)
    assert made.header == ["Region", "2024 Sales", "2024 Costs"]
    assert [*made.rows()] == [
        (3, ["North", "5", "4"]),
        (4, ["North", "7", "7"]),
        (5, ["South", "9", None]),
    ]
    assert found == [
        Table(" | 2024\nRegion | Sales | Costs"),
        " | 2024\n",
        "Region | Sales | Costs\n",
        "North | 5 | 4\n",
        "7\n",
        "South | 9\n",
        Table(None),
    ]


def test_a_first_row_in_the_style_of_headings_names_the_columns() -> None:
    head = "".join(cell(name, style="Table_20_Heading") for name in ("Name", "City"))
    (made,) = [line for line in lines(table(head, cell("Ada") + cell("Rome"))) if isinstance(line, DocumentTable)]
    assert (made.header, [*made.rows()]) == (["Name", "City"], [(2, ["Ada", "Rome"])])


def test_a_table_in_a_table_is_one_of_its_own() -> None:
    inner = table(cell("Part") + cell("kg"), cell("Rotor") + cell("412"))
    rows = [cell("Item") + cell("Fee"), *(cell(f"a{number}") + cell(str(number)) for number in range(5))]
    nested = f"<table:table-cell>{inner}</table:table-cell>{cell('7')}"
    found = [line for line in lines(table(*rows, nested)) if isinstance(line, DocumentTable)]
    assert [made.header for made in found] == [["Item", "Fee"], ["Part", "kg"]]
    assert [row for _, row in found[0].rows()][-1] == ["Part | kg Rotor | 412", "7"]
