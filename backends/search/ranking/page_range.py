"""The pages that a question is limited to."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from files_api_mcp.backends.search.collection import Searched
from files_api_mcp.backends.search.index.rows import Document

__all__ = ["PageRange"]

_MAX_NOTES = 3


class PageRange(NamedTuple):
    """Pages from `first` to `last`, both inclusive and 1-based. Documents without pages have none of them."""

    first: int
    last: int

    def holds(self, document: Document, passage: int) -> bool:
        """Whether a passage is on one of the pages."""
        return document.paginated and self.first <= document.passages.pages[passage] <= self.last

    def notes(self, searched: Searched, documents: Mapping[int, Document]) -> Sequence[str]:
        """Notes on the documents that have none of the pages."""
        notes: dict[str, None] = {}
        for position, document in documents.items():
            name, count = searched.filename(position), document.info.pages
            if not document.paginated:
                notes[f"{name}: it has no pages." if name else "Files without pages were left out."] = None
            elif name and count is not None and count < self.first:
                notes[f"{name}: its last page is {count}."] = None
        return [*notes][:_MAX_NOTES]
