"""Numbering: the numbers of clauses, headings and lists, which Word counts and does not store in the text."""

import re
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.etree.ElementTree import Element

from files_api_mcp.backends.documents.formats.docx.styles import ParagraphStyle, Styles, W, is_on
from files_api_mcp.backends.documents.formats.ooxml.names import MARKUP
from files_api_mcp.backends.documents.formats.ooxml.number_formats import bare_number, formatted, whole_number
from files_api_mcp.backends.documents.formats.ooxml.package import alternative

__all__ = ["Label", "Numbering"]

_PLACE = re.compile("%([1-9])")
_DEEPEST = 8
_MOST_LINKS = 5
_LONGEST = 200
_LONGEST_FORMAT = 40


class Label(NamedTuple):
    """What stands before a paragraph: "3.3", "(a)", or "-" for a bullet, which has no number.

    `number` is the whole number with those above it, such as "3.3(a)". `level` counts from 0.
    """

    text: str
    number: str | None
    level: int


class _Level(NamedTuple):
    start: int
    format: str
    text: str
    is_legal: bool
    restart: int | None
    style: str


@dataclass
class _List:
    """A numbering instance. Those of one abstract definition share their counters."""

    levels: dict[int, _Level]
    counters: dict[int, int]
    restarts: dict[int, int]
    is_used: bool = False


@dataclass
class _Abstract:
    levels: dict[int, _Level]
    counters: dict[int, int] = field(default_factory=dict[int, int])
    style: str = ""
    linked_style: str = ""


class Numbering:
    """The counters of a document's lists."""

    def __init__(self, tree: Element | None, styles: Styles) -> None:
        self._styles = styles
        self._abstracts: dict[str, _Abstract] = {}
        self._numbers: dict[str, Element] = {}
        self._lists: dict[str, _List | None] = {}
        for element in tree if tree is not None else ():
            if element.tag == f"{W}abstractNum":
                self._abstracts[element.get(f"{W}abstractNumId", "")] = _abstract(element)
            elif element.tag == f"{W}num":
                self._numbers[element.get(f"{W}numId", "")] = element

    def next(self, number_id: str | None, level: int | None, style: ParagraphStyle) -> Label | None:
        """Count a paragraph with this direct numbering and style; None if it has no number and no bullet."""
        number_id = number_id if number_id is not None else style.number_id
        found = self._list(number_id) if number_id not in (None, "0") else None
        if found is None:
            return None
        if level is None:
            named = (n for name in style.names for n, one in found.levels.items() if one.style == name)
            level = next(named, style.number_level or 0)
        _count(found, level)
        return _label(found, level)

    def _list(self, number_id: str | None) -> _List | None:
        key = number_id or ""
        if key not in self._lists:
            number = self._numbers.get(key)
            abstract = self._abstract(number) if number is not None else None
            self._lists[key] = _list(number, abstract) if number is not None and abstract is not None else None
        return self._lists[key]

    def _abstract(self, number: Element) -> _Abstract | None:
        """The definition that an instance uses, which may be that of a style."""
        for _ in range(_MOST_LINKS):
            reference = number.find(f"{W}abstractNumId")
            found = self._abstracts.get(reference.get(f"{W}val", "") if reference is not None else "")
            if found is None or not found.linked_style:
                return found
            linked = self._numbers.get(self._styles.paragraph(found.linked_style).number_id or "")
            if linked is None:
                return next((one for one in self._abstracts.values() if one.style == found.linked_style), None)
            number = linked
        return None


def _abstract(element: Element) -> _Abstract:
    levels = dict(_levels(element))
    return _Abstract(levels, {}, _value(element, "styleLink"), _value(element, "numStyleLink"))


def _list(number: Element, abstract: _Abstract) -> _List:
    levels, restarts = dict(abstract.levels), dict[int, int]()
    for override in number.findall(f"{W}lvlOverride"):
        depth = _digits(override.get(f"{W}ilvl", ""), 0)
        levels.update(_levels(override))
        start = _value(override, "startOverride")
        if start:
            restarts[depth] = _digits(start, 1)
            if depth in levels:
                levels[depth] = levels[depth]._replace(start=restarts[depth])
    return _List(levels, abstract.counters, restarts)


def _levels(parent: Element) -> list[tuple[int, _Level]]:
    levels = [(_digits(element.get(f"{W}ilvl", ""), 0), element) for element in parent.findall(f"{W}lvl")]
    return [(depth, _level(element)) for depth, element in levels if depth <= _DEEPEST]


def _level(element: Element) -> _Level:
    chosen = element.find(f"{MARKUP}AlternateContent")
    other = alternative(chosen) if chosen is not None else None
    restart = _value(element, "lvlRestart")
    return _Level(
        _digits(_value(element, "start"), 0),
        _format(element) or _format(other) or "decimal",
        _value(element, "lvlText")[:_LONGEST],
        is_on(element.find(f"{W}isLgl")),
        _digits(restart, 0) if restart else None,
        _value(element, "pStyle"),
    )


def _format(parent: Element | None) -> str:
    """A number format. A custom one with leading zeros, such as "001, 002", is its first number."""
    found = parent.find(f"{W}numFmt") if parent is not None else None
    if found is None:
        return ""
    custom = found.get(f"{W}format", "").split(",")[0].strip()
    return (custom if custom.isdigit() else found.get(f"{W}val", ""))[:_LONGEST_FORMAT]


def _count(found: _List, level: int) -> None:
    if not found.is_used:
        found.is_used = True
        for restarted in found.restarts:
            found.counters.pop(restarted, None)
    start = found.levels[level].start if level in found.levels else 1
    found.counters[level] = min(found.counters[level] + 1 if level in found.counters else start, 2**31)
    for deeper in [n for n in found.counters if n > level]:
        restart = found.levels[deeper].restart if deeper in found.levels else None
        # A level restarts after any level above it, or only after the ones up to `restart` (0: never).
        if restart is None or level < restart:
            del found.counters[deeper]


def _label(found: _List, level: int) -> Label | None:
    definition = found.levels.get(level)
    if definition is None:
        return None
    if definition.format == "bullet":
        return Label("-", None, level)
    text = _text(found, definition, level)
    return Label(text, _whole(found, level), level) if text else None


def _text(found: _List, definition: _Level, level: int) -> str:
    def number(place: re.Match[str]) -> str:
        depth = int(place[1]) - 1
        one = found.levels.get(depth)
        if one is None or depth > level:
            return ""
        return _formatted(found.counters.get(depth, one.start), "decimal" if definition.is_legal else one.format)

    return " ".join(_PLACE.sub(number, definition.text).split())


def _formatted(number: int, kind: str) -> str:
    return str(number).zfill(len(kind)) if kind.isdigit() else formatted(number, kind)


def _whole(found: _List, level: int) -> str | None:
    """A level's number with those above it: "3.3" and "(a)" make "3.3(a)"."""
    definition = found.levels[level]
    own = bare_number(_text(found, definition, level))
    if not own or definition.format == "bullet":
        return None
    repeats = any(int(place) <= level for place in _PLACE.findall(definition.text))
    above = next((n for n in range(level - 1, -1, -1) if n in found.counters and n in found.levels), None)
    return whole_number(_whole(found, above) if above is not None and not repeats else None, own)


def _value(element: Element, name: str) -> str:
    found = element.find(f"{W}{name}")
    return found.get(f"{W}val", "") if found is not None else ""


def _digits(value: str, default: int) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else default
