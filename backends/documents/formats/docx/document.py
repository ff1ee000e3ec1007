"""Text of Word documents: paragraphs as lines, headings marked, tables row by row."""

import re
from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element

from files_api_mcp.backends.documents.formats.archive import Archive
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["docx_lines"]

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_HEADING = re.compile(r"(?:heading|berschrift|titre)\s*([1-6])|^(title)$", re.IGNORECASE)
_LEFT_OUT = {f"{_W}del", f"{_W}moveFrom", f"{_W}instrText", f"{_W}delText", _FALLBACK}
_NOTES = ("word/footnotes.xml", "word/endnotes.xml", "word/comments.xml")


def docx_lines(content: BinaryIO) -> Iterator[str]:
    """Lines of the body, then of notes and comments."""
    archive = Archive(content)
    document = archive.tree("word/document.xml")
    if document is None:
        raise UnsupportedType("The file is damaged: it contains no Word document.")
    styles = _marked_styles(archive.tree("word/styles.xml"))
    body = document.find(f"{_W}body")
    yield from _blocks(body if body is not None else document, styles)
    for name in _NOTES:
        notes = archive.tree(name)
        if notes is not None:
            yield from _blocks(notes, styles)


def _marked_styles(styles: Element | None) -> dict[str, str]:
    """The prefix of a paragraph by its style: `# ` to `###### ` for headings, `- ` for lists."""
    marks: dict[str, str] = {}
    for style in styles.iter(f"{_W}style") if styles is not None else ():
        level = _level(style)
        if 1 <= level <= 6:
            marks[style.get(f"{_W}styleId", "")] = "#" * level + " "
        elif style.find(f"{_W}pPr/{_W}numPr") is not None:
            marks[style.get(f"{_W}styleId", "")] = "- "
    return marks


def _level(style: Element) -> int:
    """A style's heading level, from its name or outline; 0 for no heading."""
    name = style.find(f"{_W}name")
    found = _HEADING.search(name.get(f"{_W}val", "") if name is not None else "")
    if found:
        return int(found[1] or 1)
    outline = style.find(f"{_W}pPr/{_W}outlineLvl")
    value = outline.get(f"{_W}val", "") if outline is not None else ""
    return int(value) + 1 if value.isdigit() else 0


def _blocks(parent: Element, styles: dict[str, str]) -> Iterator[str]:
    for child in parent:
        if child.tag == f"{_W}p":
            text = _text(child).strip()
            if text:
                yield f"{_mark(child, styles)}{text}\n"
        elif child.tag == f"{_W}tbl":
            yield from _rows(child)
        elif child.tag not in _LEFT_OUT:
            yield from _blocks(child, styles)


def _rows(table: Element) -> Iterator[str]:
    for row in table.iter(f"{_W}tr"):
        cells = (" ".join(_text(p).strip() for p in cell.iter(f"{_W}p")) for cell in row.findall(f"{_W}tc"))
        line = " | ".join(cells).strip()
        if line.strip("| "):
            yield f"{line}\n"


def _mark(paragraph: Element, styles: dict[str, str]) -> str:
    properties = paragraph.find(f"{_W}pPr")
    if properties is None:
        return ""
    style = properties.find(f"{_W}pStyle")
    mark = styles.get(style.get(f"{_W}val", ""), "") if style is not None else ""
    return mark or ("- " if properties.find(f"{_W}numPr") is not None else "")


def _text(element: Element) -> str:
    parts: list[str] = []
    for child in element:
        if child.tag == f"{_W}t":
            parts.append(child.text or "")
        elif child.tag in (f"{_W}tab", f"{_W}br", f"{_W}cr"):
            parts.append(" ")
        elif child.tag == f"{_W}noBreakHyphen":
            parts.append("-")
        elif child.tag not in _LEFT_OUT:
            parts.append(_text(child))
    return "".join(parts)
