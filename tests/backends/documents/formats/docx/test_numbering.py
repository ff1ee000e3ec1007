"""Numbers of clauses, headings and lists are in the text as Word shows them."""

from io import BytesIO

from files_api_mcp.backends.documents.formats.docx.document import docx_lines
from files_api_mcp.backends.documents.marks import Heading
from tests.support.ooxml import p, part, word


def level(depth: int, text: str, form: str = "decimal", more: str = "", start: int = 1) -> str:
    return (
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/>{more}'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
    )


def abstract(number: int, *levels: str, more: str = "") -> str:
    return f'<w:abstractNum w:abstractNumId="{number}">{more}{"".join(levels)}</w:abstractNum>'


def num(number: int, of: int, overrides: str = "") -> str:
    return f'<w:num w:numId="{number}"><w:abstractNumId w:val="{of}"/>{overrides}</w:num>'


def item(text: str, depth: int | None = 0, number: int = 1) -> str:
    ilvl = "" if depth is None else f'<w:ilvl w:val="{depth}"/>'
    return p(text, f'<w:numPr>{ilvl}<w:numId w:val="{number}"/></w:numPr>')


def styled(text: str, style: str) -> str:
    return p(text, f'<w:pStyle w:val="{style}"/>')


def lines(body: str, numbering: str, styles: str = "") -> list[object]:
    parts: dict[str, str | bytes] = {
        "numbering.xml": part("w:numbering", numbering),
        "styles.xml": part("w:styles", styles),
    }
    related = {"n": ("numbering", "numbering.xml"), "s": ("styles", "styles.xml")}
    return [*docx_lines(BytesIO(word(body, parts, related)))]


def texts(body: str, numbering: str, styles: str = "") -> list[str]:
    return [line.rstrip("\n") for line in lines(body, numbering, styles) if isinstance(line, str)]


def numbers(body: str, numbering: str, styles: str = "") -> list[str | None]:
    return [line.number for line in lines(body, numbering, styles) if isinstance(line, Heading)]


LEGAL = abstract(0, level(0, "%1."), level(1, "%1.%2"), level(2, "(%3)", "lowerLetter"), level(3, "(%4)", "lowerRoman"))


def test_levels_count_below_each_other_and_restart() -> None:
    body = item("Fees") + item("Rent", 1) + item("in cash", 2) + item("by card", 2) + item("soon", 3)
    body += item("Term") + item("Start", 1) + item("at once", 2)
    expected = ["1. Fees", "1.1 Rent", "(a) in cash", "(b) by card", "(i) soon", "2. Term", "2.1 Start", "(a) at once"]
    assert texts(body, LEGAL + num(1, 0)) == expected
    whole = ["1", "1.1", "1.1(a)", "1.1(b)", "1.1(b)(i)", "2", "2.1", "2.1(a)"]
    assert numbers(body, LEGAL + num(1, 0)) == whole


def test_headings_are_numbered_by_their_style() -> None:
    numbering = abstract(
        0,
        level(0, "Article %1", "upperRoman", '<w:pStyle w:val="Heading1"/>'),
        level(1, "%1.%2", "decimal", '<w:pStyle w:val="Heading2"/><w:isLgl/>'),
    ) + num(4, 0)
    style = '<w:style w:type="paragraph" w:styleId="{0}"><w:name w:val="{1}"/>{2}</w:style>'
    numbered = "<w:pPr><w:numPr>{}<w:numId w:val='4'/></w:numPr></w:pPr>"
    styles = (
        style.format("Heading1", "heading 1", numbered.format(""))
        + style.format("Heading2", "heading 2", numbered.format('<w:ilvl w:val="1"/>'))
        + style.format("Ours", "Our heading", '<w:basedOn w:val="Heading2"/>')
    )
    body = (
        styled("Scope", "Heading1") + styled("Works", "Heading2") + styled("Fees", "Heading1") + styled("VAT", "Ours")
    )
    assert lines(body, numbering, styles) == [
        Heading(1, "Scope", "Article I"),
        "# Article I Scope\n",
        Heading(2, "Works", "1.1"),
        "## 1.1 Works\n",
        Heading(1, "Fees", "Article II"),
        "# Article II Fees\n",
        Heading(2, "VAT", "2.1"),
        "## 2.1 VAT\n",
    ]


