"""Web pages show what a person sees, with their structure."""

import pytest

from files_api_mcp.backends.documents.formats.html import page_lines, page_text
from files_api_mcp.backends.documents.marks import Heading, Table
from files_api_mcp.backends.documents.tables.table import DocumentTable


def text(page: str) -> str:
    return "".join(line for line in page_lines(page) if isinstance(line, str))


def test_headings_are_marked_with_their_numbers() -> None:
    page = "<title>The site</title><h1>Terms <em>of</em> use</h1><p>x</p><h2>3.2 <a href='#f'>Fees</a></h2>y"
    assert [line for line in page_lines(page) if isinstance(line, Heading)] == [
        Heading(1, "Terms of use"),
        Heading(2, "Fees", "3.2"),
    ]
    assert text(page) == "The site\n# Terms of use\nx\n## 3.2 Fees\ny\n"


def test_the_title_is_a_heading_only_without_another_one() -> None:
    assert next(iter(page_lines("<title>Rates</title><p>x"))) == Heading(1, "Rates")


def test_preformatted_text_keeps_its_lines_and_indentation() -> None:
    code = "<pre><code>def f(x):\n    if x:\n\n        return <b>1</b>\n</code></pre>"
    assert (
        text(f"<p>Run:</p>{code}<textarea>a\n  b</textarea>")
        == "Run:\ndef f(x):\n    if x:\n\n        return 1\na\n  b\n"
    )


def test_blocks_do_not_touch() -> None:
    assert text("<p>one</p>two<div>three</div>four<ul><li>five</ul>six") == "one\ntwo\nthree\nfour\n- five\nsix\n"


def test_numbers_of_lists_are_shown() -> None:
    page = "<ol start=3><li>three<li><p>four</p><p>more</p><ul><li>dash</ul><li value=9>nine</ol>"
    assert text(page) == "3. three\n4. four\nmore\n- dash\n9. nine\n"


def test_blocks_in_cells_do_not_tear_rows() -> None:
    page = (
        "<table><caption>Prices</caption><thead><tr><th><p>Item</p><th><p>Fee</p></thead><tr><td><p>Survey</p></td>"
        "<td><p>EUR</p><p>940</p></td></tr><tr><td><ul><li>a<li>b</ul></td><td>7<br>8</td></tr></table>"
    )
    assert text(page) == "Prices\nItem | Fee\nSurvey | EUR 940\n- a - b | 7 8\n"
    assert [line for line in page_lines(page) if isinstance(line, Table)] == [Table("Item | Fee"), Table(None)]


def test_a_cell_over_several_rows_stands_in_each_of_them() -> None:
    page = (
        "<table><tr><th>Area<th>Item<th colspan=2>Years<tr><td rowspan=2>North<td>Pumps<td>3<td>4"
        "<tr><td>Valves<td>9<td>8<tr><td>South<td>Pipes<td>2<td>1</table>"
    )
    assert text(page) == ("Area | Item | Years\nNorth | Pumps | 3 | 4\nNorth | Valves | 9 | 8\nSouth | Pipes | 2 | 1\n")


def test_empty_columns_are_left_out_and_empty_cells_kept() -> None:
    page = "<table><tr><td>a<td><td>b<td>c<tr><td>1<td><td><td>2<tr><td><td><td>3<td></table>"
    assert text(page) == "a | b | c\n1 |  | 2\n3\n"


def test_a_table_that_only_arranges_the_page_is_read_as_blocks() -> None:
    side = "<ul>" + "<li>item" * 9 + "</ul>"
    page = f"<table><tr><td><h2>News</h2><p>Long story</p></td><td>{side}</td></tr><tr><td><p>a<p>b</td></tr></table>"
    assert text(page) == "## News\nLong story\n" + "- item\n" * 9 + "a\nb\n"


def test_tables_in_cells_come_once() -> None:
    page = "<table><tr><td>Fees<td><table><tr><td>a<td>417</table><tr><td>End<td>x</table>"
    assert text(page) == "Fees | a | 417\nEnd | x\n"


def test_alternatives_values_and_labels_are_shown() -> None:
    page = (
        "<p>See <img alt='Chart: exports doubled' src=x><img alt='' src=y> <input value='Order 5510'><input type=hidden"
        " value=no><input type=checkbox checked>paid <select><option>Basic<option>Gold</select></p>"
        "<svg><title>Grid</title><text>Nord 110 kV</text><text>Süd</text></svg>"
        "<ruby>東京<rp>(</rp><rt>とうきょう</ruby>"
        "<details><summary>FAQ</summary><p>Nine days</details><iframe srcdoc='&lt;p&gt;Inside'></iframe>"
    )
    assert text(page) == (
        "See [image: Chart: exports doubled] Order 5510 [x] paid Basic Gold\nGrid\nNord 110 kV\nSüd\n"
        "東京(とうきょう)\nFAQ\nNine days\nInside\n"
    )


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("<a href='https://example.org/terms.pdf'>Terms</a>", "Terms (example.org/terms.pdf)"),
        ("<a href='files/rates.xlsx?v=2'>Rates</a>", "Rates (files/rates.xlsx?v=2)"),
        ("<a href='mailto:ada@example.org?subject=x'>Ada</a>", "Ada (ada@example.org)"),
        ("<a href='https://example.org/'>example.org</a>", "example.org"),
        ("<a href='#top'>Top</a> <a href='javascript:x()'>Run</a> <a href='/wiki/Berlin'>Berlin</a>", "Top Run Berlin"),
        (f"<a href='https://example.org/{'x' * 200}'>Long</a> <a href='data:text/plain,x'>Data</a>", "Long Data"),
        ("<nav><a href='https://example.org/a'>A</a></nav>", "A"),
        ("<li><a href='https://example.org/a'>A</a></li>", "- A"),
        ("<li><a href='https://example.org/a.pdf'>A</a></li>", "- A (example.org/a.pdf)"),
    ],
)
def test_targets_of_links_are_shown_where_they_help(link: str, shown: str) -> None:
    assert text(link) == f"{shown}\n"


