"""Paragraphs, tables, text boxes and hidden text of a Word document."""

from io import BytesIO

from files_api_mcp.backends.documents.formats.docx.document import docx_lines
from files_api_mcp.backends.documents.marks import Hidden, Line, Table
from tests.support.ooxml import p, word


def lines(body: str) -> list[Line]:
    return [*docx_lines(BytesIO(word(body)))]


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
    rows = row(cell(p("Part")), cell(p("Weight"))), row(cell(p("Rotor")), cell(p("412")))
    marks = [Table("Part | Weight"), Table(None)]
    assert [line for line in lines(table(*rows)) if isinstance(line, Table)] == []
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
