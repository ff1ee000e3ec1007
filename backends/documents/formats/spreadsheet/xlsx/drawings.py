"""What lies above the cells of XLSX sheets: text boxes, charts, diagrams, and descriptions of pictures."""

from collections.abc import Iterator
from itertools import islice
from xml.etree.ElementTree import Element

from files_api_mcp.backends.documents.formats.ooxml.graphics import GRAPHICS, Graphics, description
from files_api_mcp.backends.documents.formats.ooxml.names import DRAWING, MARKUP
from files_api_mcp.backends.documents.formats.ooxml.package import Package, alternative

__all__ = ["Drawings"]

_MOST_LINES_OF_CHART = 3
"""The title, the axes and the names of the series. The values are in cells."""


class Drawings:
    """Reads the drawings of a workbook's sheets."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._graphics = Graphics(package)

    def lines(self, sheet: str) -> list[tuple[int, str]]:
        """The lines of a sheet's drawings, each with the row where the drawing begins."""
        lines: list[tuple[int, str]] = []
        for part in self._package.related(sheet, "drawing"):
            tree = self._package.optional_tree(part)
            for anchor in tree if tree is not None else ():
                row = _row(anchor)
                lines += ((row, line) for line in self._shapes(part, anchor))
        return lines

    def _shapes(self, part: str, parent: Element) -> Iterator[str]:
        """Lines of everything inside an anchor or a group. Its depth is that of the parser, which is bounded."""
        waiting = [parent]
        while waiting:
            element = waiting.pop()
            name = element.tag.rpartition("}")[2]
            if element.tag in GRAPHICS:
                yield from islice(self._graphics.lines(part, element), _MOST_LINES_OF_CHART)
            elif name == "txBody":
                yield from _paragraphs(element)
            elif name == "cNvPr" and (text := description(element)):
                yield text
            elif element.tag == f"{MARKUP}AlternateContent":
                chosen = alternative(element)
                waiting += reversed(chosen if chosen is not None else ())
            else:
                waiting += reversed(element)


def _row(anchor: Element) -> int:
    for start in anchor:
        if start.tag.endswith("}from"):
            text = next((part.text or "" for part in start if part.tag.endswith("}row")), "")
            return int(text) + 1 if text.isdecimal() and len(text) < 8 else 1
    return 1


def _paragraphs(body: Element) -> Iterator[str]:
    for paragraph in body.iter(f"{DRAWING}p"):
        texts = (part.text or "" for part in paragraph.iter(f"{DRAWING}t"))
        if text := " ".join("".join(texts).split()):
            yield text
