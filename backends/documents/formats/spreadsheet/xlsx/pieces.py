"""Reads large parts of XLSX files piece by piece: the text of a part, cut after an element.

Rows and shared strings are matched by patterns, several times faster than a parser in Python. The parts of a workbook
are flat, so that nothing is nested or expanded; what does not match is left out.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from html import escape, unescape
from itertools import chain

from files_api_mcp.backends.documents.formats.text.labels import codec_of

__all__ = ["decoded", "joined_runs", "pieces", "plain_text", "without_prefix", "without_sections"]

_DECLARED = re.compile(rb"<\?xml[^>]*\bencoding\s*=\s*[\"']([A-Za-z0-9._-]+)")
_LONGEST_PIECE = 32 * 1024 * 1024
_ROOT = re.compile(r"<(?:([\w.-]+):)?(?:worksheet|macrosheet|dialogsheet|sst)\b")
_TEXT = re.compile(r"<t(?=[\s>])[^<>]*>([^<]*)")
_SECTION, _COMMENT = "<![CDATA[", "<!--"
_CONTROL = re.compile(r"_x([0-9A-Fa-f]{4})_")


def decoded(chunks: Iterable[bytes]) -> Iterator[str]:
    """The text of an XML file, by its byte order mark or declaration."""
    decoder = None
    for chunk in chunks:
        decoder = decoder or _decoder(chunk)
        yield decoder.decode(chunk)


def _decoder(head: bytes) -> codecs.IncrementalDecoder:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif head.startswith(b"<\0"):
        encoding = "utf-16-le"
    elif head.startswith(b"\0<"):
        encoding = "utf-16-be"
    else:
        found = _DECLARED.match(head.removeprefix(codecs.BOM_UTF8))
        encoding = (codec_of(found[1].decode()) if found else None) or "utf-8-sig"
    return codecs.getincrementaldecoder(encoding)("replace")


def pieces(texts: Iterable[str], end: str, last: str) -> Iterator[str]:
    """Texts that each end before `end`. What follows the last of them before `last`, or at the end, is left out.

    A piece that does not end within a limit ends the text.
    """
    rest = ""
    for text in texts:
        text = rest + text
        stop = text.find(last)
        if stop >= 0:
            text = text[:stop]
        *whole, rest = text.split(end)
        yield from whole
        if stop >= 0 or len(rest) > _LONGEST_PIECE:
            return


def without_sections(text: str) -> str:
    """XML without comments, and with its CDATA sections as ordinary text."""
    if "<!" not in text:
        return text
    first, *sections = text.split(_SECTION)
    first += "".join(escape(inside) + after for inside, _, after in (part.partition("]]>") for part in sections))
    first, *comments = first.split(_COMMENT)
    return first + "".join(part.partition("-->")[2] for part in comments)


def joined_runs(text: str) -> str:
    """The text of the runs in XML, without their phonetic reading."""
    if "<rPh" in text:
        first, *readings = text.split("<rPh")
        text = first + "".join(reading.partition("</rPh>")[2] for reading in readings)
    return "".join(_TEXT.findall(text))


def plain_text(text: str) -> str:
    """The characters that XML text stands for, and those that Excel writes as `_x000D_`, on one line."""
    if "&" in text:
        text = unescape(text)
    if "_x" in text:
        text = _CONTROL.sub(lambda found: chr(int(found[1], 16)), text)
    return " ".join(text.split())


def without_prefix(texts: Iterator[str]) -> Iterator[str]:
    """XML without the namespace prefix of its first element, such as "x:"."""
    head = next(texts, "")
    found = _ROOT.search(head)
    texts = chain([head], texts)
    if not found or not found[1]:
        return texts
    tags = (f"<{found[1]}:", "<"), (f"</{found[1]}:", "</")
    return (_replaced(text, tags) for text in _whole_tags(texts))


def _replaced(text: str, changes: Iterable[tuple[str, str]]) -> str:
    for old, new in changes:
        text = text.replace(old, new)
    return text


def _whole_tags(texts: Iterator[str]) -> Iterator[str]:
    """The texts, cut so that no tag is in two of them."""
    rest = ""
    for text in texts:
        before, mark, after = (rest + text).rpartition("<")
        yield before
        rest = mark + after
        if len(rest) > _LONGEST_PIECE:
            return
    yield rest
