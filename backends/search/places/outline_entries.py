"""The outline of a document as people read it: its headings, sheets or parts with their places."""

from files_api_mcp.backends.documents.marks import Heading, Part, Sheet
from files_api_mcp.backends.models import OutlineEntry
from files_api_mcp.backends.search.places.document_places import DocumentPlaces
from files_api_mcp.backends.search.places.outline import heading_text
from files_api_mcp.backends.search.places.where import column_letters, has_sections, page_word

__all__ = ["outline_entries"]

_MOST_READ = 500
_FIRST = 60


def outline_entries(places: DocumentPlaces) -> list[OutlineEntry]:
    """All entries with a title, in order. Numbered clauses are left out if there are headings."""
    entries = places.outline.entries
    headings = [one.mark for one in entries if isinstance(one.mark, Heading)]
    has_titles = any(heading.title for heading in headings)
    shown = [
        index
        for index, one in enumerate(entries)
        if not isinstance(one.mark, Heading) or one.mark.title or not has_titles
    ]
    return [_entry(places, index) for index in shown if not _is_message_itself(places, index)]


def _is_message_itself(places: DocumentPlaces, index: int) -> bool:
    mark = places.outline.entries[index].mark
    return isinstance(mark, Part) and not mark.path


def _first_words(places: DocumentPlaces, index: int) -> str:
    """The beginning of a clause without a title, after its number."""
    entry = places.outline.entries[index]
    text = places.page(entry.page).text[entry.offset : entry.offset + _MOST_READ]
    words = text.lstrip().partition("\n")[0].removeprefix(f"{getattr(entry.mark, 'number', '')}").strip(" .):\t\r")
    return words if len(words) <= _FIRST else words[:_FIRST].rpartition(" ")[0] + " ..."


def _entry(places: DocumentPlaces, index: int) -> OutlineEntry:
    entry, label = places.outline.entries[index], places.outline.labels[index]
    mark = entry.mark
    if isinstance(mark, Sheet):
        extent = f"A1:{column_letters(max(1, mark.columns))}{max(1, mark.rows)}"
        return OutlineEntry(1, f"{label}!{extent}", f"{mark.rows:,} rows, {mark.columns} columns")
    if isinstance(mark, Part):
        return OutlineEntry(1, label)
    if places.document.paginated:
        title = " ".join(heading_text(mark).split())
        return OutlineEntry(mark.level, f"{page_word(places.mime_type)} {entry.page}", title)
    if has_sections(places.mime_type):
        return OutlineEntry(mark.level, f"section {label}", None if mark.title else _first_words(places, index))
    end = places.outline.ends[index]
    last = places.outline.entries[end].line if end is not None else places.line(max(0, places.length - 1)) + 1
    return OutlineEntry(mark.level, f"lines {entry.line + 1}-{max(entry.line + 1, last)}", heading_text(mark))
