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
_HEAD = 16 * 1024
# Most chapters have the book's name as title, and an HTML parser would hide the page after an empty XML title.
_TITLE = re.compile(rb"<title\b[^<>]{0,200}?(?:/>|>.{0,2000}?</title\s*>)", re.IGNORECASE | re.DOTALL)
_CLOSED = re.compile(rb"<(script|style|iframe|textarea)\b([^<>]{0,2000})/>", re.IGNORECASE)


def epub_lines(content: BinaryIO) -> Iterator[Line]:
    """Lines of all chapters, headings marked."""
    archive = Archive(content)
    chapters = _chapters(archive)
    if not chapters:
        raise UnsupportedType("The book is damaged: it lists no chapters.")
    if _locked(archive) & set(chapters):
        raise UnsupportedType("The book is protected by DRM and cannot be read.")
    for name in chapters:
        page = archive.read(name)
        if page:
            head = _TITLE.sub(b"", page[:_HEAD], count=1)
            yield from html_lines(BytesIO(_CLOSED.sub(rb"<\1\2></\1>", head + page[_HEAD:])))


def _chapters(archive: Archive) -> list[str]:
    """The members with the chapters, once each, in reading order."""
    container = archive.tree("META-INF/container.xml")
    roots = _named(container, "rootfile") if container is not None else []
    path = roots[0].get("full-path", "") if roots else ""
    book = archive.tree(path)
    if book is None:
        return []
    pages = {
        item.get("id", ""): posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(item.get("href", ""))))
        for item in _named(book, "item")
        if item.get("media-type") in _CHAPTERS
    }
    return list(dict.fromkeys(pages[key] for ref in _named(book, "itemref") if (key := ref.get("idref", "")) in pages))


def _locked(archive: Archive) -> set[str]:
    encryption = archive.tree("META-INF/encryption.xml")
    return {unquote(ref.get("URI", "")) for ref in _named(encryption, "CipherReference")} if encryption else set()


def _named(tree: Element, name: str) -> list[Element]:
    """Elements with a name in any namespace: EPUB has had several."""
    return [element for element in tree.iter() if element.tag.rpartition("}")[2] == name]