def test_clauses_stand_below_the_heading_before_them() -> None:
    styles = '<w:style w:type="paragraph" w:styleId="H"><w:name w:val="heading 2"/></w:style>'
    found = lines(styled("Terms", "H") + item("One") + item("Deep", 1), LEGAL + num(1, 0), styles)
    assert [line for line in found if isinstance(line, Heading)] == [
        Heading(2, "Terms"),
        Heading(3, "", "1"),
        Heading(4, "", "1.1"),
    ]


def test_instances_share_counters_until_one_overrides_its_start() -> None:
    override = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="{}"/></w:lvlOverride>'
    numbering = LEGAL + num(1, 0) + num(2, 0) + num(3, 0, override.format(7)) + num(4, 0, override.format(1))
    body = item("a") + item("b", number=2) + item("c", number=3) + item("d", number=3) + item("e", number=4)
    assert texts(body, numbering) == ["1. a", "2. b", "7. c", "8. d", "1. e"]


def test_an_override_may_replace_a_level() -> None:
    other = f'<w:lvlOverride w:ilvl="0">{level(0, "§ %1", start=5)}</w:lvlOverride>'
    assert texts(item("a") + item("b"), LEGAL + num(1, 0, other)) == ["§ 5 a", "§ 6 b"]


def test_a_level_may_restart_late_or_never() -> None:
    levels = [
        level(0, "%1"),
        level(1, "%1.%2"),
        level(2, "%3", more='<w:lvlRestart w:val="0"/>'),
        level(3, "%4", more='<w:lvlRestart w:val="1"/>'),
    ]
    body = item("a") + item("b", 1) + item("c", 2) + item("d", 3) + item("e", 1) + item("f", 2) + item("g", 3)
    body += item("h") + item("i", 3)
    expected = ["1 a", "1.1 b", "1 c", "1 d", "1.2 e", "2 f", "2 g", "2 h", "1 i"]
    assert texts(body, abstract(0, *levels) + num(1, 0)) == expected


def test_a_list_may_be_that_of_a_style() -> None:
    numbering = abstract(0, more='<w:numStyleLink w:val="L"/>') + LEGAL.replace('Id="0"', 'Id="1"', 1)
    style = '<w:style w:type="numbering" w:styleId="L"><w:pPr><w:numPr><w:numId w:val="9"/></w:numPr></w:pPr></w:style>'
    assert texts(item("a", 1), numbering + num(1, 0) + num(9, 1), style) == ["1.1 a"]


def test_bullets_and_what_has_no_number_stay_as_they_are() -> None:
    numbering = abstract(0, level(0, "\uf0b7", "bullet")) + abstract(1, level(0, "", "none")) + num(1, 0) + num(2, 1)
    body = item("dot") + item("none", number=2) + item("off", number=0) + item("lost", number=99) + item("deep", 5)
    assert texts(body, numbering) == ["- dot", "none", "off", "lost", "deep"]
    assert numbers(body, numbering) == []


def test_numbers_come_in_the_format_of_their_level() -> None:
    forms = {
        "upperLetter": ("A", "AA"),
        "decimalZero": ("01", "27"),
        "ordinal": ("1st", "27th"),
        "ordinalText": ("First", "Twenty-seventh"),
        "chineseCounting": ("一", "二十七"),
        "decimalEnclosedCircle": ("①", "27"),
        "unknown": ("1", "27"),
    }
    for form, (first, last) in forms.items():
        found = texts(item("x") * 27, abstract(0, level(0, "%1)", form)) + num(1, 0))
        assert (found[0], found[-1]) == (f"{first}) x", f"{last}) x"), form


def test_hostile_numbering_ends() -> None:
    loop = abstract(0, more='<w:numStyleLink w:val="L"/>') + num(1, 0)
    cycle = (
        '<w:style w:type="paragraph" w:styleId="L"><w:basedOn w:val="M"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr>'
        '</w:pPr></w:style><w:style w:type="paragraph" w:styleId="M"><w:basedOn w:val="L"/></w:style>'
    )
    assert texts(item("x") + styled("y", "L"), loop, cycle) == ["x", "y"]
    huge = abstract(0, level(0, "%1 " * 5000, "lowerRoman", start=999999999)) + num(1, 0)
    assert len(texts(item("x"), huge)[0]) < 3000


def test_the_width_of_a_number_is_limited() -> None:
    for form in ("0999999999", "²", "0" * 100_000, 'custom" w:format="' + "0" * 100_000):
        [line] = texts(item("Fees"), abstract(0, level(0, "%1.", form)) + num(1, 0))
        assert line.endswith("1. Fees")
        assert len(line) < 100
