"""Styles: what the style of a paragraph says about headings, numbering and hidden text."""

import re
from typing import NamedTuple
from xml.etree.ElementTree import Element

__all__ = ["ParagraphStyle", "Styles", "W", "is_on", "numbering_of", "outline_level"]

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_HEADINGS = (
    "heading|berschrift|titre|título|titolo|encabezado|kop|rubrik|overskrift|otsikko|nagłówek|nadpis|címsor|ba\u015fl\u0131k"
    "|заголовок|επικεφαλίδα|标题|標題|見出し|제목"
)
_HEADING = re.compile(rf"(?:{_HEADINGS})\s*([1-9])$|^(title)$", re.IGNORECASE)
_BODY = 9  # the outline level of text that is not a heading
_MOST_ANCESTORS = 30


class ParagraphStyle(NamedTuple):
    """`level` is that of a heading (1 to 9; 0: none). `levels_of` are the styles that a numbering level may name."""

    level: int = 0
    number_id: str | None = None
    number_level: int | None = None
    is_hidden: bool = False
    names: tuple[str, ...] = ()


class Styles:
    """The styles of a document."""

    def __init__(self, tree: Element | None) -> None:
        self._elements: dict[str, Element] = {}
        self._default = ""
        for style in tree.iter(f"{W}style") if tree is not None else ():
            name = style.get(f"{W}styleId", "")
            self._elements[name] = style
            if style.get(f"{W}type") == "paragraph" and style.get(f"{W}default") in ("1", "true", "on"):
                self._default = name
        self._known: dict[str, ParagraphStyle] = {}

    def paragraph(self, name: str | None) -> ParagraphStyle:
        """A paragraph's style; the default one without a name."""
        key = name or self._default
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._resolved(key)
        return found

    def is_hidden(self, name: str) -> bool:
        """Whether a style hides its text."""
        return self.paragraph(name).is_hidden

    def has_first_row(self, name: str) -> bool:
        """Whether a style of tables shows the first row in another way than the others."""
        parts = (part for _, style in self._ancestors(name) for part in style.iterfind(f"{W}tblStylePr"))
        return any(part.get(f"{W}type") == "firstRow" for part in parts)

    def _resolved(self, name: str) -> ParagraphStyle:
        """A style with what it inherits."""
        line = self._ancestors(name)
        numbers = [numbering_of(style.find(f"{W}pPr")) for _, style in line]
        hidden = [found for _, style in line if (found := _vanish(style)) is not None]
        return ParagraphStyle(
            next(
                (level for n, (_, style) in enumerate(line) if (level := _level(style, is_own=n == 0)) is not None), 0
            ),
            next((number for number, _ in numbers if number is not None), None),
            next((level for _, level in numbers if level is not None), None),
            is_hidden=bool(hidden and hidden[0]),
            names=tuple(name for name, _ in line),
        )

    def _ancestors(self, name: str) -> list[tuple[str, Element]]:
        """A style and those that it is based on, the nearest first."""
        line: dict[str, Element] = {}
        while name in self._elements and name not in line and len(line) < _MOST_ANCESTORS:
            style = line[name] = self._elements[name]
            based_on = style.find(f"{W}basedOn")
            name = based_on.get(f"{W}val", "") if based_on is not None else ""
        return list(line.items())


def numbering_of(properties: Element | None) -> tuple[str | None, int | None]:
    """The numbering definition and the level that paragraph properties name."""
    found = properties.find(f"{W}numPr") if properties is not None else None
    if found is None:
        return None, None
    number, level = found.find(f"{W}numId"), found.find(f"{W}ilvl")
    depth = level.get(f"{W}val", "") if level is not None else ""
    return number.get(f"{W}val") if number is not None else None, int(depth) if depth in set("012345678") else None


def outline_level(properties: Element | None) -> int | None:
    """The level of a heading (1 to 9) that paragraph properties state; 0 for body text, None if they state nothing."""
    outline = properties.find(f"{W}outlineLvl") if properties is not None else None
    value = outline.get(f"{W}val", "") if outline is not None else ""
    if len(value) != 1 or value not in "0123456789":
        return None
    return 0 if int(value) == _BODY else int(value) + 1


def is_on(element: Element | None) -> bool:
    """Whether a property that can be on or off is on."""
    return element is not None and element.get(f"{W}val", "1") not in ("0", "false", "off")


def _level(style: Element, *, is_own: bool) -> int | None:
    """The level of a heading that a style's name or properties state. What is based on a title is not a title."""
    name = style.find(f"{W}name")
    found = _HEADING.search(name.get(f"{W}val", "") if name is not None else "")
    if found and found[1]:
        return int(found[1])
    if found and is_own:
        return 1
    return outline_level(style.find(f"{W}pPr"))


def _vanish(style: Element) -> bool | None:
    found = style.find(f"{W}rPr/{W}vanish")
    return None if found is None else is_on(found)
