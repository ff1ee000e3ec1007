"""Diagrams (SmartArt) of Office Open XML: their nodes as a list, each below its parent."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from files_api_mcp.backends.documents.formats.ooxml.names import DIAGRAM, DRAWING

__all__ = ["diagram_lines"]

_SHOWN = frozenset({"node", "asst", "doc"})
_DEEPEST = 20


def diagram_lines(tree: Element) -> Iterator[str]:
    """Lines of a diagram's data part, without line ends, indented by level."""
    points = {
        point.get("modelId", ""): point for point in tree.iter(f"{DIAGRAM}pt") if point.get("type", "node") in _SHOWN
    }
    children: dict[str, list[tuple[int, str]]] = {}
    for link in tree.iter(f"{DIAGRAM}cxn"):
        if link.get("type", "parOf") == "parOf" and link.get("destId", "") in points:
            order = link.get("srcOrd", "")
            place = int(order) if order.isascii() and order.isdigit() and len(order) < 10 else 0
            children.setdefault(link.get("srcId", ""), []).append((place, link.get("destId", "")))
    below = {child for links in children.values() for _, child in links}
    seen: set[str] = set()
    for root in [*(name for name in points if name not in below), *points]:
        yield from _node(root, points, children, seen)


def _node(
    root: str, points: dict[str, Element], children: dict[str, list[tuple[int, str]]], seen: set[str]
) -> Iterator[str]:
    """A node and what is below it, each node once."""
    waiting = [(root, 0)]
    while waiting:
        name, depth = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        text = _text(points[name])
        if text:
            yield f"{'  ' * min(depth, _DEEPEST)}- {text}"
        below = sorted(children.get(name, ()), reverse=True)
        waiting += [(child, depth + bool(text)) for _, child in below]


def _text(point: Element) -> str:
    lines = (
        "".join(part.text or "" if part.tag == f"{DRAWING}t" else " " for part in paragraph.iter() if part.tag in _TEXT)
        for paragraph in point.iter(f"{DRAWING}p")
    )
    return " ".join(" ".join(lines).split())


_TEXT = frozenset({f"{DRAWING}t", f"{DRAWING}br"})
