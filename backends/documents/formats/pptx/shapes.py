"""Shapes of a slide in reading order: from top to bottom and from left to right, whatever the order in the file."""

from collections.abc import Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element

from files_api_mcp.backends.documents.formats.ooxml.names import DRAWING, MARKUP
from files_api_mcp.backends.documents.formats.ooxml.package import Package, alternative

__all__ = ["P", "Shape", "Shapes", "placeholder"]

P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_GROUP = f"{P}grpSp"
_SHAPES = frozenset({f"{P}sp", f"{P}pic", f"{P}graphicFrame", _GROUP})
_HOLDERS = {_GROUP: f"{P}grpSpPr", f"{P}graphicFrame": ""}
_TITLES = ("title", "ctrTitle")
_Placed = tuple[Element, tuple[str, str] | None]


class _Box(NamedTuple):
    left: int
    top: int
    width: int
    height: int


class Shape(NamedTuple):
    """A shape or group. `kind` is that of its placeholder, "" if it is not a placeholder."""

    element: Element
    properties: Element | None
    kind: str
    is_hidden: bool

    @property
    def is_title(self) -> bool:
        return self.kind in _TITLES


class Shapes:
    """Finds the shapes of slides, and the places that they inherit from layouts and masters."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._parents: dict[tuple[str, str], str] = {}
        self._places: dict[str, tuple[dict[str, _Box], dict[str, _Box]]] = {}

    def of(self, part: str, slide: Element) -> Iterator[Shape]:
        """The shapes of a slide (or another part) in reading order, the title first."""
        tree = slide.find(f"{P}cSld/{P}spTree")
        shapes = [*self._ordered(part, tree)] if tree is not None else []
        yield from (shape for shape in shapes if shape.is_title)
        yield from (shape for shape in shapes if not shape.is_title)

    def _ordered(self, part: str, parent: Element, *, is_hidden: bool = False) -> Iterator[Shape]:
        placed = [((one, wanted := placeholder(one)), self._box(part, one, wanted)) for one in _children(parent)]
        for element, wanted in _in_reading_order(placed):
            properties = next(element.iter(f"{P}cNvPr"), None)
            hidden = is_hidden or (properties is not None and properties.get("hidden") in ("1", "true"))
            yield Shape(element, properties, wanted[0] if wanted else "", hidden)
            if element.tag == _GROUP:
                yield from self._ordered(part, element, is_hidden=hidden)

    def _box(self, part: str, element: Element, wanted: tuple[str, str] | None) -> _Box | None:
        own = _own_box(element)
        if own is None or (element.tag == _GROUP and not own.width and not own.height):
            boxes = [box for child in _children(element) if (box := _own_box(child))]
            own = _around(boxes) if boxes else own
        return own or (self._inherited(part, *wanted) if wanted else None)

    def _inherited(self, part: str, kind: str, index: str) -> _Box | None:
        """The box of the placeholder with this index in the layout, or else of this kind there or in the master."""
        layout = self._above(part, "slideLayout")
        by_index, by_kind = self._placeholders(layout)
        found = by_index.get(index) or by_kind.get(_alike(kind))
        return found or self._placeholders(self._above(layout, "slideMaster"))[1].get(_alike(kind))

    def _above(self, part: str, kind: str) -> str:
        if (part, kind) not in self._parents:
            self._parents[part, kind] = next(iter(self._package.related(part, kind)), "")
        return self._parents[part, kind]

    def _placeholders(self, part: str) -> tuple[dict[str, _Box], dict[str, _Box]]:
        """The boxes of a part's placeholders by index and by kind."""
        if part not in self._places:
            tree = self._package.optional_tree(part) if part else None
            by_index, by_kind = self._places[part] = dict[str, _Box](), dict[str, _Box]()
            for shape in tree.iter(f"{P}sp") if tree is not None else ():
                named, box = placeholder(shape), _own_box(shape)
                if named and box:
                    by_kind.setdefault(_alike(named[0]), box)
                    by_index.setdefault(named[1], box)
        return self._places[part]


def _alike(kind: str) -> str:
    return _TITLES[0] if kind in _TITLES else kind


def placeholder(element: Element) -> tuple[str, str] | None:
    """The kind and index of a placeholder; None if the shape is not one."""
    for properties in element:
        other = properties.find(f"{P}nvPr")
        found = other.find(f"{P}ph") if other is not None else None
        if other is not None:
            return (found.get("type", "body"), found.get("idx", "0")) if found is not None else None
    return None


def _children(parent: Element) -> Iterator[Element]:
    for child in parent:
        if child.tag in _SHAPES:
            yield child
        elif child.tag == f"{MARKUP}AlternateContent":
            chosen = alternative(child)
            yield from _children(chosen) if chosen is not None else ()


def _own_box(element: Element) -> _Box | None:
    name = _HOLDERS.get(element.tag, f"{P}spPr")
    holder = element.find(name) if name else None
    frame = holder.find(f"{DRAWING}xfrm") if holder is not None else element.find(f"{P}xfrm")
    offset = frame.find(f"{DRAWING}off") if frame is not None else None
    extent = frame.find(f"{DRAWING}ext") if frame is not None else None
    if offset is None:
        return None
    width, height = (_number(extent, "cx"), _number(extent, "cy")) if extent is not None else (0, 0)
    return _Box(_number(offset, "x"), _number(offset, "y"), width, height)


def _around(boxes: list[_Box]) -> _Box:
    left, top = min(box.left for box in boxes), min(box.top for box in boxes)
    right, bottom = max(box.left + box.width for box in boxes), max(box.top + box.height for box in boxes)
    return _Box(left, top, right - left, bottom - top)


def _in_reading_order(placed: list[tuple[_Placed, _Box | None]]) -> Iterator[_Placed]:
    """Rows from top to bottom, each from left to right. What has no place comes first."""
    yield from (one for one, box in placed if box is None)
    boxes = sorted(((box.top, box.left, n, box) for n, (_, box) in enumerate(placed) if box is not None))
    row: list[tuple[int, int]] = []
    first: _Box | None = None
    for top, left, number, box in boxes:
        # Shapes are in a row if their tops differ by less than half of the lower one.
        if first is not None and 2 * (top - first.top) > min(box.height, first.height):
            yield from (placed[n][0] for _, n in sorted(row))
            row, first = [], None
        first = first or box
        row.append((left, number))
    yield from (placed[n][0] for _, n in sorted(row))


def _number(element: Element, name: str) -> int:
    value = element.get(name, "0")
    return int(value) if value.removeprefix("-").isdecimal() and len(value) < 20 else 0
