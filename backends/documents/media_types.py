"""Media types of files, detected from their bytes; the name only chooses among kinds of text."""

import codecs
import re
from pathlib import PurePosixPath

from files_api_mcp.backends.documents.formats.text.encoding import utf16_without_mark
from files_api_mcp.backends.documents.zip_types import DOCX, EPUB, ODP, ODS, ODT, PPTX, XLSX, zip_type

__all__ = [
    "ASKABLE",
    "DOCX",
    "EML",
    "EPUB",
    "IMAGES",
    "JSON",
    "NOTEBOOK",
    "ODP",
    "ODS",
    "ODT",
    "PDF",
    "PPTX",
    "RTF",
    "SHEETS",
    "SHOWN_IMAGES",
    "TABLES",
    "XLS",
    "XLSX",
    "is_text",
    "sniff",
]

PDF = "application/pdf"
XLS = "application/vnd.ms-excel"
RTF = "application/rtf"
EML = "message/rfc822"
JSON = "application/json"
NOTEBOOK = "application/x-ipynb+json"
SHOWN_IMAGES = ("image/jpeg", "image/png", "image/gif", "image/webp")
"""Images that models and clients accept unchanged."""

IMAGES = frozenset({*SHOWN_IMAGES, "image/bmp", "image/tiff"})

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"{\\rtf", RTF),
    (b"SQLite format 3\0", "application/vnd.sqlite3"),
)
_TEXT_NAMES = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".json": JSON,
    ".jsonl": JSON,
    ".ndjson": JSON,
    ".ipynb": JSON,  # JSON that only has the name of a notebook
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "text/html",
    ".xml": "application/xml",
    ".xls": "text/tab-separated-values",  # Many programs write text under this name.
}
_OFFICE_NAMES = frozenset({".xls", ".xlsx", ".doc", ".docx"})
"""Programs export web pages under these names."""
_TABLE = re.compile(rb"\s*+<(?:table|meta|style|div)\b", re.IGNORECASE)
_FLAT = (
    (b'"urn:schemas-microsoft-com:office:spreadsheet"', XLS),
    (b'office:mimetype="application/vnd.oasis.opendocument.spreadsheet', ODS),
)
"""What the first element of a spreadsheet in plain XML says."""

_ROOT_ELEMENT = 8192
_BLANKS = b" \t\r\n" + codecs.BOM_UTF8
_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Atomic and possessive: a comment ends at its first `-->`, as in HTML, so nothing is ever tried twice.
_HTML = re.compile(
    rb"\s*+(?:<\?xml[^>]{0,200}+>\s*+)?+(?:<!--(?>.*?-->)\s*+)*+<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_ALL_BUT_CONTROLS = bytes({*range(32, 256), 7, 8, 9, 10, 12, 13, 27})
_NULS = re.compile(rb"\0+")
_SAMPLE = 1024
_WORDS_A_RUN = 500
"""Bytes of text for each run of NULs: fewer are a binary format."""

_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9-]{0,80}:")
_SOFTWARE_HEADERS = frozenset({b"received:", b"message-id:", b"mime-version:", b"return-path:", b"content-type:"})
_MAIL_HEADERS = frozenset({b"from:", b"to:", b"subject:", b"date:", *_SOFTWARE_HEADERS})

SHEETS = frozenset({XLSX, XLS, ODS})
TABLES = frozenset({"text/csv", "text/tab-separated-values"}) | SHEETS

ASKABLE = frozenset(
    {PDF, DOCX, PPTX, XLSX, XLS, ODT, ODS, ODP, EPUB, RTF, EML, NOTEBOOK, "text/plain", *_TEXT_NAMES.values()}
)


def sniff(head: bytes, tail: bytes, filename: str) -> str:
    """The MIME type of a file, from its first and last 64 KiB."""
    if head.startswith(b"%PDF-") or (b"%PDF-" in head[:1029] and (_ends_a_pdf(tail) or not is_text(head))):
        return PDF
    if head[257:262] == b"ustar":
        return "application/x-tar"
    if head.startswith(b"PK\x03\x04"):
        return zip_type(head, tail, filename)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return XLS if "W\0o\0r\0k\0b\0o\0o\0k".encode("latin-1") in head + tail else "application/x-ole-storage"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    suffix = PurePosixPath(filename).suffix.lower()
    if _is_mail(head, suffix):
        return EML
    for magic, kind in _MAGIC:
        if head.startswith(magic) and not (magic == b"BM" and is_text(head)):
            return kind
    # The head of a log that a crash emptied is only NULs.
    return (
        _text_kind(head, tail, suffix) if is_text(head if head.strip(b"\0") else tail) else "application/octet-stream"
    )


def _ends_a_pdf(tail: bytes) -> bool:
    """Whether a file ends like a PDF. A text about PDFs does not, and one with a PDF after some lines does."""
    return tail.rstrip(b"\0\t\n\f\r ").endswith(b"%%EOF") and b"startxref" in tail[-2048:]


def is_text(data: bytes) -> bool:
    """Whether bytes look like text in a common encoding: a byte order mark, UTF-16, or no binary control characters.
    Runs of NULs do not count: a log has them where a crash cut it."""
    if not data or data.startswith(_BOMS) or utf16_without_mark(data):
        return True
    words = data.replace(b"\0", b"") if b"\0" in data else data
    has_nuls = len(words) < len(data)
    # First what tells most binary files after a few bytes; runs of NULs take the longest to count.
    if has_nuls and words[:_SAMPLE].translate(None, _ALL_BUT_CONTROLS):
        return False
    controls = len(words.translate(None, _ALL_BUT_CONTROLS))
    if has_nuls and (controls or not words or len(_NULS.findall(data)) > 2 + len(words) // _WORDS_A_RUN):
        return False
    try:
        codecs.utf_8_decode(words, "strict", False)  # noqa: FBT003 - the last character may be cut
    except UnicodeDecodeError:
        # Latin, Cyrillic, Japanese, Chinese and Korean encodings have no controls; binary formats do.
        return controls == 0
    return controls < 1 + len(data) // 200


def _text_kind(head: bytes, tail: bytes, suffix: str) -> str:
    if head.lstrip(_BLANKS).startswith(b"<"):
        kind = next((kind for name, kind in _FLAT if name in head[:_ROOT_ELEMENT]), None)
        if kind:
            return kind
    if _HTML.match(head.removeprefix(codecs.BOM_UTF8)):
        return "text/html"
    if suffix in _OFFICE_NAMES and _TABLE.match(head.removeprefix(codecs.BOM_UTF8)):
        return "text/html"
    if suffix == ".ipynb" and head.lstrip().startswith(b"{") and b'"nbformat"' in head + tail:
        return NOTEBOOK
    return _TEXT_NAMES.get(suffix, "text/plain")


def _is_mail(head: bytes, suffix: str) -> bool:
    """Whether the first lines are headers of e-mail. Under other names than .eml, mail software must have written one
    of them: people write "From:" and "Subject:" at the head of a text too."""
    if suffix in _TEXT_NAMES:
        return False
    known: set[bytes] = set()
    for line in head[:16_384].removeprefix(codecs.BOM_UTF8).lstrip(b"\r\n").splitlines()[:-1]:
        if not line:
            break
        if line[:1] in (b" ", b"\t") or line.startswith(b"From "):
            continue
        if not (header := _HEADER.match(line)):
            return False
        known.add(header[0].lower())
    return len(known & _MAIL_HEADERS) >= 2 and (suffix == ".eml" or bool(known & _SOFTWARE_HEADERS))
