"""Office files and e-books that try to break their parser."""

import io
import struct
import zipfile
from collections.abc import Callable
from functools import partial
from random import Random

from benchmarks.hostile.samples import old_sheet, ole, sample
from files_api_mcp.backends.documents.media_types import ODP, ODS, ODT
from tests.support import documents
from tests.support.hostile import CELL, W

__all__ = ["PACKAGES"]

Maker = Callable[[Random], bytes]
_MAIN = {
    "docx": "word/document.xml",
    "pptx": "ppt/presentation.xml",
    "xlsx": "xl/workbook.xml",
    "odt": "content.xml",
    "ods": "content.xml",
    "odp": "content.xml",
    "epub": "META-INF/container.xml",
}
_TYPES = {"odt": ODT, "ods": ODS, "odp": ODP, "epub": "application/epub+zip"}
_MANIFEST = '<item id="a" href="{}" media-type="application/xhtml+xml"/>'


def _archive(ending: str, main: str | bytes, **more: str | bytes) -> bytes:
    return documents.archive({_MAIN[ending]: main, **more}, _TYPES.get(ending))


def _bomb(ending: str, chance: Random) -> bytes:
    return _archive(ending, "<a>" + chance.choice((" ", "<b/>", "x")) * chance.randrange(2_000_000, 40_000_000))


def _deep(ending: str, chance: Random) -> bytes:
    depth = chance.randrange(1_000, 400_000)
    return _archive(ending, "<a>" * depth + ("</a>" * depth if chance.random() < 0.5 else ""))


def _entities(ending: str, chance: Random) -> bytes:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    declared = chance.choice((laughs, '<!ENTITY l9 SYSTEM "file:///etc/hostname">', '<!ENTITY % l9 "x"> %l9;'))
    return _archive(ending, f'<!DOCTYPE d [<!ENTITY l0 "ha">{declared}]><a>&l9;</a>')


def _locked(ending: str, chance: Random) -> bytes:
    """Zip members marked as encrypted, or the OLE container of encrypted office files."""
    if chance.random() < 0.3:
        return ole("EncryptedPackage", chance.randbytes(chance.randrange(1, 60_000)))
    changed = bytearray(sample(ending))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = changed.find(mark)
        while start >= 0:
            changed[start + at] |= 1
            start = changed.find(mark, start + 4)
    return bytes(changed)


