"""Charts of Office Open XML: the title, and the values as rows below the names of the series."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import NamedTuple
from xml.etree.ElementTree import Element

from files_api_mcp.backends.documents.formats.ooxml.names import CHART, CHART_EX, DRAWING

__all__ = ["chart_lines"]

_MOST_POINTS = 20_000
_MOST_CELLS = 500_000
_LONGEST_POINT = 2000
_EPOCH = date(1899, 12, 30)
_LAST_DAY = 2_958_465


class _Series(NamedTuple):
    name: str
    categories: dict[int, str]
    values: dict[int, str]


def chart_lines(tree: Element) -> Iterator[str]:
    """Lines of a chart's part, without line ends. Series with the same categories share a table."""
    title = _words(tree.find(f".//{CHART}chart/{CHART}title")) or _words(next(tree.iter(f"{CHART_EX}title"), None))
    yield f"Chart: {title}" if title else "Chart"
    series = [*_series(tree), *_extended_series(tree)]
    axes = [words for axis in tree.iter() if axis.tag in _AXES and (words := _words(axis.find(f"{CHART}title")))]
    if axes:
        yield f"Axes: {'; '.join(axes)}"
    for _, group in groupby(series, key=lambda one: one.categories):
        yield from _table([*group])


_AXES = frozenset(f"{CHART}{name}" for name in ("catAx", "valAx", "dateAx", "serAx"))


def _table(series: list[_Series]) -> Iterator[str]:
    if any(one.name for one in series):
        yield " | ".join(["", *(one.name for one in series)]).strip()
    categories = series[0].categories
    rows = sorted({*categories, *(number for one in series for number in one.values)})
    for number in rows[: _MOST_CELLS // len(series)]:
        yield " | ".join([categories.get(number, ""), *(one.values.get(number, "") for one in series)]).strip(" |")


def _series(tree: Element) -> Iterator[_Series]:
    left = _MOST_POINTS
    for element in tree.iter(f"{CHART}ser"):
        categories = _points(_child(element, "cat", "xVal"), left)
        values = _points(_child(element, "val", "yVal"), left)
        sizes = _points(_child(element, "bubbleSize"), left)
        if sizes:
            values = {number: f"{value} | {sizes.get(number, '')}" for number, value in values.items()}
        left -= len(categories) + len(values)
        yield _Series(_name(element.find(f"{CHART}tx")), categories, values)
        if left <= 0:
            return


def _child(element: Element, *names: str) -> Element | None:
    return next((found for name in names if (found := element.find(f"{CHART}{name}")) is not None), None)


def _name(text: Element | None) -> str:
    return " ".join(_points(text, _MOST_POINTS).values()) or _words(text) or _value(text)


def _value(text: Element | None) -> str:
    found = text.find(f"{CHART}v") if text is not None else None
    return (found.text or "").strip() if found is not None else ""


def _points(data: Element | None, most: int) -> dict[int, str]:
    """The cached points of a reference or literal by their index; levels of categories are joined, outer ones first."""
    points: dict[int, str] = {}
    if data is None or most <= 0:
        return points
    levels = data.findall(f".//{CHART}lvl")
    for level in reversed(levels):
        _join(points, level, most)
    for cache in data.iter() if not levels else ():
        if cache.tag in (f"{CHART}strCache", f"{CHART}numCache", f"{CHART}strLit", f"{CHART}numLit"):
            _join(points, cache, most)
    return points


def _join(points: dict[int, str], cache: Element, most: int) -> None:
    code = cache.find(f"{CHART}formatCode")
    form = (code.text or "") if code is not None else ""
    for point in cache.findall(f"{CHART}pt")[: most - len(points)]:
        _add(points, point, _shown(_value(point), point.get("formatCode", form)))


def _add(points: dict[int, str], point: Element, value: str) -> None:
    """Add the value of a point to those of its index."""
    index = point.get("idx", "")
    if index.isascii() and index.isdigit() and len(index) < 10 and value:
        points[int(index)] = f"{points.get(int(index), '')} {value}".strip()[:_LONGEST_POINT]


def _shown(value: str, form: str) -> str:
    """A number as a person sees it: without the digits that binary fractions add, as a percentage or a date."""
    try:
        number = float(value)
    except ValueError:
        return " ".join(value.split())
    if "%" in form:
        return f"{number * 100:.{min(form.partition('%')[0].partition('.')[2].count('0'), 9)}f}%"
    plain = form.split(";")[0].lower()
    if "yy" in plain and "general" not in plain and 0 < number <= _LAST_DAY:
        return (_EPOCH + timedelta(days=int(number))).isoformat()
    return value if value.lstrip("-").isdigit() else f"{number:.15g}"


def _extended_series(tree: Element) -> Iterator[_Series]:
    """Series of the newer charts, such as waterfalls and treemaps."""
    names = [_words(series.find(f"{CHART_EX}tx")) for series in tree.iter(f"{CHART_EX}series")]
    for number, data in enumerate(tree.iter(f"{CHART_EX}data")):
        categories, values = dict[int, str](), dict[int, str]()
        for dimension in data:
            points = categories if dimension.tag == f"{CHART_EX}strDim" else values
            for level in reversed(dimension.findall(f"{CHART_EX}lvl")):
                for point in level.findall(f"{CHART_EX}pt")[:_MOST_POINTS]:
                    _add(points, point, _shown(point.text or "", ""))
        yield _Series(names[number] if number < len(names) else "", categories, values)


def _words(element: Element | None) -> str:
    """The text of a title, by its paragraphs or the cell that it refers to."""
    if element is None:
        return ""
    texts = [part.text or "" for part in element.iter() if part.tag in (f"{DRAWING}t", f"{CHART_EX}v")]
    return " ".join("".join(texts).split()) or " ".join(_points(element, _MOST_POINTS).values())
