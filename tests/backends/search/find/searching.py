"""Searches documents in this process, by their index or page by page."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from files_api_mcp.backends.models import FileRecord
from files_api_mcp.backends.search.collection import NamedFiles
from files_api_mcp.backends.search.find.candidates import Candidates, word_parts
from files_api_mcp.backends.search.find.finder import matcher_of
from files_api_mcp.backends.search.find.text_search import TextSearch
from files_api_mcp.backends.search.find.vocabulary import Vocabulary
from files_api_mcp.backends.search.index.index import document_key
from files_api_mcp.backends.search.index.layered_index import LayeredIndex
from files_api_mcp.backends.text_finder import TextMatch, TextQuery
from tests.support.indexing import add_document, received_document
from tests.support.records import record_of

__all__ = ["Shelf"]


class Shelf:
    """Documents in a temporary index, each a sequence of pages or pieces."""

    def __init__(self, documents: Sequence[tuple[Sequence[str], str, bool]]) -> None:
        """Pages, MIME type, and whether these are pages of each document."""
        self.index = LayeredIndex(Path(tempfile.mkdtemp()) / "index.db")
        self._vocabulary = Vocabulary()
        records: list[FileRecord] = []
        for number, (pages, mime_type, paginated) in enumerate(documents):
            record = record_of(f"file_{number}", f"{number:064x}", mime_type)
            received = received_document(pages, mime_type=mime_type, paginated=paginated)
            add_document(self.index, document_key(record), received)
            records.append(record)
        found = self.index.documents([document_key(record) for record in records])
        self.searched = NamedFiles([(record, found[document_key(record)]) for record in records])

    def find(self, query: TextQuery, *, by_index: bool = True) -> tuple[int, list[TextMatch], int]:
        """The number of matches, those to show, and the number of pages that were looked at."""
        matcher, ids = matcher_of(query), self.searched.document_ids()
        while not self._vocabulary.cover(self.index, ids):
            continue
        words = {part: self._vocabulary.holding(part, 2_000) for part in word_parts(matcher.plan)}
        candidates = Candidates(matcher.plan, words if by_index else {})
        positions = range(len(ids))
        if by_index and not candidates.are_all:
            held = candidates.documents(self.index, [*self.searched.collection.blocks])
            candidates.keep_rarest()
            positions = [position for position in positions if ids[position] in held]
        search = TextSearch(self.searched, matcher, candidates, positions, query, None)
        while not search.go_on(self.index):
            continue
        return search.total, search.matches, search.pages_read
