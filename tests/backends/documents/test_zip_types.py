"""The type of a ZIP file follows from the parts that it contains, in any order and with any name."""

import io
import random
import zipfile

import pytest

from files_api_mcp.backends.documents.media_types import DOCX, EPUB, ODP, ODS, ODT, PPTX, XLSX, sniff
from tests.support import documents
from tests.support.ooxml import p, relations, word

OPEN = "application/vnd.oasis.opendocument"
MANIFEST = '<m:manifest><m:file-entry m:media-type="{}" m:full-path="/"/></m:manifest>'
OFFICE = "application/vnd.openxmlformats-officedocument"


def sniffed(data: bytes, name: str = "a") -> str:
    return sniff(data[:65_536], data[-65_536:], name)


def rezipped(data: bytes, *, first: str = "", without: str = "", padding: int = 0) -> bytes:
    """The same members, compressed and in another order, with random bytes before them."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        if padding:
            new.writestr(zipfile.ZipInfo("a.bin"), random.Random(padding).randbytes(padding))
        for name in sorted(old.namelist(), key=lambda name: (name != first, name)):
            if name != without:
                new.writestr(zipfile.ZipInfo(name), old.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def types(*main: str) -> str:
    items = "".join(f'<Override PartName="/x{number}.xml" ContentType="{one}"/>' for number, one in enumerate(main))
    return f"<Types>{items}</Types>"


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (EPUB, documents.book(["x"], **{"OPS/more.opf": "<package/>"})),
        (ODT, documents.opened("text", "")),
        (ODS, documents.opened("spreadsheet", "")),
        (ODP, documents.opened("presentation", "")),
    ],
)
def test_books_and_open_documents_may_be_zipped_again(kind: str, data: bytes) -> None:
    assert sniffed(rezipped(data)) == kind
    assert sniffed(rezipped(data, first="mimetype")) == kind
    assert sniffed(rezipped(data, first="META-INF/manifest.xml", without="mimetype")) == kind
    assert sniffed(rezipped(data, padding=200_000)) == kind


def test_templates_are_read_as_what_they_make() -> None:
    for name, kind in (("text", ODT), ("text-master", ODT), ("spreadsheet", ODS), ("presentation", ODP)):
        suffix = "" if name == "text-master" else "-template"
        made = documents.archive({"content.xml": "<x/>"}, f"{OPEN}.{name}{suffix}")
        assert sniffed(made) == kind
        members: dict[str, str | bytes] = {
            "META-INF/manifest.xml": MANIFEST.format(f"{OPEN}.{name}{suffix}"),
            "content.xml": "<x/>",
        }
        assert sniffed(documents.archive(members)) == kind


@pytest.mark.parametrize(
    ("kind", "stated"),
    [
        (DOCX, f"{OFFICE}.wordprocessingml.template.main+xml"),
        (DOCX, "application/vnd.ms-word.document.macroEnabled.main+xml"),
        (PPTX, f"{OFFICE}.presentationml.slideshow.main+xml"),
        (PPTX, "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml"),
        (XLSX, f"{OFFICE}.spreadsheetml.template.main+xml"),
        (XLSX, "application/vnd.ms-excel.sheet.macroEnabled.main+xml"),
        (XLSX, "application/vnd.ms-excel.sheet.binary.macroEnabled.main"),
    ],
)
def test_packages_are_known_by_their_content_types(kind: str, stated: str) -> None:
    members: dict[str, str | bytes] = {
        "[Content_Types].xml": types(f"{OFFICE}.theme+xml", stated),
        "x/main.xml": "<x/>",
    }
    assert sniffed(documents.archive(members)) == kind
    assert sniffed(rezipped(documents.archive(members), first="x/main.xml")) == kind


def test_packages_are_known_by_their_relationships_and_parts() -> None:
    assert sniffed(word(p("x"), main="main7.xml")) == DOCX
    root = relations({"r": ("officeDocument", "/ppt/deck.xml")}).replace("schemas.openxmlformats.org", "purl.oclc.org")
    assert sniffed(documents.archive({"_rels/.rels": root, "ppt/deck.xml": "x"})) == PPTX
    assert sniffed(documents.archive({"WORD\\Document.xml": "x"})) == DOCX
    assert sniffed(documents.archive({"xl/workbook2.xml": "x"})) == XLSX


def test_a_zip_of_documents_stays_a_zip() -> None:
    for members in (
        {"letter.docx": word(p("x")), "book.epub": documents.book(["x"]), "a/word/document.xml": "x"},
        {"a.txt": "word/document.xml ppt/presentation.xml", "mimetype": EPUB},
        {"content.xml": "<x/>", "word/documents.xml": "x"},
        {"mimetype": f"{OPEN}.graphics", "content.xml": "x", "META-INF/manifest.xml": "<x/>"},
    ):
        stored = io.BytesIO()
        with zipfile.ZipFile(stored, "w") as zipped:
            for name, content in members.items():
                zipped.writestr(name, content)
        assert sniffed(stored.getvalue(), "a.docx") == "application/zip"
        assert sniffed(stored.getvalue() + b"junk", "a.epub") == "application/zip"


def test_packages_with_thousands_of_parts_are_known() -> None:
    many: dict[str, str | bytes] = {f"word/media/{'x' * 30}{number}.png": "x" for number in range(2000)}
    made = documents.archive({"[Content_Types].xml": types(f"{OFFICE}.wordprocessingml.document.main+xml")} | many)
    assert sniffed(made) == DOCX
    assert sniffed(documents.archive({**many, "word/document.xml": "x"})) == DOCX
    hidden = documents.archive(
        {**dict(list(many.items())[:900]), "[Content_Types].xml": "<Types/>", **dict(list(many.items())[:1400])}
    )
    assert sniffed(hidden, "a.docx") == sniffed(hidden, "a.dotm") == DOCX
    assert sniffed(hidden, "a.zip") == "application/zip"


def test_members_that_are_streamed_are_read() -> None:
    class Stream(io.RawIOBase):
        """A pipe: a zip written to it has the sizes after the members."""

        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.data += bytes(data)  # type: ignore[call-overload]
            return len(bytes(data))  # type: ignore[call-overload]

    stream = Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as zipped:  # type: ignore[arg-type]
        zipped.writestr("[Content_Types].xml", types(f"{OFFICE}.presentationml.presentation.main+xml"))
        zipped.writestr("x.xml", "x" * 1000)
    assert sniffed(stream.data) == PPTX
    assert sniffed(stream.data[:300]) == PPTX


def test_hostile_zips_end() -> None:
    chance = random.Random(1)
    whole = rezipped(documents.book(["x"]))
    for _ in range(300):
        changed = bytearray(whole)
        for _ in range(8):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        sniffed(b"PK\x03\x04" + bytes(changed[4:]))
    for text in ("wordprocessingml." * 200_000, "<office:body" * 200_000, "<a /officedocument'" * 100_000):
        sniffed(documents.archive({"[Content_Types].xml": text, "_rels/.rels": text, "content.xml": text}))
    sniffed(b"PK\x03\x04" + b"PK\x01\x02" * 16_000 + b"PK\x05\x06" + b"\xff" * 18)
