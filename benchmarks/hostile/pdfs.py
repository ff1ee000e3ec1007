"""PDFs that try to break their parser."""

import io
import zlib
from collections.abc import Callable
from random import Random

import pikepdf

from benchmarks.hostile.samples import sample
from tests.support import documents
from tests.support.hostile import pdf_of

__all__ = ["PDFS"]

_CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
_PAGES = b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>"
_PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 4 0 R %s >>"
_FONT = b"/Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"

_WORDS = b"BT /F 12 Tf 9 9 Td (words) Tj ET"
_TAGGED_WORDS = b"/H1 << /MCID 0 >> BDC " + _WORDS + b" EMC"


def _stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), entries, content)


def _one_page(content: bytes, *more: bytes, resources: bytes = _FONT) -> bytes:
    return pdf_of(_CATALOG, _PAGES, _PAGE % resources, content, *more)


def _packed(part: bytes, times: int) -> bytes:
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(part) for _ in range(times)) + packer.flush()


def _bomb(chance: Random) -> bytes:
    """A stream that unpacks to hundreds of megabytes, compressed once or twice."""
    packed = _packed(b" " * 1_000_000, chance.randrange(50, 200))
    if chance.random() < 0.5:
        return _one_page(_stream(zlib.compress(packed, 9), b"/Filter [/FlateDecode /FlateDecode]"))
    return _one_page(_stream(packed, b"/Filter /FlateDecode"))


def _long_text(chance: Random) -> bytes:
    """One page with a text of millions of characters."""
    line = b"(words on words ) Tj 0 -1 Td "
    return _one_page(_stream(b"BT /F 1 Tf " + line * chance.randrange(10_000, 100_000) + b"ET"))


def _looping_tree(chance: Random) -> bytes:
    target = chance.randrange(1, 4)
    return pdf_of(
        _CATALOG,
        b"<< /Type /Pages /Count %d /Kids [3 0 R %d 0 R] >>" % (chance.choice((1, 9, 2**31 - 1)), target),
        b"<< /Type /Pages /Count 9 /Parent 2 0 R /Kids [2 0 R 3 0 R] >>",
    )


def _looping_length(_: Random) -> bytes:
    return _one_page(b"<< /Length 4 0 R >>\nstream\nBT ET\nendstream")


def _looping_table(chance: Random) -> bytes:
    """Cross-reference sections in a cycle."""
    size = chance.randrange(1, 100)
    return b"%%PDF-1.7\nxref\n0 1\ntrailer << /Size %d /Prev 9 /Root 1 0 R >>\nstartxref\n9\n%%%%EOF" % size


def _looping_form(chance: Random) -> bytes:
    """A form that draws itself, several times."""
    draw = b"/X Do " * chance.randrange(1, 50)
    form = _stream(draw, b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 5 0 R >> >>")
    return _one_page(_stream(draw), form, resources=b"/Resources << /XObject << /X 5 0 R >> >>")


def _multiplied_form(_: Random) -> bytes:
    """Ten forms, each of which draws the next one ten times."""
    forms = [
        _stream(
            b"/X Do " * 10,
            b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X %d 0 R >> >>" % (number + 1),
        )
        for number in range(5, 14)
    ]
    return _one_page(
        _stream(b"/X Do"), *forms, _stream(b"0 0 9 9 re f"), resources=b"/Resources << /XObject << /X 5 0 R >> >>"
    )


def _looping_fields(_: Random) -> bytes:
    field = b"<< /FT /Tx /T (a) /Kids [5 0 R] /Parent 5 0 R /Subtype /Widget /Rect [0 0 9 9] >>"
    return pdf_of(
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [5 0 R] >> >>",
        _PAGES,
        _PAGE % b"/Annots [5 0 R 5 0 R]",
        _stream(b""),
        field,
    )


def _deep(chance: Random) -> bytes:
    mark = chance.choice((b"[", b"<< /A ", b"("))
    return pdf_of(_CATALOG, mark * chance.randrange(10_000, 300_000))


def _many_pages(chance: Random) -> bytes:
    """More pages than the limit, or a wrong page count."""
    if chance.random() < 0.5:
        count = chance.randrange(2_000, 25_000)
        kids = b"3 0 R " * count
        return pdf_of(_CATALOG, b"<< /Type /Pages /Count %d /Kids [%s] >>" % (count, kids), _PAGE % b"", _stream(b""))
    return pdf_of(_CATALOG, b"<< /Type /Pages /Count 99999999 /Kids [3 0 R] >>", _PAGE % b"", _stream(b""))


def _huge_page(chance: Random) -> bytes:
    side = chance.choice((b"1e9", b"100000", b"-99", b"0", b"0.0001", b"1e-38"))
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %s %s] /Contents 4 0 R %s >>" % (side, side, _FONT)
    return pdf_of(_CATALOG, _PAGES, page, _stream(b"BT /F 12 Tf (words) Tj ET 0 0 9 9 re f"))


