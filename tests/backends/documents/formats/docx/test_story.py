"""Paragraphs, tables, text boxes and hidden text of a Word document."""

from io import BytesIO

from files_api_mcp.backends.documents.formats.docx.document import docx_lines
from files_api_mcp.backends.documents.marks import Hidden, Line, Table
from files_api_mcp.backends.documents.tables.table import DocumentTable
from tests.support.ooxml import NAMES, p, word


def lines(body: str, styles: str = "") -> list[Line]:
    parts: dict[str, str | bytes] = {"styles.xml": f"<w:styles {NAMES}>{styles}</w:styles>"}
    return [*docx_lines(BytesIO(word(body, parts, {"s": ("styles", "styles.xml")})))]


def texts(body: str) -> list[str]:
    return [line.rstrip("\n") for line in lines(body) if isinstance(line, str)]


def control(content: str) -> str:
    return f"<w:sdt><w:sdtPr><w:alias w:val='x'/></w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>"


def cell(content: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{content}</w:tc>"


def row(*cells: str, properties: str = "") -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def table(*rows: str, look: str = "") -> str:
    return f"<w:tbl><w:tblPr>{look}</w:tblPr>{''.join(rows)}</w:tbl>"


def test_content_controls_hide_neither_rows_nor_cells_nor_runs() -> None:
    nested = control(row(control(cell(control(p("1.2.2015")))), cell(p("4.7"))))
    run = "<w:p><w:r><w:t>Customer: </w:t></w:r>" + control("<w:r><w:t>Orkla</w:t></w:r>") + "</w:p>"
    body = control(table(row(cell(p("Date")), control(cell(p("Version")))), nested)) + control(run)
    assert texts(body) == ["Date | Version", "1.2.2015 | 4.7", "Customer: Orkla"]


def test_a_table_in_a_table_is_read_once() -> None:
    inner = table(row(cell(p("Q3")), cell(p("417"))))
    body = table(row(cell(p("North")), cell(inner + p(""))), row(cell(p("South")), cell(p("none"))))
    assert texts(body) == ["North |", "Q3 | 417", "South | none"]


def test_merged_cells_repeat_their_value_in_each_row() -> None:
    start, more = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    body = table(
        row(cell(p("Wide"), '<w:gridSpan w:val="2"/>'), cell(p("Rope"), start)),
        row(cell(p("a")), cell(p("b")), cell(p(""), more)),
        row(cell(p("x" * 200), start), cell(p("c")), cell(p(""), more)),
        row(cell(p(""), more), cell(p("d")), cell(p("e"))),
    )
    assert texts(body) == ["Wide | Rope", "a | b | Rope", f"{'x' * 200} | c | Rope", "| d | e"]


def test_deleted_rows_are_left_out() -> None:
    body = table(row(cell(p("kept"))), row(cell(p("gone")), properties="<w:del/>"))
    assert texts(body) == ["kept"]


def test_header_rows_are_marked() -> None:
    rows = row(cell(p("Part")), cell(p("Weight"))), row(cell(p("Rotor")), cell(p("heavy")))
    marks = [Table("Part | Weight"), Table(None)]
    assert [line for line in lines(table(*rows)) if isinstance(line, Table)] == []
    figures = row(cell(p("Rotor")), cell(p("412")))
    assert [line for line in lines(table(rows[0], figures)) if isinstance(line, Table)] == marks
    looks = ('<w:tblLook w:firstRow="1"/>', '<w:tblLook w:val="04A0"/>')
    for body in (
        *(table(*rows, look=look) for look in looks),
        table(row(cell(p("Part")), cell(p("Weight")), properties="<w:tblHeader/>"), rows[1]),
    ):
        assert [line for line in lines(body) if isinstance(line, Table)] == marks


def test_a_table_goes_on_after_one_inside_it_and_not_after_a_text_box() -> None:
    look = '<w:tblLook w:firstRow="1"/>'
    header = row(cell(p("Part")), cell(p("Weight")))
    box = "<w:p><w:r><w:pict><w:txbxContent>" + p("boxed") + "</w:txbxContent></w:pict></w:r></w:p>"
    inner = table(row(cell(p("a")), cell(p("b"))), look=look)
    outer = table(header, row(cell(p("Rotor") + box), cell(p("412"))), row(cell(inner), cell(p("7"))), look=look)
    marks = [Table("Part | Weight"), Table("a | b"), Table(None), Table("Part | Weight"), Table(None)]
    assert [line for line in lines(outer) if isinstance(line, Table)] == marks


def test_text_boxes_are_read_paragraph_by_paragraph_and_once() -> None:
    box = f"<w:txbxContent>{p('Number')}{p('RE-7')}</w:txbxContent>"
    body = (
        "<w:p><w:r><w:t>Invoice</w:t></w:r><w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wp:inline>"
        f"<wps:txbx>{box}</wps:txbx></wp:inline></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>{box}"
        "</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    assert texts(body) == ["Invoice", "Number", "RE-7"]
    old = body.replace("mc:Choice", "mc:Other")
    assert texts(old) == ["Invoice", "Number", "RE-7"]
    assert texts(table(row(cell(body), cell(p("Paid"))))) == ["Invoice | Paid", "Number", "RE-7"]


def test_hidden_text_is_marked() -> None:
    hidden = "<w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r>"
    shown = "<w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>open</w:t></w:r>"
    assert lines(f"<w:p>{shown}{hidden}</w:p>") == [
        "open\n",
        Hidden("hidden text"),
        "[hidden text] secret\n",
        Hidden(None),
    ]


def test_nesting_without_end_costs_only_its_block() -> None:
    box = "<w:p><w:r><w:pict><w:txbxContent>" * 900 + p("core") + "</w:txbxContent></w:pict></w:r></w:p>" * 900
    assert texts(p("before") + box + p("after")) == [
        "before",
        "[a part of the document is nested too deeply to read]",
        "after",
    ]


def found(body: str, styles: str = "") -> list[DocumentTable]:
    return [line for line in lines(body, styles) if isinstance(line, DocumentTable)]


def test_a_table_stands_before_its_lines_and_ends_after_them() -> None:
    body = table(row(cell(p("Part")), cell(p("Weight"))), row(cell(p("Rotor")), cell(p("412"))))
    read = lines(p("before") + body + p("after"))
    assert [line for line in read if not isinstance(line, DocumentTable)] == [
        "before\n",
        Table("Part | Weight"),
        "Part | Weight\n",
        "Rotor | 412\n",
        Table(None),
        "after\n",
    ]
    made = read[1]
    assert isinstance(made, DocumentTable)
    assert (made.header, [*made.rows()]) == (["Part", "Weight"], [(2, ["Rotor", "412"])])


def test_merged_cells_have_their_columns_and_rows() -> None:
    start, more = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    wide = '<w:gridSpan w:val="2"/>'
    body = table(
        row(cell(p("Region"), start), cell(p("2024"), wide), cell(p("2025"), wide)),
        row(cell(p(""), more), *(cell(p(name)) for name in ("Sales", "Costs") * 2)),
        row(cell(p("North"), start), *(cell(p(figure)) for figure in ("5", "4", "6", "5"))),
        row(cell(p(""), more), cell(p("7"), wide), cell(p("8"), wide)),
        row(cell(p("9")), cell(p("1")), properties='<w:gridBefore w:val="3"/>'),
    )
    (made,) = found(body)
    assert made.header == ["Region", "2024 Sales", "2024 Costs", "2025 Sales", "2025 Costs"]
    assert [*made.rows()] == [
        (3, ["North", "5", "4", "6", "5"]),
        (4, ["North", "7", None, "8", None]),
        (5, [None, None, None, "9", "1"]),
    ]


def test_a_header_is_bold_or_shaded_or_set_apart_by_the_style() -> None:
    texts = row(cell(p("Name")), cell(p("City"))), row(cell(p("Ada")), cell(p("London")))
    bold = row(*(cell(f"<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>{name}</w:t></w:r></w:p>") for name in ("Name", "City")))
    shaded = row(*(cell(p(name), '<w:shd w:fill="D9E2F3"/>') for name in ("Name", "City")))
    style = '<w:style w:type="table" w:styleId="Plain"><w:tblStylePr w:type="firstRow"/></w:style>'
    based = f'{style}<w:style w:type="table" w:styleId="Mine"><w:basedOn w:val="Plain"/></w:style>'
    look = '<w:tblStyle w:val="Mine"/><w:tblLook w:firstRow="1"/>'
    assert found(table(*texts)) == found(table(*texts, look=look)) == found(table(bold, bold)) == []
    for body, styles in ((table(bold, texts[1]), ""), (table(shaded, texts[1]), ""), (table(*texts, look=look), based)):
        (made,) = found(body, styles)
        assert (made.header, [*made.rows()]) == (["Name", "City"], [(2, ["Ada", "London"])])


def test_tables_in_tables_are_tables_and_those_around_them_arrange_the_page() -> None:
    inner = table(row(cell(p("Part")), cell(p("kg"))), row(cell(p("Rotor")), cell(p("412"))))
    outer = row(cell(p("Item")), cell(p("Fee"))), row(cell(p("a")), cell(p("5"))), row(cell(p("b")), cell(p("6")))
    assert [made.header for made in found(table(row(cell(inner), cell(inner)), row(cell(p("x")), cell(inner))))] == [
        ["Part", "kg"],
        ["Part", "kg"],
        ["Part", "kg"],
    ]
    assert [made.header for made in found(table(*outer, row(cell(p("c") + inner), cell(p("7")))))] == [
        ["Item", "Fee"],
        ["Part", "kg"],
    ]
