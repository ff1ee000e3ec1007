"""Numbers of headings and lists of OpenDocument texts are in the text as a person sees them."""

from io import BytesIO

from files_api_mcp.backends.documents.formats.odf.document import odt_lines
from files_api_mcp.backends.documents.marks import Heading
from tests.support.odf import odt

LEVEL = '<text:{}-level-style{} text:level="{}" style:num-format="{}" {}/>'


def level(number: int, form: str, more: str = "", kind: str = "list") -> str:
    return LEVEL.format(kind, "-number" if kind == "list" else "", number, form, more)


def texts(body: str, styles: str) -> list[str]:
    return [line.rstrip("\n") for line in odt_lines(BytesIO(odt(body, styles))) if isinstance(line, str)]


def numbers(body: str, styles: str) -> list[str | None]:
    return [line.number for line in odt_lines(BytesIO(odt(body, styles))) if isinstance(line, Heading)]


def items(*content: str) -> str:
    return "".join(f"<text:list-item>{one}</text:list-item>" for one in content)


def p(text: str) -> str:
    return f"<text:p>{text}</text:p>"


def test_headings_are_numbered_by_the_outline() -> None:
    outline = level(1, "1", 'style:num-suffix="."', "outline") + level(2, "1", 'text:display-levels="2"', "outline")
    styles = f"<text:outline-style>{outline}</text:outline-style>"
    h = '<text:h text:outline-level="{}" {}>{}</text:h>'
    body = h.format(1, "", "Scope") + h.format(2, "", "Works") + h.format(1, "", "Fees") + h.format(2, "", "VAT")
    body += h.format(1, 'text:is-list-header="true"', "Annex")
    assert texts(body, styles) == ["# 1. Scope", "## 1.1 Works", "# 2. Fees", "## 2.1 VAT", "# Annex"]
    assert numbers(body, styles) == ["1", "1.1", "2", "2.1", None]


def test_lists_count_by_level_and_may_go_on() -> None:
    levels = level(1, "1", 'style:num-suffix="."') + level(2, "a", 'style:num-prefix="(" style:num-suffix=")"')
    styles = f'<text:list-style style:name="L">{levels}</text:list-style>'
    nested = f"<text:list>{items(p('x'), p('y'))}</text:list>"
    one = f'<text:list text:style-name="L">{items(p("a") + p("more") + nested, p("b"))}</text:list>'
    two = f'<text:list text:style-name="L" text:continue-numbering="true">{items(p("c"))}</text:list>'
    three = f'<text:list text:style-name="L">{items(nested)}</text:list>'
    body = one + two + three
    assert texts(body, styles) == ["1. a", "more", "(a) x", "(b) y", "2. b", "3. c", "(a) x", "(b) y"]
    assert numbers(one, styles) == ["1", "1(a)", "1(b)", "2"]


def test_bullets_and_unknown_styles_have_no_numbers() -> None:
    styles = '<text:list-style style:name="L"><text:list-level-style-bullet text:level="1"/></text:list-style>'
    body = f'<text:list text:style-name="L">{items(p("a"))}</text:list><text:list>{items(p("b"))}</text:list>'
    assert texts(body, styles) == ["- a", "- b"]
    assert numbers(body, styles) == []
