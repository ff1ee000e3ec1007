"""Numbering: the numbers of headings and list items of OpenDocument, which are counted and not stored in the text."""

import re
from collections.abc import Iterable
from typing import NamedTuple
from xml.etree.ElementTree import Element

from files_api_mcp.backends.documents.formats.odf.names import STYLE, TEXT
from files_api_mcp.backends.documents.formats.ooxml.number_formats import bare_number, formatted, whole_number

__all__ = ["Counted", "Item", "Label", "Numbering", "text_number"]

_FORMATS = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman", "": "none"}
_IDEOGRAPHS = "\u4e00"  # "一, 二, 三, ..."
_EXTENSION = "{urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0}"
_TEMPLATE = (f"{STYLE}num-list-format", f"{_EXTENSION}num-list-format")
_PLACE = re.compile(r"%(\d{1,2})%")
_ID = "{http://www.w3.org/XML/1998/namespace}id"
_MOST_LEVELS = 10
_LONGEST = 200


class Label(NamedTuple):
    """What stands before a paragraph: "3.3", or "-" for a bullet, which has no number. `level` counts from 1."""

    text: str
    number: str | None
    level: int


class _Level(NamedTuple):
    format: str
    prefix: str
    suffix: str
    shown: int
    start: int
    template: str


class Counted:
    """The counters of a list with its levels."""

    def __init__(self, levels: dict[int, _Level]) -> None:
        self._levels = levels
        self._counters: dict[int, int] = {}

    def next(self, level: int, start: int | None = None) -> Label | None:
        """Count an item. Without a definition of its level, it has a bullet."""
        definition = self._levels.get(level)
        if definition is None:
            return Label("-", None, level)
        count = self._counters[level] + 1 if level in self._counters else definition.start
        self._counters[level] = start if start is not None else min(count, 2**31)
        for deeper in [one for one in self._counters if one > level]:
            del self._counters[deeper]
        text = self._text(level)
        return Label(text, self._whole(level), level) if text else None

    def _text(self, level: int) -> str:
        definition = self._levels[level]
        if definition.format == "none":
            return ""
        if definition.template:
            found = _PLACE.sub(lambda place: self._shown(int(place[1])), definition.template)
        else:
            numbers = (self._shown(one) for one in range(max(1, level - definition.shown + 1), level + 1))
            found = f"{definition.prefix}{'.'.join(filter(None, numbers))}{definition.suffix}"
        return " ".join(found.split())[:_LONGEST]

    def _shown(self, level: int) -> str:
        definition = self._levels.get(level)
        return formatted(self._counters.get(level, definition.start), definition.format) if definition else ""

    def _whole(self, level: int) -> str | None:
        own = bare_number(self._text(level))
        above = max((one for one in self._counters if one < level), default=None)
        is_part = self._levels[level].shown == 1 and self._levels[level].template.count("%") < 4
        return whole_number(self._whole(above) if above is not None and is_part else None, own) if own else None


class Item:
    """A list item. Its first paragraph is counted."""

    def __init__(self, counted: Counted, level: int, start: int | None) -> None:
        self._counted: Counted | None = counted
        self._level = level
        self._start = start

    def label(self) -> Label | None:
        """The label of a paragraph of this item: the first one has it."""
        counted, self._counted = self._counted, None
        return counted.next(self._level, self._start) if counted else None


class Numbering:
    """The counters of a document's headings and lists."""

    def __init__(self, trees: Iterable[Element]) -> None:
        self._styles: dict[str, dict[int, _Level]] = {}
        outline: dict[int, _Level] = {}
        for tree in trees:
            for style in tree.iter(f"{TEXT}list-style"):
                self._styles[style.get(f"{STYLE}name", "")] = dict(_levels(style))
            for style in tree.iter(f"{TEXT}outline-style"):
                outline = dict(_levels(style))
        self._outline = Counted(outline)
        self._has_outline = bool(outline)
        self._by_style: dict[str, Counted] = {}
        self._by_id: dict[str, Counted] = {}

    def heading(self, element: Element, level: int) -> Label | None:
        """Count a heading."""
        if not self._has_outline or element.get(f"{TEXT}is-list-header") == "true":
            return None
        return self._outline.next(level, text_number(element, "start-value"))

    def list(self, element: Element) -> Counted:
        """The counters of a list that is in no other: new ones, or those that it continues."""
        style = element.get(f"{TEXT}style-name", "")
        before = self._by_id.get(element.get(f"{TEXT}continue-list", ""))
        if before is None and element.get(f"{TEXT}continue-numbering") == "true":
            before = self._by_style.get(style)
        counted = before or Counted(self._styles.get(style, {}))
        self._by_style[style] = counted
        self._by_id[element.get(_ID, "")] = counted
        return counted


def _levels(style: Element) -> Iterable[tuple[int, _Level]]:
    """The levels that have numbers."""
    for element in style:
        level = text_number(element, "level") or 0
        form = element.get(f"{STYLE}num-format")
        if form is not None and 0 < level <= _MOST_LEVELS and not element.tag.endswith("bullet"):
            template = next((found for name in _TEMPLATE if (found := element.get(name))), "")
            yield (
                level,
                _Level(
                    "chineseCounting" if form.startswith(_IDEOGRAPHS) else _FORMATS.get(form, "decimal"),
                    element.get(f"{STYLE}num-prefix", "")[:_LONGEST],
                    element.get(f"{STYLE}num-suffix", "")[:_LONGEST],
                    text_number(element, "display-levels") or 1,
                    1 if (start := text_number(element, "start-value")) is None else start,
                    template[:_LONGEST],
                ),
            )


def text_number(element: Element, name: str) -> int | None:
    """The number in an attribute of the text namespace; None if there is none."""
    value = element.get(f"{TEXT}{name}", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None
