"""The documents of a question as one collection."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from files_api_mcp.backends.models import FileRecord
from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.index.term_table import BLOCK

__all__ = ["Block", "Collection", "NamedFiles", "Searched"]

_LANGUAGES = (True, False)


def _nowhere() -> "array[int]":
    return array("i", [-1]) * BLOCK


def _zeros() -> "array[int]":
    return array("I", [0]) * BLOCK


def _nobody() -> dict[bool, bytearray]:
    return {english: bytearray() for english in _LANGUAGES}


@dataclass(slots=True)
class Block:
    """The documents of the collection in one block of the index, by their place in the block.

    `positions` are those of their first files, -1 for a place without a document of the collection; `lengths` count
    their passages; `members` are the places of the English documents and of the others.
    """

    positions: "array[int]" = field(default_factory=_nowhere)
    lengths: "array[int]" = field(default_factory=_zeros)
    members: dict[bool, bytearray] = field(default_factory=_nobody)


class Searched(Protocol):
    """The files of a question, by their position."""

    collection: "Collection"

    def file_id(self, position: int) -> str:
        """The id of a file."""
        ...

    def filename(self, position: int) -> str | None:
        """The name of a file; None if it has to be looked up."""
        ...

    def document_ids(self) -> Sequence[int]:
        """The id of each file's document, by position: the same object while the files are the same."""
        ...

    def documents(self, index: Index, positions: Sequence[int]) -> dict[int, Document]:
        """The documents of these files.

        Raises:
            DocumentsDamaged: One is damaged, or was removed.
        """
        ...


class Collection:
    """The size of the collection and its documents by block. `files` counts files: several may share a document, which
    counts as often in `passages` and `terms`, too."""

    def __init__(self) -> None:
        self.files = 0
        self.passages = 0
        self.terms = 0
        self.blocks: dict[int, Block] = {}

    @classmethod
    def of(cls, documents: Iterable[Document]) -> "Collection":
        """The collection of these documents, in this order."""
        collection = cls()
        for document in documents:
            collection.add(document.id, len(document.passages), document.term_count, english=document.english)
        return collection

    def add(self, document: int, passages: int, terms: int, *, english: bool) -> None:
        """Add the next file's document."""
        block = self.blocks.get(document // BLOCK)
        if block is None:
            block = self.blocks[document // BLOCK] = Block()
        place = document % BLOCK
        if block.positions[place] < 0:
            block.positions[place] = self.files
            block.lengths[place] = passages
            block.members[english].append(place)
        self.files += 1
        self.passages += passages
        self.terms += terms

    def first(self, document: int) -> int:
        """The position of the first file with this document."""
        return self.blocks[document // BLOCK].positions[document % BLOCK]


class NamedFiles:
    """Files that a question names, with their documents. Implements Searched."""

    def __init__(self, files: Sequence[tuple[FileRecord, Document]]) -> None:
        self._files = files
        self.collection = Collection.of(document for _, document in files)

    def file_id(self, position: int) -> str:
        """The id of a file."""
        return self._files[position][0].id

    def filename(self, position: int) -> str | None:
        """The name of a file."""
        return self._files[position][0].filename

    def document_ids(self) -> Sequence[int]:
        """The id of each file's document."""
        return [document.id for _, document in self._files]

    def documents(self, index: Index, positions: Sequence[int]) -> dict[int, Document]:  # noqa: ARG002  see Searched
        """The documents of these files."""
        return {position: self._files[position][1] for position in positions}
