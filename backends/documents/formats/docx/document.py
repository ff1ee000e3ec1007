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
    yield from _margins(shared, part, document, "header")
    yield from _body(Story(shared, part), body if body is not None else document)
    yield from shared.notes.rest(lambda owner, note: Story(shared, owner).blocks(note))
    yield from (f"[{name} cannot be read]\n" for name in shared.notes.unread)
    yield from _margins(shared, part, document, "footer")


def _body(story: Story, body: Element) -> Iterator[Line]:
    """Lines of the body. A block that is nested too deeply costs only itself."""
    for element in body:
        try:
            yield from story.block(element)
        except RecursionError:
            yield "[a part of the document is nested too deeply to read]\n"


def _related(package: Package, main_part: str, kind: str) -> Element | None:
    found = package.related(main_part, kind) or package.parts(f"word/{kind}")
    return package.optional_tree(found[0]) if found else None


def _margins(shared: Shared, part: str, document: Element, kind: str) -> Iterator[Line]:
    """Lines of the headers or footers of all sections, each line once."""
    relationships = shared.package.relationships(part)
    seen: set[str] = set()
    for reference in _shown(shared.package, part, document, kind):
        found = relationships.get(reference)
        if found is None or found.target in seen:
            continue
        seen.add(found.target)
        try:
            tree = shared.package.tree(found.target)
        except UnsupportedType:
            yield f"[{kind} {len(seen)} cannot be read]\n"
            continue
        for line in Story(shared, found.target).blocks(tree) if tree is not None else ():
            if isinstance(line, str) and line not in seen:
                seen.add(line)
                yield f"{kind.capitalize()}: {line.lstrip('#- ')}"


def _shown(package: Package, part: str, document: Element, kind: str) -> Iterator[str]:
    """The relationships of headers or footers that are shown: those of first and even pages only if these differ."""
    settings = _related(package, part, "settings")
    even = is_on(settings.find(f"{W}evenAndOddHeaders")) if settings is not None else False
    for section in document.iter(f"{W}sectPr"):
        first = is_on(section.find(f"{W}titlePg"))
        for reference in section.findall(f"{W}{kind}Reference"):
            page = reference.get(f"{W}type")
            if (page != "first" or first) and (page != "even" or even):
                yield reference.get(f"{RELATIONSHIPS}id", "")
