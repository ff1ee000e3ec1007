"""Text of OpenDocument files: documents line by line, presentations slide by slide."""

from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element

from files_api_mcp.backends.documents.formats.archive import Archive
from files_api_mcp.backends.documents.marks import Line
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["odp_slides", "odt_lines"]

_NAMES = "{urn:oasis:names:tc:opendocument:xmlns:"
_DRAW = f"{_NAMES}drawing:1.0}}"
_OFFICE = f"{_NAMES}office:1.0}}"
_SHOW = f"{_NAMES}presentation:1.0}}"
_STYLE = f"{_NAMES}style:1.0}}"
_TABLE = f"{_NAMES}table:1.0}}"
_TEXT = f"{_NAMES}text:1.0}}"
_ENCRYPTED = f"{_NAMES}manifest:1.0}}encryption-data"
_SPACES = frozenset({f"{_TEXT}s", f"{_TEXT}tab", f"{_TEXT}line-break"})
# They are inside a paragraph, but their own paragraphs are not part of it.
_ASIDES = frozenset({f"{_TEXT}note-body", f"{_OFFICE}annotation", f"{_DRAW}text-box", f"{_TABLE}table"})
_LEFT_OUT = frozenset({f"{_TEXT}tracked-changes", f"{_TEXT}note-citation", f"{_OFFICE}forms", f"{_SHOW}notes"})


def odt_lines(content: BinaryIO) -> Iterator[str]:
    """Lines of the body; notes, comments and text boxes follow their paragraph."""
    document = _document(content)
    body = document.find(f"{_OFFICE}body")
    if body is None:
        raise UnsupportedType("The file is damaged: it contains no text.")
    yield from _Reader(document).blocks(body)


def odp_slides(content: BinaryIO) -> list[list[Line]]:
    """The texts of all slides, in their order, each with its notes."""
    document = _document(content)
    reader = _Reader(document)
    return [[*_slide(page, reader)] for page in document.iter(f"{_DRAW}page")]


def _document(content: BinaryIO) -> Element:
    archive = Archive(content)
    manifest = archive.tree("META-INF/manifest.xml")
    if manifest is not None and next(manifest.iter(_ENCRYPTED), None) is not None:
        raise UnsupportedType("The file needs a password.")
    document = archive.tree("content.xml")
    if document is None:
        raise UnsupportedType("The file is damaged: it contains no document.")
    return document


def _slide(page: Element, reader: "_Reader") -> Iterator[str]:
    titles = [shape for shape in page if shape.get(f"{_SHOW}class") == "title"]
    for shape in titles:
        yield from (f"# {line}" for line in reader.blocks(shape))
    for shape in page:
        if shape not in titles and shape.tag not in _LEFT_OUT:
            yield from reader.block(shape)
    for notes in page.findall(f"{_SHOW}notes"):
        yield from (f"Notes: {line}" for line in reader.blocks(notes))


class _Reader:
    """The document's styles that are titles."""

    def __init__(self, document: Element) -> None:
        styles = document.findall(f"{_OFFICE}automatic-styles/{_STYLE}style")
        own = {s.get(f"{_STYLE}name", "") for s in styles if s.get(f"{_STYLE}parent-style-name") == "Title"}
        self._titles = own | {"Title"}

    def blocks(self, parent: Element, mark: str = "") -> Iterator[str]:
        for child in parent:
            yield from self.block(child, mark)

    def block(self, element: Element, mark: str = "") -> Iterator[str]:
        if element.tag in (f"{_TEXT}p", f"{_TEXT}h"):
            yield from self._paragraph(element, mark)
        elif element.tag == f"{_TABLE}table":
            yield from self._rows(element)
        elif element.tag in (f"{_TEXT}list-item", f"{_TEXT}list-header"):
            yield from self.blocks(element, "- ")
        elif element.tag not in _LEFT_OUT:
            yield from self.blocks(element, mark)

    def _paragraph(self, paragraph: Element, mark: str) -> Iterator[str]:
        asides: list[Element] = []
        text = " ".join("".join(_inline(paragraph, asides)).split())
        if text:
            yield f"{self._heading(paragraph) or mark}{text}\n"
        for aside in asides:
            yield from self.block(aside)

    def _heading(self, paragraph: Element) -> str:
        if paragraph.tag == f"{_TEXT}h":
            level = paragraph.get(f"{_TEXT}outline-level", "")
            return "#" * (int(level) if level in set("123456") else 1) + " "
        return "# " if paragraph.get(f"{_TEXT}style-name") in self._titles else ""

    def _rows(self, table: Element) -> Iterator[str]:
        for child in table:
            if child.tag == f"{_TABLE}table-row":
                cells = (self.blocks(cell) for cell in child.iterfind(f"{_TABLE}table-cell"))
                line = " | ".join(" ".join(text.strip() for text in cell) for cell in cells)
                if line.strip("| "):
                    yield f"{line.rstrip(' |')}\n"
            else:
                yield from self._rows(child)


def _inline(element: Element, asides: list[Element]) -> Iterator[str]:
    """A paragraph's text; its notes, comments and text boxes are added to the list."""
    yield element.text or ""
    for child in element:
        if child.tag in _ASIDES:
            asides.append(child)
        elif child.tag in _SPACES:
            yield " "
        elif child.tag not in _LEFT_OUT:
            yield from _inline(child, asides)
        yield child.tail or ""
