"""Headers, links, pictures, headings and hidden slides of OpenDocument files."""

from io import BytesIO

from files_api_mcp.backends.documents.formats.odf.document import odp_slides, odt_lines
from files_api_mcp.backends.documents.marks import Heading, Hidden, Line
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
