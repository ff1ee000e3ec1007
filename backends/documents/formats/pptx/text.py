"""Text of shapes: paragraphs with their numbers, links and equations, and the rows of tables."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from files_api_mcp.backends.documents.formats.ooxml.equations import EQUATION, EQUATIONS, equation_text
from files_api_mcp.backends.documents.formats.ooxml.names import DRAWING, MARKUP, RELATIONSHIPS
from files_api_mcp.backends.documents.formats.ooxml.number_formats import formatted
from files_api_mcp.backends.documents.formats.ooxml.package import Relationship, alternative
from files_api_mcp.backends.documents.tables.lined_rows import LinedRow
from files_api_mcp.backends.documents.tables.text_table import TextRow

__all__ = ["TABLE", "link_target", "paragraphs", "table_rows"]

TABLE = f"{DRAWING}tbl"
_PARAGRAPH, _RUN, _TEXT, _BREAK = f"{DRAWING}p", f"{DRAWING}r", f"{DRAWING}t", f"{DRAWING}br"
_FIELD, _PROPERTIES, _MORE = f"{DRAWING}fld", f"{DRAWING}pPr", f"{MARKUP}AlternateContent"
_EQUATION_HOLDER = "{http://schemas.microsoft.com/office/drawing/2010/main}m"
_LONGEST_ADDRESS = 1000
_LONGEST_REPEATED = 80
_FORMS = {
    "arabic": "decimal",
    "alphaLc": "lowerLetter",
    "alphaUc": "upperLetter",
    "romanLc": "lowerRoman",
    "romanUc": "upperRoman",
    "circleNum": "decimalEnclosedCircle",
    "ea1": "chineseCounting",
}
_ENDS = {"Period": "{}.", "ParenR": "{})", "ParenBoth": "({})", "Minus": "- {} -"}

Relationships = dict[str, Relationship]


def paragraphs(body: Element, relationships: Relationships) -> Iterator[str]:
    """The paragraphs that are not empty, with the numbers that are counted for them."""
    counts: dict[int, tuple[str, int]] = {}
    for paragraph in body.iter(_PARAGRAPH):
        text = " ".join("".join(_inline(paragraph, relationships)).split())
        if text:
            number = _number(paragraph.find(_PROPERTIES), counts)
            yield f"{number} {text}" if number else text


def table_rows(table: Element, relationships: Relationships) -> Iterator[LinedRow]:
    """The rows of a table. A cell that continues the one above it has its text, unless it is long."""
    properties = table.find(f"{DRAWING}tblPr")
    has_header = properties is not None and properties.get("firstRow") in ("1", "true")
    above: dict[int, str] = {}
    for number, row in enumerate(table.findall(f"{DRAWING}tr")):
        texts = [*_cells(row, above, relationships)]
        shown = [text for text in texts if text is not None]
        line = " | ".join(shown)
        is_first = has_header and number == 0
        yield LinedRow(
            TextRow([text or "" for text in texts], _spans(row), is_apart=is_first),
            line if line.strip("| ") else "",
            may_be_header=is_first and len(shown) > 1 and all(shown),
        )


def link_target(element: Element | None, relationships: Relationships) -> str:
    """The external address that a click on a run or a shape opens; "" if it opens none."""
    link = element.find(f"{DRAWING}hlinkClick") if element is not None else None
    found = relationships.get(link.get(f"{RELATIONSHIPS}id", "")) if link is not None else None
    target = found.target.removeprefix("mailto:").strip() if found is not None and found.is_external else ""
    return target if len(target) <= _LONGEST_ADDRESS else ""


def _cells(row: Element, above: dict[int, str], relationships: Relationships) -> Iterator[str | None]:
    """The text of each cell; None for one that is merged with the one before it."""
    for column, cell in enumerate(row.findall(f"{DRAWING}tc")):
        if cell.get("hMerge") in ("1", "true"):
            yield None
            continue
        text = " ".join(paragraphs(cell, relationships))
        if cell.get("vMerge") in ("1", "true") and not text:
            text = above.get(column, "")
        else:
            above[column] = text if cell.get("rowSpan") and len(text) <= _LONGEST_REPEATED else ""
        yield text


def _spans(row: Element) -> list[tuple[int, int]]:
    """The column and the width of each cell over several columns."""
    widths = ((column, cell.get("gridSpan", "1")) for column, cell in enumerate(row.findall(f"{DRAWING}tc")))
    return [(at, int(width)) for at, width in widths if width.isdecimal() and len(width) < 4 and int(width) > 1]


def _inline(paragraph: Element, relationships: Relationships) -> Iterator[str]:
    """The text of a paragraph. The address of a link follows its last run."""
    address, linked = "", ""
    for child in paragraph:
        target = link_target(child.find(f"{DRAWING}rPr"), relationships) if child.tag in (_RUN, _FIELD) else ""
        if address and target != address:
            yield _address(address, linked)
            linked = ""
        address = target
        text = _text(child)
        linked += text if address else ""
        yield text
    yield _address(address, linked) if address else ""


def _text(child: Element) -> str:
    if child.tag == _BREAK:
        return " "
    if child.tag in (_RUN, _FIELD):
        found = child.find(_TEXT)
        return (found.text or "") if found is not None else ""
    if child.tag == _MORE:
        chosen = alternative(child)
        return "".join(_text(one) for one in chosen) if chosen is not None else ""
    if child.tag == _EQUATION_HOLDER:
        return " ".join(equation_text(one) for one in child.iter(EQUATION))
    return equation_text(child) if child.tag in (EQUATION, EQUATIONS) else ""


def _address(address: str, linked: str) -> str:
    return "" if address.rstrip("/") in linked else f" ({address}) "


def _number(properties: Element | None, counts: dict[int, tuple[str, int]]) -> str:
    """The number before a paragraph. A level counts on until a paragraph of a higher level or in another format."""
    depth = properties.get("lvl", "0") if properties is not None else "0"
    level = int(depth) if depth in set("012345678") else 0
    for deeper in [one for one in counts if one > level]:
        del counts[deeper]
    found = properties.find(f"{DRAWING}buAutoNum") if properties is not None else None
    if found is None:
        counts.pop(level, None)
        return ""
    kind, start = found.get("type", ""), found.get("startAt", "1")
    before, count = counts.get(level, ("", 0))
    first = int(start) if start.isdecimal() and len(start) < 6 else 1
    count = count + 1 if before == kind + start else first
    counts[level] = (kind + start, count)
    form = next((form for name, form in _FORMS.items() if kind.startswith(name)), "decimal")
    end = next((end for name, end in _ENDS.items() if kind.endswith(name)), "{}")
    return end.format(formatted(count, form))