def test_xhtml_may_close_what_html_may_not() -> None:
    page = "<?xml version='1.0'?><html><head><title/><script src='a'/><style/></head><body><p>Gate</p></body></html>"
    assert text(page) == "Gate\n"


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"\xef\xbb\xbf<meta charset=iso-8859-1>\xc3\xa4", "ä"),
        (b"<meta charset=iso-8859-1>\x93\x80\x94", "“€”"),
        (b"<meta charset=utf-16>\xc3\xa4", "ä"),
        (b"<script>" + b"x" * 5000 + b"</script><meta charset=koi8-r>\xc1", "а"),
        ("<?xml version='1.0' encoding='windows-1251'?><p>Срок".encode("cp1251"), "Срок"),
        ("<meta charset=utf-8><p>Größe für Müller".encode("cp1252"), "Größe für Müller"),
    ],
)
def test_a_page_is_decoded_as_browsers_do(data: bytes, shown: str) -> None:
    assert text(page_text(data)) == f"{shown}\n"


def test_links_without_end_in_an_item_are_borne() -> None:
    link = "<a href='https://example.org'>example.org</a>, "
    for tag in ("<li>", "<li><ruby></ruby>"):
        assert text(tag + link * 20_000) == "- " + "example.org, " * 19_999 + "example.org,\n"


def test_a_page_that_scripts_show_is_read() -> None:
    assert text("<html hidden><p>Gate</p><p hidden>C9</p>") == "Gate\n"


def test_nesting_without_end_is_borne() -> None:
    for tag in ("<div>", "<table><tr><td>", "<ol><li>", "<iframe srcdoc='", "<a>", "<ruby><rt>"):
        assert "words" in text(tag * 5000 + "words") or tag == "<iframe srcdoc='"


def tables(page: str) -> list[DocumentTable]:
    return [line for line in page_lines(page) if isinstance(line, DocumentTable)]


def test_a_table_has_names_rows_and_a_caption() -> None:
    page = (
        "<table><caption>Fees of 2024</caption><thead><tr><th rowspan=2>Area<th colspan=2>2024<tr><th>Item<th>Fee"
        "<tbody><tr><td rowspan=2>North<td>Pumps<td>$ 1,250<tr><td>Valves<td>9<tr><th>South<td>Pipes<td>2</table>"
    )
    (found,) = tables(page)
    assert (found.header, found.caption) == (["Area", "2024 Item", "2024 Fee"], "Fees of 2024")
    assert [*found.rows()] == [
        (3, ["North", "Pumps", "$ 1,250"]),
        (4, ["North", "Valves", "9"]),
        (5, ["South", "Pipes", "2"]),
    ]
    marks = [line for line in page_lines(page) if isinstance(line, Table)]
    assert marks == [Table("Area | 2024\nArea | Item | Fee"), Table(None)]


@pytest.mark.parametrize(
    ("first", "names"),
    [
        ("<td><b>Name</b><td><strong>City</strong><td><b>Job</b>", ["Name", "City", "Job"]),
        (
            "<td style='font-weight: bold'>Name<td><p><span style='font-weight:700'>City</span></p><th>Job",
            ["Name", "City", "Job"],
        ),
        ("<td><th>City<th>Job", ["", "City", "Job"]),
    ],
)
def test_bold_rows_and_headers_name_the_columns(first: str, names: list[str]) -> None:
    (found,) = tables(f"<table><tr>{first}<tr><td>Ada<td>Rome<td>Vet<tr><td>Bob<td>Oslo<td>Spy</table>")
    assert (found.header, len([*found.rows()])) == (names, 2)


def test_what_arranges_a_page_is_no_table() -> None:
    story = "<h2>News</h2>" + "<p>Long story</p>" * 9
    for page in (
        f"<table><tr><th>Today<th>More</tr><tr><td>{story}<td>3</table>",
        "<table role=presentation><tr><th>Item<th>Fee<tr><td>a<td>5</table>",
        "<table><tr><td>Home<td>Shop<td>Help<tr><td>Ada<td>London<td>x<tr><td>Bob<td>Rome<td>y</table>",
        "<table><tr><td><img alt=Logo><td>Acme<tr><td>Order 17<td></table>",
    ):
        assert tables(page) == []


def test_a_table_inside_a_table_is_one_of_its_own() -> None:
    inner = "<table><tr><th>Part<th>kg<tr><td>Rotor<td>412</table>"
    assert [found.header for found in tables(f"<table><tr><td>x<td>{inner}<tr><td>y<td>{inner}</table>")] == [
        ["Part", "kg"],
        ["Part", "kg"],
    ]
    rows = "".join(f"<tr><td>a{number}<td>{number}" for number in range(5))
    page = f"<table><tr><th>Item<th>Fee{rows}<tr><td>b<td>{inner}<tr><td>c<td>7</table>"
    outer, found = tables(page)
    assert [row for _, row in outer.rows()][-2:] == [["b", "Part | kg Rotor | 412"], ["c", "7"]]
    assert found.header == ["Part", "kg"]
    assert [line for line in page_lines(page) if isinstance(line, Table)][-3:] == [
        Table(None),
        Table("Item | Fee"),
        Table(None),
    ]


def test_cells_over_very_many_columns_and_rows_are_bounded() -> None:
    row = "<tr><td rowspan=999999 colspan=999999>x<td>5<td>y"
    assert text(f"<table>{row * 100}</table>").count("x") == 100
