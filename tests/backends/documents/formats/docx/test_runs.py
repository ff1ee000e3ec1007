"""The text of a paragraph: links, fields, symbols, pictures and equations in their place."""

from io import BytesIO

import pytest

from files_api_mcp.backends.documents.formats.docx.document import docx_lines
from tests.support.ooxml import word

LINK = {"l": ("hyperlink", "https://grants.example.org/apply"), "m": ("hyperlink", "mailto:ann@example.org")}


def text(runs: str) -> str:
    return "".join(line for line in docx_lines(BytesIO(word(f"<w:p>{runs}</w:p>", {}, LINK))) if isinstance(line, str))


def run(content: str) -> str:
    return f"<w:r><w:t>{content}</w:t></w:r>"


def field(code: str, shown: str) -> str:
    parts = "".join(f"<w:r><w:instrText>{part}</w:instrText></w:r>" for part in code.split("/", 1))
    kind = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    return kind.format("begin") + parts + kind.format("separate") + run(shown) + kind.format("end")


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ('<w:hyperlink r:id="l">{}</w:hyperlink>', "the portal (https://grants.example.org/apply)."),
        ('<w:hyperlink r:id="m">{}</w:hyperlink>', "the portal (ann@example.org)."),
        ('<w:hyperlink w:anchor="here">{}</w:hyperlink>', "the portal."),
        (
            "<w:fldSimple w:instr=' HYPERLINK \"http://x.example/a b\" \\h'>{}</w:fldSimple>",
            "the portal (http://x.example/a b).",
        ),
    ],
)
def test_links_show_their_address(runs: str, expected: str) -> None:
    assert text(runs.format(run("the portal")) + run(".")) == f"{expected}\n"


def test_links_that_show_their_address_do_not_repeat_it() -> None:
    assert text(f'<w:hyperlink r:id="m">{run("ann@example.org")}</w:hyperlink>') == "ann@example.org\n"


def test_fields_show_their_result_and_the_address_of_links() -> None:
    assert text(run("See ") + field('HYPERLINK "http:/' + '/x.example"', "this") + run(" now")) == (
        "See this (http:/x.example) now\n"
    )
    assert text(field("PAGE", "7")) == "7\n"


def test_forms_show_what_is_chosen() -> None:
    box = '<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:checkBox>{}</w:checkBox></w:ffData></w:fldChar></w:r>'
    chosen = (
        '<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:ddList><w:result w:val="1"/><w:listEntry w:val="no"/>'
        '<w:listEntry w:val="yes"/></w:ddList></w:ffData></w:fldChar></w:r>'
    )
    assert text(box.format("<w:checked/>") + box.format('<w:default w:val="0"/>') + chosen) == "☒☐yes\n"


def test_symbols_are_shown_as_in_their_font() -> None:
    symbol = '<w:r><w:sym w:font="{}" w:char="{}"/></w:r>'
    found = "".join(
        symbol.format(font, code)
        for font, code in (
            ("Symbol", "F0B0"),
            ("Symbol", "F06D"),
            ("Wingdings", "F0FE"),
            ("Wingdings", "F0A8"),
            ("Wingdings 2", "F052"),
            ("Unknown", "F041"),
            ("Unknown", "D800"),
            ("Arial", "00E9"),
        )
    )
    assert text(found) == "°μ☑☐☑é\n"
    assert text('<w:r><w:rPr><w:rFonts w:ascii="Symbol"/></w:rPr><w:t>40 \uf0b0C</w:t></w:r>') == "40 °C\n"


def test_hyphens_tabs_and_readings() -> None:
    assert (
        text("<w:r><w:t>pro</w:t><w:softHyphen/><w:t>cess\xading</w:t><w:tab/><w:t>a</w:t></w:r>") == "processing a\n"
    )
    assert text("<w:r><w:t>one\ntwo</w:t></w:r>") == "one two\n"
    assert text("<w:r><w:t>X</w:t><w:noBreakHyphen/><w:t>1</w:t></w:r>") == "X-1\n"
    ruby = f"<w:ruby><w:rt>{run('とう')}</w:rt><w:rubyBase>{run('東')}</w:rubyBase></w:ruby>"
    assert text(ruby + run("京")) == "東京 (とう)\n"


def test_tracked_changes_show_the_new_text() -> None:
    deleted = f"<w:del><w:r><w:delText>500</w:delText></w:r></w:del><w:moveFrom>{run('x')}</w:moveFrom>"
    assert (
        text(run("The fee is ") + f"<w:ins>{run('750')}</w:ins>" + deleted + run(" euros")) == "The fee is 750 euros\n"
    )


def test_pictures_show_their_description() -> None:
    drawing = '<w:r><w:drawing><wp:inline><wp:docPr id="1" name="Picture 1" descr="{}"/></wp:inline></w:drawing></w:r>'
    assert text(run("Map") + drawing.format("18 parishes")) == "Map [Picture: 18 parishes]\n"
    assert text(run("Map") + drawing.format("IMG_1.JPG")) == "Map\n"
    old = '<w:r><w:pict><v:shape alt="A crane"/></w:pict></w:r><w:r><w:pict><v:textpath string="DRAFT"/></w:pict></w:r>'
    assert text(old) == "[Picture: A crane]  DRAFT\n"


def test_equations_stand_in_their_sentence() -> None:
    power = (
        "<m:oMath><m:sSup><m:e><m:r><m:t>e</m:t></m:r></m:e><m:sup><m:r><m:t>-x</m:t></m:r></m:sup></m:sSup></m:oMath>"
    )
    assert text(run("where ") + power + run(" falls")) == "where e^(-x) falls\n"
    assert text(f"<m:oMathPara>{power}{power}</m:oMathPara>") == "e^(-x) e^(-x)\n"
