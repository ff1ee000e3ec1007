"""Rich text shows what its reader sees."""

import io

from files_api_mcp.backends.documents.formats.rtf import rtf_lines
from files_api_mcp.backends.documents.tables.table import DocumentTable


def text(rich: bytes) -> str:
    return "".join(line for line in rtf_lines(io.BytesIO(rich)) if isinstance(line, str))


def test_rich_text_is_read_without_its_pictures() -> None:
    rich = rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\b Fees}\par Gr\'fc\'dfe \u8364?\par{\pict\pngblip "
    made = rich + b"89504e47" * 100_000 + rb"}The end \u-10179?\u-8704?.}"
    assert text(made).encode("utf-16", "surrogatepass").decode("utf-16") == "Fees\nGrüße €\nThe end 😀.\n"


def test_rows_have_their_cells_between_bars() -> None:
    row = rb"\trowd\cellx1000\cellx2000 Kitchen\cell 14 m\cell\row\trowd\cellx1000\cellx2000 Hall\cell\cell\row"
    assert text(rb"{\rtf1\ansi " + row + rb"\pard The end.\par}") == "Kitchen | 14 m\nHall |\nThe end.\n"


def test_notes_headers_and_footers_are_read() -> None:
    margins = rb"{\headery720\header\pard Docket 7\par}{\footerr Page\par}"
    note = rb"Due monthly.{\super\chftn}{\footnote\pard{\super\chftn}Except in August.}\par"
    assert text(rb"{\rtf1\ansi " + margins + note + b"}").split("\n") == [
        "Docket 7",
        "Page",
        "Due monthly. Except in August.",
        "",
    ]


def test_rows_of_one_length_are_a_table() -> None:
    def row(*cells: bytes) -> bytes:
        return rb"\trowd" + rb"\cellx1000" * len(cells) + b"".join(b" " + cell + rb"\cell" for cell in cells) + rb"\row"

    rows = row(b"Item", b"Fee") + row(b"Survey", b"940") + row(b"Permit", b"1,250")
    found = [*rtf_lines(io.BytesIO(rb"{\rtf1\ansi Fees\par " + rows + rb"\pard The end.\par}"))]
    (made,) = [line for line in found if isinstance(line, DocumentTable)]
    assert (made.header, [*made.rows()]) == (["Item", "Fee"], [(2, ["Survey", "940"]), (3, ["Permit", "1,250"])])
    ragged = rtf_lines(io.BytesIO(rb"{\rtf1\ansi " + rows + row(b"a", b"b", b"c") + rb"\pard The end.\par}"))
    assert [line for line in ragged if not isinstance(line, str)] == []
