"""Text of OpenDocument files: documents line by line, presentations slide by slide."""

from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element

from files_api_mcp.backends.documents.formats.archive import Archive
from files_api_mcp.backends.documents.formats.odf.names import DRAW, OFFICE, SHOW, STYLE, SVG, TABLE, TEXT, XLINK
from files_api_mcp.backends.documents.formats.odf.numbering import Counted, Item, Label, Numbering, text_number
from files_api_mcp.backends.documents.formats.odf.tables import table_rows
from files_api_mcp.backends.documents.headings import split_number
from files_api_mcp.backends.documents.marks import Heading, Hidden, Line
from files_api_mcp.backends.documents.tables.lined_rows import table_lines
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["odp_slides", "odt_lines"]

_ENCRYPTED = "{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}encryption-data"
_SPACES = frozenset({f"{TEXT}s", f"{TEXT}tab", f"{TEXT}line-break"})
# They are inside a paragraph, but their own paragraphs are not part of it.
_ASIDES = frozenset({f"{TEXT}note-body", f"{OFFICE}annotation", f"{DRAW}text-box", f"{TABLE}table"})
_LEFT_OUT = frozenset({f"{TEXT}tracked-changes", f"{TEXT}note-citation", f"{OFFICE}forms", f"{SHOW}notes"})
_TABLE_HEADINGS = frozenset({"Table_20_Heading", "Table Heading"})
_HIGHEST_MARK = 6
_LONGEST_ADDRESS = 1000


def odt_lines(content: BinaryIO) -> Iterator[Line]:
    """Lines of the headers, the body and the footers; notes, comments and text boxes follow their paragraph."""
    archive = Archive(content)
    document = _document(archive)
    body = document.find(f"{OFFICE}body")
    if body is None:
        raise UnsupportedType("The file is damaged: it contains no text.")
    styles = _styles(archive)
    reader = _Reader(document, styles)
    yield from _margins(styles, reader, "header")
    yield from reader.blocks(body)
    yield from _margins(styles, reader, "footer")


def odp_slides(content: BinaryIO) -> list[list[Line]]:
    """The texts of all slides, in their order, each with its notes."""
    archive = Archive(content)
    document = _document(archive)
    reader = _Reader(document, _styles(archive))
    hidden = {
        style.get(f"{STYLE}name", "")
        for style in document.findall(f"{OFFICE}automatic-styles/{STYLE}style")
        for properties in style
        if properties.get(f"{SHOW}visibility") == "hidden"
    }
    return [
        [*_slide(page, reader, is_hidden=page.get(f"{DRAW}style-name") in hidden)]
        for page in document.iter(f"{DRAW}page")
    ]


def _document(archive: Archive) -> Element:
    manifest = archive.tree("META-INF/manifest.xml")
    if manifest is not None and next(manifest.iter(_ENCRYPTED), None) is not None:
        raise UnsupportedType("The file needs a password.")
    document = archive.tree("content.xml")
    if document is None:
        raise UnsupportedType("The file is damaged: it contains no document.")
    return document


def _styles(archive: Archive) -> Element | None:
    """The common styles; None if they are missing or damaged: the text can be read without them."""
    try:
        return archive.tree("styles.xml")
    except UnsupportedType:
        return None


def _margins(styles: Element | None, reader: "_Reader", kind: str) -> Iterator[Line]:
    """Lines of the headers or footers of all kinds of pages, each line once."""
    seen: set[str] = set()
    for page in styles.iter(f"{STYLE}master-page") if styles is not None else ():
        for part in page:
            name = part.tag.removeprefix(STYLE)
            if name.split("-")[0] == kind and part.get(f"{STYLE}display") != "false":
                for line in reader.blocks(part):
                    if isinstance(line, str) and line not in seen:
                        seen.add(line)
                        yield f"{kind.capitalize()}: {line.lstrip('#- ')}"


def _slide(page: Element, reader: "_Reader", *, is_hidden: bool) -> Iterator[Line]:
    if is_hidden:
        yield from [Hidden("hidden slide"), "[hidden slide]\n"]
    for shape in (shape for shape in page if shape.get(f"{SHOW}class") == "title"):
        text = " ".join(line.strip() for line in reader.blocks(shape) if isinstance(line, str))
        if text:
            number, title = split_number(text)
            yield from [Heading(1, title, number), f"# {text}\n"]
    for shape in page:
        if shape.get(f"{SHOW}class") != "title" and shape.tag not in _LEFT_OUT:
            yield from reader.block(shape)
    for notes in page.findall(f"{SHOW}notes"):
        for shape in notes:
            if shape.get(f"{SHOW}class") != "page-number":
                yield from (f"Notes: {line}" for line in reader.block(shape) if isinstance(line, str))
    if is_hidden:
        yield Hidden(None)


