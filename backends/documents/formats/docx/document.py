"""Text of Word documents: paragraphs as lines, headings marked, tables row by row."""

from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element

from files_api_mcp.backends.documents.formats.docx.chunks import Chunks
from files_api_mcp.backends.documents.formats.docx.notes import Notes
from files_api_mcp.backends.documents.formats.docx.numbering import Numbering
from files_api_mcp.backends.documents.formats.docx.story import Shared, Story
from files_api_mcp.backends.documents.formats.docx.styles import Styles, W, is_on
from files_api_mcp.backends.documents.formats.ooxml.graphics import Graphics
from files_api_mcp.backends.documents.formats.ooxml.names import RELATIONSHIPS
from files_api_mcp.backends.documents.formats.ooxml.package import Package
from files_api_mcp.backends.documents.marks import Line
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["docx_lines"]

_MARGINS = {f"{W}headerReference": "header", f"{W}footerReference": "footer"}


def docx_lines(content: BinaryIO, depth: int = 0) -> Iterator[Line]:
    """Lines of the headers, the body with its notes, and the footers.

    A part that is damaged is named in a line; only the body must be sound. `depth` counts the documents that this one
    is inside of.
    """
    package = Package(content)
    part = package.main_part("word/document")
    document = package.tree(part)
    if document is None:
        raise UnsupportedType("The file is damaged: it contains no Word document.")
    styles = Styles(_related(package, part, "styles"))
    shared = Shared(
        package,
        styles,
        Numbering(_related(package, part, "numbering"), styles),
        Notes(package, part),
        Graphics(package),
        Chunks(package, docx_lines, depth),
    )
    body = document.find(f"{W}body")
    margins = _shown_margins(package, part, document)
    yield from _margins(shared, "header", margins)
    yield from _blocks(Story(shared, part), body if body is not None else document)
    yield from shared.notes.rest(lambda owner, note: _blocks(Story(shared, owner), note))
    yield from (f"[{name} cannot be read]\n" for name in shared.notes.unread)
    yield from _margins(shared, "footer", margins)


def _blocks(story: Story, parent: Element) -> Iterator[Line]:
    """Lines of the body, a header, a footer or a note. A block that is nested too deeply costs only itself."""
    for element in parent:
        try:
            yield from story.block(element)
        except RecursionError:
            yield "[a part of the document is nested too deeply to read]\n"


def _related(package: Package, main_part: str, kind: str) -> Element | None:
    found = package.related(main_part, kind) or package.parts(f"word/{kind}")
    return package.optional_tree(found[0]) if found else None


def _margins(shared: Shared, kind: str, parts: dict[str, str]) -> Iterator[Line]:
    """Lines of the headers or footers, each line once."""
    seen: set[str] = set()
    for number, part in enumerate((part for part, its_kind in parts.items() if its_kind == kind), start=1):
        try:
            tree = shared.package.tree(part)
        except UnsupportedType:
            yield f"[{kind} {number} cannot be read]\n"
            continue
        for line in _blocks(Story(shared, part), tree) if tree is not None else ():
            if isinstance(line, str) and line not in seen:
                seen.add(line)
                yield f"{kind.capitalize()}: {line.lstrip('#- ')}"


def _shown_margins(package: Package, main_part: str, document: Element) -> dict[str, str]:
    """The parts of the headers and footers that are shown in any section, with their kind. Those of first and even
    pages are shown only if these pages differ."""
    settings = _related(package, main_part, "settings")
    even = is_on(settings.find(f"{W}evenAndOddHeaders")) if settings is not None else False
    relationships = package.relationships(main_part)
    parts: dict[str, str] = {}
    for section in document.iter(f"{W}sectPr"):
        first = is_on(section.find(f"{W}titlePg"))
        for reference in section:
            page = reference.get(f"{W}type")
            found = relationships.get(reference.get(f"{RELATIONSHIPS}id", ""))
            if reference.tag in _MARGINS and found and (page != "first" or first) and (page != "even" or even):
                parts[found.target] = _MARGINS[reference.tag]
    return parts
