"""Names the place of a range of text, in the form that `resolve` finds again."""

from files_api_mcp.backends.documents.marks import Part
from files_api_mcp.backends.documents.media_types import EML, ODP, PPTX, SHEETS, TABLES
from files_api_mcp.backends.search.places.document_places import DocumentPlaces, Span

__all__ = ["column_letters", "has_sections", "page_where", "page_word", "where"]

_NEAR = 400
"""Code points that a place may start before its passage."""
_LONGEST = 5_500
"""Code points of the longest place that is read whole by default."""
_BLANK = 4
"""Code points around a section that a passage of the whole section may lack, such as line ends."""
_LINES_ONLY = frozenset({"text/plain", "application/json", "application/xml"})
_LETTERS = 26


def where(places: DocumentPlaces, start: int, end: int) -> str:
    """The place of a range of positions that lies on one page, or in a document without pages."""
    document = places.document
    if document.paginated:
        return _page(places, start, end)
    remarks = [places.hidden(start, end), "read by OCR" if document.info.scanned else None]
    return _unpaged(places, start, end) + _in_brackets(remarks)


def page_word(mime_type: str) -> str:
    """What a page of this type is called."""
    return "slide" if mime_type in (PPTX, ODP) else "page"


def has_sections(mime_type: str) -> bool:
    """Whether places in files of this type are sections, if there are headings."""
    return mime_type not in _LINES_ONLY


def column_letters(column: int) -> str:
    """The letters of a column (from 1) of a spreadsheet."""
    letters = ""
    while column > 0:
        column, digit = divmod(column - 1, _LETTERS)
        letters = chr(ord("A") + digit) + letters
    return letters


def page_where(places: DocumentPlaces, number: int, hidden: str | None = None, part: str | None = None) -> str:
    """The place of a page: its number, and in brackets what else there is to say."""
    label = places.labels.get(number)
    scanned = "read by OCR" if number in places.document.info.scanned else None
    remarks = [f"labelled {label}" if label else None, scanned, hidden, part]
    return f"{page_word(places.mime_type)} {number}{_in_brackets(remarks)}"


def _page(places: DocumentPlaces, start: int, end: int) -> str:
    number = places.page_of(start)
    base = places.page_span(number).start
    is_near = start - base <= _NEAR and end - base <= _LONGEST
    part = None if is_near else _part(places, start, end, base, 0)
    return page_where(places, number, places.hidden(start, end), part)


def _unpaged(places: DocumentPlaces, start: int, end: int) -> str:
    kind = places.mime_type
    found: str | None = None
    if kind in SHEETS:
        found = _cells(places, start, end)
    elif kind in TABLES:
        found = _rows(places, start, end)
    elif kind == EML:
        found = _in_entry(places, _part_of_message(places, start, end), start, end)
    elif has_sections(kind):
        found = _in_entry(places, _section(places, start, end), start, end)
    return found or _part(places, start, end, 0, 0)


def _cells(places: DocumentPlaces, start: int, end: int) -> str | None:
    index = places.entry_at(start)
    while index is not None and index >= 0 and places.sheet(index) is None:
        index -= 1
    sheet = places.sheet(index) if index is not None and index >= 0 else None
    if index is None or sheet is None or places.entry_span(index).end < end:
        return None
    first, last = places.row(start) or places.next_row(start, end) or 0, places.row(end - 1) or 0
    name = places.outline.labels[index]
    if last < 1:
        return f"{name}!A1"
    if not _is_near(places, start, end):
        return f"{name}{_characters(start, end, places.entry_positions[index])}"
    table = places.table(start)
    if table is None or table != places.table(end - 1) or not table.last_column:
        columns = (1, max(1, sheet.columns))
    else:
        columns = (table.first_column, table.last_column)
    left, right = map(column_letters, columns)
    return f"{name}!{left}{first}:{right}{last}"


def _rows(places: DocumentPlaces, start: int, end: int) -> str | None:
    first, last = places.row(start), places.row(end - 1)
    if not first or not last or not _is_near(places, start, end, places.position_of_row(first, Span(0, places.length))):
        return None
    return f"rows {first}-{last}"


def _part_of_message(places: DocumentPlaces, start: int, end: int) -> int | None:
    index = places.entry_at(start)
    while index is not None and index >= 0 and not isinstance(places.outline.entries[index].mark, Part):
        index -= 1
    if index is None or index < 0:
        return None
    following = (
        i for i in range(index + 1, len(places.outline.entries)) if isinstance(places.outline.entries[i].mark, Part)
    )
    after = next(following, None)
    return index if after is None or places.entry_positions[after] >= end else None


def _section(places: DocumentPlaces, start: int, end: int) -> int | None:
    """The innermost section with the whole range, else the one in which it starts."""
    first = index = places.entry_at(start)
    while index is not None and (not places.is_section(index) or places.entry_span(index).end < end):
        index = places.outline.parents[index]
    return index if index is not None or first is None or not places.is_section(first) else first


def _in_entry(places: DocumentPlaces, index: int | None, start: int, end: int) -> str | None:
    if index is None:
        return None
    entry, span = places.outline.entries[index], places.entry_span(index)
    label = places.outline.labels[index]
    name = f"section {label}" if places.is_section(index) else label
    is_whole = places.is_section(index) and 0 <= start - span.start <= _BLANK and 0 <= span.end - end <= _BLANK
    return (
        name if is_whole and end - start <= _LONGEST else f"{name} {_part(places, start, end, span.start, entry.line)}"
    )


def _part(places: DocumentPlaces, start: int, end: int, base: int, first_line: int) -> str:
    """Lines, or characters if the range starts far into a long line; counted from the place at `base`."""
    if not _is_near(places, start, end):
        return _characters(start, end, base).strip()
    first, last = places.line(start) - first_line + 1, places.line(max(start, end - 1)) - first_line + 1
    return f"lines {first}-{last}"


def _characters(start: int, end: int, base: int) -> str:
    return f" chars {start - base}-{end - base}"


def _is_near(places: DocumentPlaces, start: int, end: int, line_start: int | None = None) -> bool:
    """Whether the range starts near the start of its line, so that it is read together with it."""
    begins = places.line_start(start) if line_start is None else line_start
    return start - begins <= _NEAR and (end - begins <= _LONGEST or end - start > _LONGEST)


def _in_brackets(remarks: list[str | None]) -> str:
    found = ", ".join(remark for remark in remarks if remark)
    return f" ({found})" if found else ""
