"""The tables of an indexed document, each with its place."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from files_api_mcp.backends.search.places.document_places import DocumentPlaces
from files_api_mcp.backends.search.places.locate import exact_place, locate
from files_api_mcp.backends.search.table_catalog.stored_tables import StoredTable
from files_api_mcp.backends.table_info import TableInfo

__all__ = ["located_tables"]

_MOST_ON_PAGES, _MOST_IN_SECTIONS = 200, 40
"""Tables whose places are named: each takes up to 3 ms among many headings. Those after them are at characters."""


def located_tables(places: DocumentPlaces, tables: Sequence[StoredTable]) -> Iterator[TableInfo]:
    """The tables, in order, with the places of those that stand in the text."""
    most = _MOST_ON_PAGES if places.document.paginated else _MOST_IN_SECTIONS
    for number, table in enumerate(tables):
        if not table.page:
            yield table.info
            continue
        start, end = places.position(table.page, table.start), places.position(table.last_page, table.end)
        name = locate if number < most else exact_place
        yield replace(table.info, where=name(places, start, end))
