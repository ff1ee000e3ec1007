"""Text of books in EPUB: the chapters in reading order."""

import posixpath
import re
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from files_api_mcp.backends.documents.formats.archive import Archive
from files_api_mcp.backends.documents.formats.html import html_lines
from files_api_mcp.backends.documents.marks import Line
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["epub_lines"]

_CHAPTERS = frozenset({"application/xhtml+xml", "text/html", "application/x-dtbook+xml"})
_DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
_LONGEST = 1000
_HEAD = 16 * 1024
# Most chapters have the book's name as title, and an HTML parser would hide the page after an empty XML title.
_TITLE = re.compile(rb"<title\b[^<>]{0,200}?(?:/>|>.{0,2000}?</title\s*>)", re.IGNORECASE | re.DOTALL)
_CLOSED = re.compile(rb"<(script|style|iframe|textarea)\b([^<>]{0,2000})/>", re.IGNORECASE)


def epub_lines(content: BinaryIO) -> Iterator[Line]:
    """The title and authors of the book, then lines of all chapters, headings marked.

    A chapter that is damaged is named in a line, unless all are.
    """
    archive = Archive(content)
    path = _package_path(archive)
    book = archive.tree(path)
    chapters = _chapters(book, path) if book is not None else []
    if book is None or not chapters:
        raise UnsupportedType("The book is damaged: it lists no chapters.")
    if _locked(archive) & set(chapters):
        raise UnsupportedType("The book is protected by DRM and cannot be read.")
    yield from _named_as(book, "Title", "title")
    yield from _named_as(book, "Author", "creator")
    faults = 0
    for number, name in enumerate(chapters, start=1):
        try:
            page = archive.read(name)
        except UnsupportedType:
            faults += 1
            if faults == len(chapters):
                raise
            yield f"[chapter {number} cannot be read]\n"
            continue
        if page:
            head = _TITLE.sub(b"", page[:_HEAD], count=1)
            yield from html_lines(BytesIO(_CLOSED.sub(rb"<\1\2></\1>", head + page[_HEAD:])))


def _package_path(archive: Archive) -> str:
    """The member that describes the book: the one that the container names, else the first that looks like one."""
    container = archive.tree("META-INF/container.xml")
    roots = _named(container, "rootfile") if container is not None else []
    path = posixpath.normpath(unquote(roots[0].get("full-path", ""))) if roots else ""
    return path if path in archive else min((n for n in archive.names if n.lower().endswith(".opf")), default="")


def _named_as(book: Element, label: str, name: str) -> Iterator[str]:
    """Lines of the book's Dublin Core elements with a name, each text once."""
    texts = (" ".join((element.text or "").split())[:_LONGEST] for element in book.iter(f"{_DUBLIN_CORE}{name}"))
    yield from (f"{label}: {text}\n" for text in dict.fromkeys(texts) if text)


def _chapters(book: Element, path: str) -> list[str]:
    """The members with the chapters, once each, in reading order."""
    pages = {
        item.get("id", ""): posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(item.get("href", ""))))
        for item in _named(book, "item")
        if item.get("media-type") in _CHAPTERS
    }
    return list(dict.fromkeys(pages[key] for ref in _named(book, "itemref") if (key := ref.get("idref", "")) in pages))


def _locked(archive: Archive) -> set[str]:
    encryption = archive.tree("META-INF/encryption.xml")
    return (
        {unquote(ref.get("URI", "")) for ref in _named(encryption, "CipherReference")}
        if encryption is not None
        else set()
    )


def _named(tree: Element, name: str) -> list[Element]:
    """Elements with a name in any namespace: EPUB has had several."""
    return [element for element in tree.iter() if element.tag.rpartition("}")[2] == name]
