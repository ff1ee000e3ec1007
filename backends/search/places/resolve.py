"""Finds the text that a place names: any `where` that a tool returned, and what people write instead."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from files_api_mcp.backends.documents.marks import Heading
from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.search.places.document_places import DocumentPlaces, Span
from files_api_mcp.backends.search.places.numbered_lines import numbered_section
from files_api_mcp.backends.search.places.outline import folded
from files_api_mcp.backends.search.places.where import page_word

__all__ = ["resolve"]

_LONGEST = 500
_MOST_DIGITS = 9
_NUMBER = rf"(\d{{1,{_MOST_DIGITS}}})"
_RANGE = rf"{_NUMBER}(?: ?[-\u2013] ?{_NUMBER})?"
_PAGES = re.compile(rf"(?:pages?|slides?|pp?\.) ?{_RANGE}(.*)", re.IGNORECASE | re.DOTALL)
_UNIT = re.compile(rf"(lines?|rows?|chars?|characters?) {_RANGE}", re.IGNORECASE)
_CELLS = re.compile(rf"\$?[A-Z]{{0,3}}\$?{_NUMBER}(?: ?: ?\$?[A-Z]{{0,3}}\$?{_NUMBER})?", re.IGNORECASE)
_REMARK = re.compile(r" \([^()]*\)$")
_SECTION = re.compile(r"(?:sections?|clauses?|articles?|chapters?|§+) ?", re.IGNORECASE)
_LONGEST_ECHO = 80
_SHORTEST_START = 3


@dataclass(frozen=True, slots=True)
class _Part:
    """A range of lines, rows or characters within another place, from 1 (characters from 0)."""

    unit: str
    first: int
    last: int


def resolve(places: DocumentPlaces, at: str) -> Span:
    """The positions of the place.

    Raises:
        InvalidArgument: The document has no such place.
    """
    text = " ".join(at.split())
    if not text or len(text) > _LONGEST:
        raise InvalidArgument("The place is empty or too long.", "Copy a where from an answer.")
    pages = _PAGES.fullmatch(text)
    if pages and (places.document.paginated or folded(text) not in places.outline.by_label):
        return _pages(places, int(pages[1]), int(pages[2] or pages[1]), pages[3])
    found = _whole_document(places, text) or _entry(places, text) or _numbered(places, text)
    if found is None:
        raise _unknown(places, text)
    return found


def _pages(places: DocumentPlaces, first: int, last: int, rest: str) -> Span:
    total = places.document.info.pages
    if total is None:
        raise InvalidArgument("This file has no pages.", "Use lines, a section or another where from an answer.")
    if not 1 <= first <= last <= total:
        raise InvalidArgument(
            f"The document has {total} {page_word(places.mime_type)}s.", "Choose pages in that range."
        )
    span = Span(places.page_span(first).start, places.page_span(last).end, (first, last))
    part = _UNIT.search(rest.partition(": ")[0])
    if part and part[1].lower().startswith("c"):
        # The end counts from the start of the last page.
        end = places.page_span(last).start + int(part[3] or part[2])
        return _checked(Span(span.start + int(part[2]), min(end, span.end)), span)
    if part and first == last:
        return _checked(_within(places, span, _part(part), 0, page=first), span)
    title = rest.partition(": ")[2]
    if title and first == last:
        return _titled(places, title, span) or span
    return span


def _titled(places: DocumentPlaces, title: str, page: Span) -> Span | None:
    """The section with a title that starts on a page, as an outline names it."""
    found = (
        index
        for index in _named(places, title)
        if page.start <= places.entry_positions[index] < max(page.end, page.start + 1)
    )
    return next((places.entry_span(index) for index in found), None)


def _whole_document(places: DocumentPlaces, text: str) -> Span | None:
    """Lines, rows or characters of a whole document."""
    part = _UNIT.fullmatch(_REMARK.sub("", text.partition(": ")[0]))
    if part is None or folded(text) in places.outline.by_label:
        return None
    whole = Span(0, places.length)
    if places.document.paginated:
        raise InvalidArgument("The document has pages.", 'Name one too, as in "page 3 (lines 5-9)".')
    return _checked(_within(places, whole, _part(part), 0), whole)


def _entry(places: DocumentPlaces, text: str) -> Span | None:
    """A section, a sheet or a part of a message, or a range within it."""
    for name, part in _readings(text):
        for candidate in (name, _SECTION.sub("", name, count=1)):
            found = _named(places, candidate)
            if found:
                return _in_entry(places, found[0], part)
        found = _cells(places, name, part)
        if found:
            return found
    return None


def _in_entry(places: DocumentPlaces, index: int, part: _Part | None) -> Span:
    """An entry, or a range that is counted from its start: in a section, the range may go on after its end."""
    span, entry = places.entry_span(index), places.outline.entries[index]
    if part is None:
        return span
    page = entry.page if places.document.paginated else None
    within = Span(span.start, places.length) if places.is_section(index) else span
    return _checked(_within(places, within, part, entry.line, page=page), within)


def _numbered(places: DocumentPlaces, text: str) -> Span | None:
    """A section whose heading is only text."""
    if _named_otherwise(places):
        return None
    return numbered_section(places, _SECTION.sub("", text.partition(": ")[0], count=1).rstrip("."))


def _named_otherwise(places: DocumentPlaces) -> bool:
    """Whether rows, messages or numbered headings name the places of the document."""
    marks = [entry.mark for entry in places.outline.entries]
    return any(not isinstance(mark, Heading) or mark.number for mark in marks)


def _readings(text: str) -> Iterator[tuple[str, _Part | None]]:
    """The name and the range within it that a text can mean, the likeliest first."""
    for shown in dict.fromkeys((text, _REMARK.sub("", text), text.partition(": ")[0])):
        yield shown, None
        parts = [*_UNIT.finditer(shown)]
        if parts and parts[-1].end() == len(shown):
            yield shown[: parts[-1].start()].rstrip(" ,"), _part(parts[-1])


def _named(places: DocumentPlaces, name: str) -> list[int]:
    """Indexes of the entries with a name: the whole label first, then a number, a title, or the start of a label."""
    wanted = folded(name).rstrip(".")
    if not wanted:
        return []
    labels = places.outline.by_label
    if wanted in labels:
        return [labels[wanted]]
    entries = range(len(places.outline.entries))
    ways = (
        (index for index in entries if _number(places, index) == wanted),
        (index for index in entries if _title(places, index) == wanted),
        (index for label, index in labels.items() if len(wanted) > _SHORTEST_START and label.startswith(wanted)),
    )
    for way in ways:
        if found := [*way]:
            return found
    return []


def _number(places: DocumentPlaces, index: int) -> str | None:
    mark = places.outline.entries[index].mark
    return folded(mark.number).rstrip(".") if isinstance(mark, Heading) and mark.number else None


def _title(places: DocumentPlaces, index: int) -> str | None:
    mark = places.outline.entries[index].mark
    return folded(mark.title) if isinstance(mark, Heading) and mark.title else None


def _cells(places: DocumentPlaces, name: str, part: _Part | None) -> Span | None:
    sheet, _, cells = name.rpartition("!")
    named = _CELLS.fullmatch(cells) if sheet else None
    index = places.outline.by_label.get(folded(sheet.strip("'")))
    if named is None or index is None or places.sheet(index) is None:
        return None
    span = places.entry_span(index)
    first, last = sorted((int(named[1]), int(named[2] or named[1])))
    rows = _within(places, span, _Part("row", first, last), 0)
    if rows.start == places.position_of_row(1, span):
        rows = Span(span.start, rows.end)  # with the line that names the sheet
    return _checked(_within(places, rows, part, 0) if part else rows, span)


def _part(match: re.Match[str]) -> _Part:
    first = int(match[2])
    return _Part(match[1].lower().rstrip("s")[:4], first, int(match[3] or first))


def _within(places: DocumentPlaces, span: Span, part: _Part, first_line: int, page: int | None = None) -> Span:
    """The range of lines, rows or characters within the span."""
    if part.unit == "char":
        return Span(span.start + part.first, min(span.end, span.start + part.last))
    if part.unit == "row":
        return Span(places.position_of_row(part.first, span), places.position_of_row(part.last + 1, span))
    first, last = (first_line + number for number in (part.first - 1, part.last))
    start = places.position_of_line(first, page)
    return Span(max(span.start, start), min(span.end, places.position_of_line(last, page)))


def _checked(found: Span, within: Span) -> Span:
    if within.start <= found.start < found.end <= within.end:
        return found
    raise InvalidArgument("The place lies outside the document.", "Copy a where from an answer.")


def _unknown(places: DocumentPlaces, text: str) -> InvalidArgument:
    known = 'Read at="outline" for its places.' if places.outline.entries else "It has no headings; use pages or lines."
    return InvalidArgument(f"The document has no place {text[:_LONGEST_ECHO]!r}.", known)
