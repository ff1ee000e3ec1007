"""Text of presentations: a slide is a page."""

import re
from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element

from files_api_mcp.backends.documents.formats.ooxml.graphics import GRAPHICS, Graphics, description
from files_api_mcp.backends.documents.formats.ooxml.names import RELATIONSHIPS
from files_api_mcp.backends.documents.formats.ooxml.package import Package
from files_api_mcp.backends.documents.formats.pptx.comments import Comments
from files_api_mcp.backends.documents.formats.pptx.shapes import P, Shape, Shapes
from files_api_mcp.backends.documents.formats.pptx.text import TABLE, link_target, paragraphs, table_rows
from files_api_mcp.backends.documents.headings import split_number
from files_api_mcp.backends.documents.marks import Heading, Hidden, Line
from files_api_mcp.backends.documents.tables.lined_rows import table_lines
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["slides"]

_SLIDE = "ppt/slides/slide"
_NUMBER = re.compile(r"(?<!\d)(\d++)\.")


def slides(content: BinaryIO) -> list[list[Line]]:
    """The texts of all slides, in their order, each with its notes and comments.

    A slide that is damaged is named in a line, unless all are.
    """
    package = Package(content)
    main_part = package.main_part("ppt/presentation")
    reader = _Reader(package, main_part)
    found: list[list[Line]] = []
    fault: UnsupportedType | RecursionError | None = None
    readable = 0
    for number, part in enumerate(_in_order(package, main_part), start=1):
        try:
            found.append([*reader.slide(part)])
            readable += 1
        except (UnsupportedType, RecursionError) as exc:
            found.append([f"[slide {number} cannot be read]\n"])
            fault = exc
    if fault and not readable:
        raise fault
    return found


def _in_order(package: Package, main_part: str) -> list[str]:
    presentation = package.tree(main_part)
    related = package.relationships(main_part)
    listed = presentation.iter(f"{P}sldId") if presentation is not None else ()
    keys = [slide.get(f"{RELATIONSHIPS}id", "") for slide in listed]
    listed_parts = dict.fromkeys(related[key].target for key in keys if key in related)
    named = [part for part in listed_parts if package.has(part)]
    numbered = sorted((int(found[1]), part) for part in package.parts(_SLIDE) if (found := _NUMBER.search(part)))
    return named or [part for _, part in numbered]


class _Reader:
    """Reads the slides of one presentation."""

    def __init__(self, package: Package, main_part: str) -> None:
        self._package = package
        self._shapes = Shapes(package)
        self._graphics = Graphics(package)
        self._comments = Comments(package, main_part)

    def slide(self, part: str) -> Iterator[Line]:
        tree = self._package.tree(part)
        if tree is None:
            return
        is_hidden = tree.get("show") in ("0", "false")
        if is_hidden:
            yield Hidden("hidden slide")
            yield "[hidden slide]\n"
        for shape in self._shapes.of(part, tree):
            yield from self._hidden(part, shape) if shape.is_hidden else self._shape(part, shape)
        for notes in self._package.related(part, "notesSlide"):
            yield from self._notes(notes)
        yield from (f"{line}\n" for line in self._comments.lines(part))
        if is_hidden:
            yield Hidden(None)

    def _shape(self, part: str, shape: Shape) -> Iterator[Line]:
        relationships = self._package.relationships(part)
        if shape.kind == "sldNum":
            return
        if shape.is_title:
            yield from _title(" ".join(paragraphs(shape.element, relationships)))
            return
        properties = shape.properties
        body = shape.element.find(f"{P}txBody")
        lines = [*paragraphs(body, relationships)] if body is not None else []
        address = link_target(properties, relationships)
        described = "" if lines else description(properties)
        if described or (address and not lines):
            lines = [f"[Picture: {described}]" if described else ""]
        if address and address not in lines[-1]:
            lines[-1] = f"{lines[-1]} ({address})".strip()
        yield from (f"{line}\n" for line in lines)
        yield from self._frame(part, shape.element) if shape.element.tag == f"{P}graphicFrame" else ()

    def _frame(self, part: str, frame: Element) -> Iterator[Line]:
        waiting = [frame]
        while waiting:
            element = waiting.pop()
            if element.tag == TABLE:
                yield from table_lines(table_rows(element, self._package.relationships(part)))
            elif element.tag in GRAPHICS:
                yield from (f"{line}\n" for line in self._graphics.lines(part, element))
            else:
                waiting += reversed(element)

    def _hidden(self, part: str, shape: Shape) -> Iterator[Line]:
        lines = [f"[hidden text] {line}" for line in self._shape(part, shape) if isinstance(line, str)]
        yield from [Hidden("hidden text"), *lines, Hidden(None)] if lines else []

    def _notes(self, part: str) -> Iterator[Line]:
        tree = self._package.optional_tree(part)
        if tree is None:
            yield "[notes cannot be read]\n"
            return
        for shape in self._shapes.of(part, tree):
            if shape.kind == "body":
                lines = paragraphs(shape.element, self._package.relationships(part))
                yield from (f"Notes: {line}\n" for line in lines)


def _title(text: str) -> Iterator[Line]:
    if text:
        number, title = split_number(text)
        yield Heading(1, title, number)
        yield f"# {text}\n"