def _huge_picture(chance: Random) -> bytes:
    """An image larger than any memory, according to its header."""
    side = chance.choice((20_000, 60_000, 2**31 - 1))
    entries = b"/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8 /ColorSpace /DeviceRGB"
    image = _stream(_packed(bytes(100_000), 100), entries % (side, side) + b" /Filter /FlateDecode")
    return _one_page(_stream(b"99 0 0 99 0 0 cm /X Do"), image, resources=b"/Resources << /XObject << /X 5 0 R >> >>")


def _many_annotations(chance: Random) -> bytes:
    notes = b"<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /Contents (words) >> " * chance.randrange(1_000, 30_000)
    return _one_page(_stream(b""), resources=b"/Annots [%s]" % notes)


def _looping_labels(_: Random) -> bytes:
    return pdf_of(
        b"<< /Type /Catalog /Pages 2 0 R /PageLabels 5 0 R >>",
        _PAGES,
        _PAGE % b"",
        _stream(b""),
        b"<< /Kids [5 0 R 5 0 R] /Limits [0 9] >>",
    )


def _looping_bookmarks(chance: Random) -> bytes:
    """Bookmarks that follow each other at random."""
    count = chance.randrange(2, 30)
    marks = [
        b"<< /Title (words) /Parent 5 0 R /Dest [3 0 R /Fit] /Next %d 0 R /First %d 0 R >>"
        % (chance.randrange(5, 6 + count), chance.randrange(5, 6 + count))
        for _ in range(count)
    ]
    catalog = b"<< /Type /Catalog /Pages 2 0 R /Outlines 5 0 R >>"
    return pdf_of(catalog, _PAGES, _PAGE % _FONT, _stream(_WORDS), b"<< /First 6 0 R >>", *marks)


def _many_bookmarks(chance: Random) -> bytes:
    """A long list of bookmarks, or a deep one, whose places are looked up by name in a list without order."""
    count, way = chance.randrange(1_000, 30_000), chance.choice((b"First", b"Next"))
    marks = (b"<< /Title (words) /Dest (n%d) /%s %d 0 R >>" % (at, way, 7 + at) for at in range(count))
    names = b" ".join(b"(n%d) [3 0 R /Fit]" % at for at in range(count))
    catalog = b"<< /Type /Catalog /Pages 2 0 R /Outlines 5 0 R /Names << /Dests << /Names [%s] >> >> >>" % names
    return pdf_of(catalog, _PAGES, _PAGE % _FONT, _stream(_WORDS), b"<< /First 6 0 R >>", *marks)


def _looping_tags(chance: Random) -> bytes:
    """Elements of a structure tree that contain each other at random, or deep in each other."""
    count = chance.randrange(2, 2_000)
    deep = chance.random() < 0.5
    tags = (
        b"<< /Type /StructElem /S /%s /P %d 0 R /Pg 3 0 R /K [0 %d 0 R %d 0 R] >>"
        % (
            chance.choice((b"H1", b"Div", b"Div", b"Sect")),
            4 + at,
            6 + at,
            6 + at if deep else 5 + chance.randrange(count),
        )
        for at in range(1, count + 1)
    )
    parents = b"<< /Nums [0 [%s]] >>" % b" ".join(b"%d 0 R" % (5 + at) for at in range(1, count + 1))
    catalog = b"<< /Type /Catalog /Pages 2 0 R /StructTreeRoot 5 0 R /MarkInfo << /Marked true >> >>"
    root = b"<< /Type /StructTreeRoot /K 6 0 R /ParentTree %s >>" % parents
    return pdf_of(catalog, _PAGES, _PAGE % (_FONT + b" /StructParents 0"), _stream(_TAGGED_WORDS), root, *tags)


def _encrypted(chance: Random) -> bytes:
    """An encrypted PDF, intact or damaged."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(sample("pdf"))) as document:
        way = chance.choice((2, 3, 4, 6))
        modern = way >= 4
        document.save(out, encryption=pikepdf.Encryption(user="a", owner="b", R=way, aes=modern, metadata=modern))
    made = out.getvalue()
    return made if chance.random() < 0.5 else made.replace(b"/Encrypt", b"/Encrypu", 1)


def _packed_objects(chance: Random) -> bytes:
    """Object streams with changed bytes in their compressed form."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(documents.pdf(["words"] * 9))) as document:
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, static_id=True)
    changed = bytearray(out.getvalue())
    for _ in range(chance.choice((0, 1, 5, 20))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


PDFS: dict[str, Callable[[Random], bytes]] = {
    "bomb": _bomb,
    "long text": _long_text,
    "looping pages": _looping_tree,
    "looping length": _looping_length,
    "looping table": _looping_table,
    "looping drawing": _looping_form,
    "multiplied drawing": _multiplied_form,
    "looping fields": _looping_fields,
    "looping labels": _looping_labels,
    "deep nesting": _deep,
    "many pages": _many_pages,
    "huge page": _huge_page,
    "huge picture": _huge_picture,
    "many notes": _many_annotations,
    "looping bookmarks": _looping_bookmarks,
    "many bookmarks": _many_bookmarks,
    "looping tags": _looping_tags,
    "encrypted": _encrypted,
    "packed objects": _packed_objects,
}
