"""The index of a data folder, with a temporary one beside it while that folder cannot be written."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from files_api_mcp.backends.search.index.damage import DocumentsDamaged
from files_api_mcp.backends.search.index.rows import Document, StoredPage
from files_api_mcp.backends.search.index.schema import FIRST_TEMPORARY_ID
from files_api_mcp.backends.search.index.term_table import BLOCK, Holders
from files_api_mcp.backends.search.index.writer import IndexWriter
from files_api_mcp.backends.search.places.outline import Outline
from files_api_mcp.backends.search.table_catalog.stored_tables import StoredTable

__all__ = ["LayeredIndex"]


class LayeredIndex(IndexWriter):
    """Reads both indexes as one; writes go to the one that is chosen: this one, or `temporary`."""

    _temporary: IndexWriter | None = None

    @property
    def temporary(self) -> IndexWriter:
        """The temporary index, created on first use and gone with the process."""
        if self._temporary is None:
            self._temporary = IndexWriter(None)
        return self._temporary

    def close(self) -> None:
        super().close()
        if self._temporary is not None:
            self._temporary.close()

    def start_over(self) -> None:
        super().start_over()
        if self._temporary is not None:
            self._temporary.close()
            self._temporary = None

    def documents(self, keys: Sequence[str]) -> dict[str, Document]:
        found = super().documents(keys)
        return found if self._temporary is None else found | self._temporary.documents(keys)

    def version(self) -> tuple[int, ...]:
        temporary = () if self._temporary is None else (id(self._temporary), *self._temporary.version())
        return (*super().version(), *temporary)

    def document_ids(self) -> list[int]:
        return super().document_ids() + ([] if self._temporary is None else self._temporary.document_ids())

    def stored(self, ids: Sequence[int]) -> dict[int, Document]:
        temporary = [number for number in ids if _is_temporary(number)]
        found = super().stored([number for number in ids if not _is_temporary(number)])
        return found | self._kept().stored(temporary) if temporary else found

    def postings(self, document: Document, wanted: Sequence[str]) -> "dict[str, array[int]]":
        if _is_temporary(document.id):
            return self._holding(document).postings(document, wanted)
        return super().postings(document, wanted)

    def holders(self, blocks: Sequence[int], wanted: Sequence[str]) -> list[Holders]:
        temporary = [block for block in blocks if _is_temporary(block * BLOCK)]
        found = super().holders([block for block in blocks if not _is_temporary(block * BLOCK)], wanted)
        return found + self._kept().holders(temporary, wanted) if temporary else found

    def words(self, documents: Sequence[int]) -> set[str]:
        temporary = [number for number in documents if _is_temporary(number)]
        found = super().words([number for number in documents if not _is_temporary(number)])
        return found | self._kept().words(temporary) if temporary else found

    def page(self, document: Document, number: int) -> StoredPage:
        if _is_temporary(document.id):
            return self._holding(document).page(document, number)
        return super().page(document, number)

    def labels(self, document: Document) -> dict[int, str]:
        return self._holding(document).labels(document) if _is_temporary(document.id) else super().labels(document)

    def outline(self, document: Document) -> Outline:
        return self._holding(document).outline(document) if _is_temporary(document.id) else super().outline(document)

    def tables(self, document: Document) -> Sequence[StoredTable]:
        return self._holding(document).tables(document) if _is_temporary(document.id) else super().tables(document)

    def forget(self, key: str) -> None:
        if self._temporary is not None:
            self._temporary.forget(key)
        super().forget(key)

    def drop_damaged(self, documents: Iterable[int]) -> list[int]:
        ids = set(documents)
        temporary = {number for number in ids if _is_temporary(number)}
        dropped = self.temporary.drop_damaged(temporary) if temporary else []
        return dropped + super().drop_damaged(ids - temporary) if ids - temporary else dropped

    def _holding(self, document: Document) -> IndexWriter:
        return self._kept({document.id: document.key})

    def _kept(self, documents: Mapping[int, str] = MappingProxyType({})) -> IndexWriter:
        """The temporary index that these documents are in."""
        if self._temporary is None:
            raise DocumentsDamaged(documents)
        return self._temporary


def _is_temporary(document: int) -> bool:
    return document >= FIRST_TEMPORARY_ID