def _wrong_directory(ending: str, chance: Random) -> bytes:
    """Wrong sizes, offsets and counts in the zip directory."""
    changed = bytearray(sample(ending))
    entry = changed.find(b"PK\x01\x02")
    for at, size in chance.sample(((16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (42, 4)), k=2):
        changed[entry + at : entry + at + size] = chance.choice((b"\xff", b"\0", b"\x7f")) * size
    end = changed.rfind(b"PK\x05\x06")
    if chance.random() < 0.5:
        changed[end + 8 : end + 20] = struct.pack("<HHII", *(chance.randrange(65_536) for _ in range(4)))
    return bytes(changed)


def _many_members(ending: str, chance: Random) -> bytes:
    names = chance.choice(("../../{}", "/etc/{}", "a/{}", "C:\\{}"))
    count = chance.randrange(100, 12_000)
    return _archive(ending, "<a/>", **{names.format(number): "" for number in range(count)})


def _wrong_xml(ending: str, chance: Random) -> bytes:
    return _archive(
        ending,
        chance.choice(
            (
                "",
                b"\xff\xfe<\0a\0",
                '<?xml version="1.0" encoding="utf-99"?><a/>',
                '<?xml version="1.0" encoding="utf-16"?><a/>',
                "<a" + ' b="c"' * 50_000 + "/>",
                f'<a xmlns:x="{"x" * 1_000_000}"/>',
            )
        ),
    )


def _big_table(chance: Random) -> bytes:
    cell = "<w:tc><w:p><w:r><w:t>words</w:t></w:r></w:p></w:tc>"
    rows = f"<w:tr>{cell * chance.randrange(1, 300)}</w:tr>" * chance.randrange(1, 300)
    nested = "<w:tbl><w:tr><w:tc>" * chance.randrange(1, 200)
    return _archive("docx", f"<w:document {W}><w:body><w:tbl>{rows}</w:tbl>{nested}{cell}</w:body></w:document>")


def _repeated_slides(chance: Random) -> bytes:
    """One slide listed many times, or the presentation as its own slide."""
    target = chance.choice(("slides/slide1.xml", "presentation.xml", "../../../etc/hostname"))
    ids = "".join(f'<p:sldId id="{number}" r:id="rId0"/>' for number in range(chance.randrange(1_000, 30_000)))
    spaces = (
        'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    )
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/slide"
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId0" Type="{kind}" Target="{target}"/></Relationships>'
    )
    return documents.archive(
        {
            "ppt/presentation.xml": f"<p:presentation {spaces}><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>",
            "ppt/_rels/presentation.xml.rels": relations,
            "ppt/slides/slide1.xml": f"<p:sld {spaces}>{'<p:sp/>' * 1_000}</p:sld>",
        }
    )


def _far_cells(chance: Random) -> bytes:
    """A cell at the far end of the sheet, which would fill the memory as a dense table."""
    place = chance.choice(("XFD1048576", "A1048576", "XFD1", "ZZZZZZ99999999999", "A0", "1", ""))
    spaces = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    cells = f'<row r="1"><c r="A1"><v>1</v></c></row><row><c r="{place}"><v>2</v></c></row>'
    sheet = f'<worksheet {spaces}><dimension ref="A1:{place}"/><sheetData>{cells}</sheetData></worksheet>'
    return _with_member("xlsx", "xl/worksheets/sheet1.xml", sheet)


def _many_cells(chance: Random) -> bytes:
    row = "<row>" + "<c><v>7</v></c>" * chance.randrange(10, 2_000) + "</row>"
    spaces = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    sheet = f"<worksheet {spaces}><sheetData>{row * chance.randrange(10, 400)}</sheetData></worksheet>"
    return _with_member("xlsx", "xl/worksheets/sheet1.xml", sheet)


def _with_member(ending: str, name: str, content: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(sample(ending))) as zipped:
        members = {member: zipped.read(member) for member in zipped.namelist()}
    return documents.archive({**members, name: content})


def _far_old_cells(chance: Random) -> bytes:
    """Records of an old workbook with wrong rows, lengths and offsets."""
    changed = bytearray(old_sheet([["words"] * chance.randrange(1, 200)] * chance.randrange(1, 15)))
    for _ in range(chance.randrange(1, 12)):
        at = chance.randrange(1536, len(changed) - 2)
        changed[at : at + 2] = struct.pack("<H", chance.choice((0, 4, 0xFFFF, 0x8000, 0x00FD, 0x0085, 0x0809)))
    return bytes(changed)


def _looping_sectors(chance: Random) -> bytes:
    """A cycle of sectors in an OLE container, and entries that are their own children."""
    changed = bytearray(old_sheet([["words"]]))
    for _ in range(chance.randrange(1, 4)):
        sector = chance.randrange(0, 10)
        changed[512 + 4 * sector : 516 + 4 * sector] = struct.pack("<I", chance.randrange(0, 10))
    if chance.random() < 0.5:
        entry = 1024 + 128 * chance.randrange(0, 2)
        changed[entry + 68 : entry + 80] = struct.pack("<III", *chance.choices((0, 1, 2, 0xFFFFFFFF), k=3))
    return bytes(changed)


def _repeated_cells(chance: Random) -> bytes:
    columns, rows = chance.choice((("16384", "1048576"), ("2000000000", "4"), ("4", "1048576"), ("-1", "-1")))
    row = f'<table:table-row table:number-rows-repeated="{rows}">'
    cell = CELL.format(f' table:number-columns-repeated="{columns}"')
    return documents.opened("spreadsheet", f'<table:table table:name="a">{row}{cell}</table:table-row></table:table>')


def _repeated_spaces(chance: Random) -> bytes:
    spaces = f'<text:s text:c="{chance.choice((10**9, 2**63, -1, 10**5))}"/>' * chance.randrange(1, 2_000)
    deep = chance.randrange(1, 20_000)
    return documents.opened("text", f"<text:p>{spaces}{'<text:span>' * deep}words{'</text:span>' * deep}</text:p>")


def _many_open_slides(chance: Random) -> bytes:
    page = "<draw:page><draw:text-box><text:p>words</text:p></draw:text-box></draw:page>"
    return documents.opened("presentation", page * chance.randrange(1_000, 20_000))


def _looping_book(chance: Random) -> bytes:
    """Chapters that are the book's own table of contents, or the same chapter many times."""
    item = _MANIFEST.format(chance.choice(("b.opf", "../META-INF/container.xml", "a%201.xhtml", "../../etc/hostname")))
    spine = '<itemref idref="a"/>' * chance.randrange(100, 50_000)
    return documents.book(
        ["words " * 1_000], **{"OPS/b.opf": f"<p><manifest>{item}</manifest><spine>{spine}</spine></p>"}
    )


def _deep_book(chance: Random) -> bytes:
    tag = chance.choice(("<div>", "<b>", "<table><tr><td>", "<title", "<script ", "<ul><li>"))
    return documents.book([tag * chance.randrange(1_000, 60_000) + "words"])


_ANY: dict[str, Callable[[str, Random], bytes]] = {
    "bomb": _bomb,
    "deep nesting": _deep,
    "entities": _entities,
    "locked": _locked,
    "wrong directory": _wrong_directory,
    "many members": _many_members,
    "wrong XML": _wrong_xml,
}
_OWN: dict[str, dict[str, Maker]] = {
    "docx": {"big table": _big_table},
    "pptx": {"repeated slides": _repeated_slides},
    "xlsx": {"far cells": _far_cells, "many cells": _many_cells},
    "odt": {"repeated spaces": _repeated_spaces},
    "ods": {"repeated cells": _repeated_cells},
    "odp": {"many slides": _many_open_slides},
    "epub": {"looping chapters": _looping_book, "deep pages": _deep_book},
}


def _attacks(ending: str) -> dict[str, Maker]:
    return {name: partial(make, ending) for name, make in _ANY.items()} | _OWN[ending]


PACKAGES: dict[str, dict[str, Maker]] = {
    **{ending: _attacks(ending) for ending in _OWN},
    "xls": {"wrong records": _far_old_cells, "looping sectors": _looping_sectors},
}