class _Reader:
    """Reads the blocks of a document: it knows the styles that are titles, and counts lists and headings."""

    def __init__(self, document: Element, styles: Element | None) -> None:
        automatic = document.findall(f"{OFFICE}automatic-styles/{STYLE}style")
        own = {s.get(f"{STYLE}name", "") for s in automatic if s.get(f"{STYLE}parent-style-name") == "Title"}
        self._titles = own | {"Title"}
        heads = {s.get(f"{STYLE}name", "") for s in automatic if s.get(f"{STYLE}parent-style-name") in _TABLE_HEADINGS}
        self._header_styles = heads | _TABLE_HEADINGS
        self._numbering = Numbering([document] if styles is None else [styles, document])
        self._list: list[Counted] = []
        self._level = 0

    def blocks(self, parent: Element, item: Item | None = None) -> Iterator[Line]:
        for child in parent:
            yield from self.block(child, item)

    def block(self, element: Element, item: Item | None = None) -> Iterator[Line]:
        tag = element.tag
        if tag in (f"{TEXT}p", f"{TEXT}h"):
            yield from self._paragraph(element, item)
        elif tag == f"{TABLE}table":
            yield from table_lines(table_rows(element, self.blocks, self._header_styles))
        elif tag == f"{TEXT}list":
            yield from self._items(element)
        elif tag == f"{SVG}desc":
            text = " ".join((element.text or "").split())
            yield from [f"[Picture: {text}]\n"] if text else []
        elif tag not in _LEFT_OUT:
            yield from self.blocks(element, item)

    def _items(self, element: Element) -> Iterator[Line]:
        self._list.append(self._list[-1] if self._list else self._numbering.list(element))
        level = len(self._list)
        for child in element:
            is_item = child.tag == f"{TEXT}list-item"
            item = Item(self._list[-1], level, text_number(child, "start-value")) if is_item else None
            yield from self.blocks(child, item)
        self._list.pop()

    def _paragraph(self, paragraph: Element, item: Item | None) -> Iterator[Line]:
        asides: list[Element] = []
        text = " ".join("".join(_inline(paragraph, asides)).split())
        level = self._heading(paragraph)
        if text:
            label = item.label() if item else None
            if level and label is None and paragraph.tag == f"{TEXT}h":
                label = self._numbering.heading(paragraph, level)
            yield from self._marks(text, level, label)
            mark = "#" * min(level, _HIGHEST_MARK)
            yield " ".join(filter(None, (mark, label.text if label else "", text))) + "\n"
        # What is anchored in a paragraph is in no list.
        lists, self._list = self._list, []
        for aside in asides:
            yield from self.block(aside)
        self._list = lists

    def _marks(self, text: str, level: int, label: Label | None) -> Iterator[Line]:
        number = label.number if label else None
        if level:
            self._level = level
            typed, title = (number, text) if number else split_number(text)
            yield Heading(level, title, typed)
        elif number and label:
            yield Heading(self._level + label.level, "", number)

    def _heading(self, paragraph: Element) -> int:
        """The level of a heading; 0 for another paragraph."""
        if paragraph.tag == f"{TEXT}h":
            level = paragraph.get(f"{TEXT}outline-level", "")
            return int(level) if level.isascii() and level.isdigit() and len(level) < 3 and int(level) else 1
        return 1 if paragraph.get(f"{TEXT}style-name") in self._titles else 0


def _inline(element: Element, asides: list[Element]) -> Iterator[str]:
    """A paragraph's text; its notes, comments and text boxes are added to the list."""
    yield element.text or ""
    for child in element:
        if child.tag in _ASIDES:
            asides.append(child)
        elif child.tag in _SPACES:
            yield " "
        elif child.tag == f"{TEXT}a":
            text = "".join(_inline(child, asides))
            yield f"{text}{_address(child.get(f'{XLINK}href', ''), text)}"
        elif child.tag == f"{SVG}desc":
            yield f" [Picture: {child.text}] " if child.text else ""
        elif child.tag not in _LEFT_OUT:
            yield from _inline(child, asides)
        yield child.tail or ""


def _address(target: str, text: str) -> str:
    """The address of a link that leads out of the document, unless its text contains it."""
    address = target.removeprefix("mailto:")
    is_shown = ":" in target[:20] and len(address) <= _LONGEST_ADDRESS and address.rstrip("/") not in text
    return f" ({address})" if is_shown else ""
