"""Types come from the bytes; the name only chooses among kinds of text."""

import io

import pytest
from PIL import Image

from files_api_mcp.backends.documents.media_types import DOCX, EML, ODS, PPTX, XLSX, sniff
from tests.support import documents


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(out, kind)
    return out.getvalue()


def sniffed(data: bytes, name: str) -> str:
    return sniff(data[:65_536], data[-65_536:], name)


@pytest.mark.parametrize("name", ["a.pdf", "a.txt", "a", "a.png"])
def test_binary_kinds_are_known_under_any_name(name: str) -> None:
    kinds = {
        "application/pdf": documents.pdf(["x"]),
        DOCX: documents.word([("Normal", "x")]),
        PPTX: documents.slides([("x", "y")]),
        XLSX: documents.sheet([["x"]]),
        "image/png": picture("PNG"),
        "image/jpeg": picture("JPEG"),
        "image/gif": picture("GIF"),
        "image/webp": picture("WEBP"),
        "image/bmp": picture("BMP"),
        "image/tiff": picture("TIFF"),
        "application/zip": documents.archive({"a.txt": "x"}),
        "application/gzip": b"\x1f\x8b\x08\0\0\0\0\0",
        "application/octet-stream": bytes(range(256)),
    }
    for kind, data in kinds.items():
        assert sniffed(data, name) == kind


def test_a_large_office_file_is_known_by_its_end() -> None:
    padding = b"".join(bytes([n % 251]) for n in range(300_000))
    data = documents.archive({"[Content_Types].xml": "x", "word/media/a.bin": padding, "word/document.xml": "<x/>"})
    assert sniffed(data, "a.docx") == DOCX


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.txt", "text/plain"),
        ("a.py", "text/plain"),
        ("LICENSE", "text/plain"),
        ("a.pdf", "text/plain"),
        ("a.png", "text/plain"),
        ("a.md", "text/markdown"),
        ("a.csv", "text/csv"),
        ("a.TSV", "text/tab-separated-values"),
        ("a.json", "application/json"),
    ],
)
def test_text_takes_its_kind_from_the_name(name: str, kind: str) -> None:
    assert sniffed(b"plain words, one after another\n", name) == kind


def test_web_pages_are_known_by_their_beginning() -> None:
    assert sniffed(b"\xef\xbb\xbf <!-- x -->\n<!DOCTYPE html><p>x", "a") == "text/html"
    assert sniffed(b"<HTML><body>x", "a.txt") == "text/html"


def test_what_programs_write_as_xls_is_told_by_its_bytes() -> None:
    assert sniffed(b"\xef\xbb\xbf\r\n<meta charset=utf-8><table><tr><td>x", "a.XLS") == "text/html"
    assert sniffed(b"name\tsize\na\t1\n", "a.xls") == "text/tab-separated-values"
    flat = b'<office:document office:mimetype="application/vnd.oasis.opendocument.spreadsheet-template">'
    assert sniffed(flat, "a.fods") == sniffed(flat, "a") == ODS


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-32", "latin-1", "cp1252", "cp1251", "shift_jis", "gbk", "euc_kr", "big5"]
)
def test_text_in_any_common_encoding_is_text(encoding: str) -> None:
    words = {
        "cp1251": "Договор аренды",
        "shift_jis": "契約書の条件",
        "gbk": "合同条款",
        "euc_kr": "계약 조건",
        "big5": "合約條款",
    }
    assert sniffed((words.get(encoding, "Grüße aus Köln") * 200).encode(encoding), "a.txt") == "text/plain"


def test_a_pdf_after_some_junk_is_a_pdf() -> None:
    for junk in (b"\0\1junk\n", b"\xef\xbb\xbf", b"\r\n", b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n", b"x" * 1023 + b"\n"):
        assert sniffed(junk + documents.pdf(["x"]), "a") == "application/pdf"
        assert sniffed(junk + documents.pdf(["x"]) + b"\r\n\0", "a.txt") == "application/pdf"
    assert sniffed(b"x" * 1025 + documents.pdf(["x"]), "a") == "text/plain"
    assert sniffed(b"%PDF-1.4 begins, and startxref and %%EOF end it.".rjust(60), "a") == "text/plain"
    assert sniffed(b"A text that only speaks of %PDF-1.4 is none.", "a") == "text/plain"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "iso2022_jp"])
def test_text_without_a_mark_is_text(encoding: str) -> None:
    assert sniffed(("契約書の条件\n" * 20 + "a,b\n").encode(encoding), "a.txt") == "text/plain"


def test_a_log_that_a_crash_cut_is_text() -> None:
    lines = b"12:00 pump started\n" * 50
    for log in (lines + b"\0" * 5000 + lines, b"\0" * 200_000 + lines, lines + b"\0" * 200_000):
        assert sniffed(log, "a.log") == "text/plain"


def test_binary_data_with_words_is_not_text() -> None:
    records = b"".join(b"name %d".ljust(32, b"\0") for _ in range(500))
    archive = b"a.txt".ljust(257, b"\0") + b"ustar\x0000" + b"words\n" * 2000
    assert sniffed(records, "a.log") == sniffed(b"\0" * 9000, "a.log") == "application/octet-stream"
    assert sniffed(archive, "a.txt") == "application/x-tar"


def test_mail_is_known_by_its_headers() -> None:
    written = b"From x@y\nReceived: a\n b\nSubject: c\n\nd"
    bare = b"From: a\nSubject: b\nDate: c\n\nd"
    for name in ("a.EML", "a", "a.txt", "a.mbox", "a.mhtml", "a.doc"):
        assert sniffed(written, name) == sniffed(b"\xef\xbb\xbf\r\n" + written, name) == EML
    assert sniffed(bare, "a.eml") == EML
    assert sniffed(bare, "a.txt") == sniffed(b"Dear Ada,\nFrom: here\nTo: there\n", "a.eml") == "text/plain"
    assert sniffed(written, "a.md") == "text/markdown"
