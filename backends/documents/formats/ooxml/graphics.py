"""Graphics of Office Open XML: charts and diagrams that a drawing refers to, and descriptions of pictures."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from files_api_mcp.backends.documents.formats.ooxml.charts import chart_lines
from files_api_mcp.backends.documents.formats.ooxml.diagrams import diagram_lines
from files_api_mcp.backends.documents.formats.ooxml.names import CHART, CHART_EX, DIAGRAM, RELATIONSHIPS
from files_api_mcp.backends.documents.formats.ooxml.package import Package

__all__ = ["GRAPHICS", "Graphics", "description"]

_CHARTS = (f"{CHART}chart", f"{CHART_EX}chart")
_DIAGRAM = f"{DIAGRAM}relIds"
GRAPHICS = frozenset({*_CHARTS, _DIAGRAM})
"""Elements that refer to a chart or diagram."""

_FILE_NAME = re.compile(r"\S+\.(?:png|jpe?g|gif|emf|wmf|bmp|svg|tiff?)", re.IGNORECASE)


class Graphics:
    """Reads the charts and diagrams of a package, and counts them."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._charts = 0
        self._diagrams = 0
        self._read: set[str] = set()

    def lines(self, part: str, reference: Element) -> Iterator[str]:
        """Lines of the chart or diagram that a part refers to, without line ends. Each is read once."""
        if reference.tag == _DIAGRAM:
            self._diagrams += 1
            yield from self._lines(part, reference.get(f"{RELATIONSHIPS}dm", ""), f"diagram {self._diagrams}")
        else:
            self._charts += 1
            yield from self._lines(part, reference.get(f"{RELATIONSHIPS}id", ""), f"chart {self._charts}")

    def _lines(self, part: str, relationship: str, name: str) -> Iterator[str]:
        found = self._package.relationships(part).get(relationship)
        target = found.target if found is not None else ""
        if target in self._read:
            return
        if target:
            self._read.add(target)
        tree = self._package.optional_tree(target)
        if tree is None:
            yield f"[{name} cannot be read]"
        else:
            yield from chart_lines(tree) if name.startswith("chart") else diagram_lines(tree)


def description(properties: Element | None) -> str:
    """The alternative text of a picture or another drawing; "" if it has none or only a file name."""
    text = " ".join(properties.get("descr", "").split()) if properties is not None else ""
    return "" if _FILE_NAME.fullmatch(text) else text
