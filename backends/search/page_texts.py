"""Texts of the pages and passages that an answer needs."""

from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.rows import Document, StoredPage
from files_api_mcp.backends.search.places.document_places import DocumentPlaces
from files_api_mcp.backends.search.reader import open_places

__all__ = ["PageTexts"]


class PageTexts:
    """Pages of the searched documents, each decompressed once."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._pages: dict[tuple[int, int], StoredPage] = {}
        self._places: dict[int, DocumentPlaces] = {}

    def page(self, document: Document, number: int) -> str:
        """The text of a page."""
        return self.stored(document, number).text

    def passage(self, document: Document, passage: int) -> str:
        """The text of a passage."""
        page, start, end = document.span(passage)
        return self.page(document, page)[start:end]

    def places(self, document: Document) -> DocumentPlaces:
        """The places of a document."""
        if document.id not in self._places:
            self._places[document.id] = open_places(
                self._index, document, document.mime_type, lambda number: self.stored(document, number)
            )
        return self._places[document.id]

    def stored(self, document: Document, number: int) -> StoredPage:
        """A page with its marks."""
        key = (document.id, number)
        if key not in self._pages:
            self._pages[key] = self._index.page(document, number)
        return self._pages[key]
