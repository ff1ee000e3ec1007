"""What the index holds of the live files, kept between questions while neither changes."""

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from files_api_mcp.backends.content_source import LiveFiles
from files_api_mcp.backends.search.collection import Collection
from files_api_mcp.backends.search.index.index import Index
from files_api_mcp.backends.search.index.rows import Document

__all__ = ["Holdings", "Library"]

_AT_ONCE = 1000
_PACKED = 34
"""Bytes of a document's hash and type."""
_MOST_HELD = 4
_ENGLISH, _ASKABLE, _OUTDATED = 1, 2, 4


@dataclass(slots=True, eq=False)
class Holdings:
    """The live files with an askable document as one collection, newest first: for each position, the file's place
    among the live files and its document. `missing` are the places of files that the index lacks."""

    files: LiveFiles
    collection: Collection = field(default_factory=Collection)
    places: "array[int]" = field(default_factory=lambda: array("I"))
    ids: "array[int]" = field(default_factory=lambda: array("I"))
    missing: "array[int]" = field(default_factory=lambda: array("I"))

    def file_id(self, position: int) -> str:
        """The id of the file at a position."""
        return self.files.ids[self.places[position]]

    def filename(self, position: int) -> None:
        """Nothing: 100,000 names are not kept in memory."""

    def document_ids(self) -> "array[int]":
        """The id of each file's document."""
        return self.ids

    def key(self, place: int) -> str:
        """The key of a live file's document."""
        return " ".join(self.files.content(place))

    def documents(self, index: Index, positions: Sequence[int]) -> dict[int, Document]:
        """The documents at these positions.

        Raises:
            DocumentsDamaged: One is damaged, or was removed.
        """
        found = index.stored([self.ids[position] for position in positions])
        return {position: found[self.ids[position]] for position in positions}


@dataclass(slots=True)
class _Facts:
    """What a question needs to know of every document, in the order of their ids."""

    ids: "array[int]" = field(default_factory=lambda: array("I"))
    passages: "array[int]" = field(default_factory=lambda: array("I"))
    terms: "array[int]" = field(default_factory=lambda: array("I"))
    flags: bytearray = field(default_factory=bytearray)
    contents: bytearray = field(default_factory=bytearray)

    def __len__(self) -> int:
        return len(self.ids)

    def content(self, at: int) -> bytes:
        """The packed hash and type of a document."""
        return bytes(self.contents[at * _PACKED : (at + 1) * _PACKED])

    def without(self, gone: Sequence[int]) -> "_Facts":
        """All but these documents, whose ids are sorted."""
        kept, start = _Facts(), 0
        for end in (*(bisect_left(self.ids, number) for number in gone), len(self)):
            kept.ids += self.ids[start:end]
            kept.passages += self.passages[start:end]
            kept.terms += self.terms[start:end]
            kept.flags += self.flags[start:end]
            kept.contents += self.contents[start * _PACKED : end * _PACKED]
            start = end + 1
        return kept


class Library:
    """The holdings of the index, brought up to date before each question. Used by the index's one thread.

    100,000 files of one passage take 15 MB. After a change, only the documents that are new are read.
    """

    def __init__(self, *, scans: bool) -> None:
        """`scans` means that OCR is available."""
        self._scans = scans
        self._types: dict[str, int] = {}
        self._facts = _Facts()
        self._version: tuple[int, ...] | None = None
        self._held: list[Holdings] = []

    def holdings(self, index: Index, files: LiveFiles) -> Holdings:
        """The holdings of these files.

        Raises:
            DocumentsDamaged: A new document is damaged.
        """
        version = index.version()
        is_new = version != self._version and self._update(index)
        if is_new:
            self._held.clear()
        known = next((held for held in self._held if held.files is files), None) or self._joined(files)
        # The latest first: questions about some files do not drop what is kept of all.
        self._held = [known, *(held for held in self._held if held is not known)][:_MOST_HELD]
        self._version = version
        return known

    def _update(self, index: Index) -> bool:
        """Read the documents that are new; returns whether any came or went."""
        ids, old = index.document_ids(), self._facts.ids.tolist()
        if ids == old:
            return False
        known = set(old)
        new = [number for number in ids if number not in known]
        if new and old and new[0] < old[-1]:  # those of a temporary index have higher ids
            self._facts, new = _Facts(), ids
        elif gone := known.difference(ids):
            self._facts = self._facts.without(sorted(gone))
        for start in range(0, len(new), _AT_ONCE):
            for document in index.stored(new[start : start + _AT_ONCE]).values():
                self._append(document)
        return True

    def _append(self, document: Document) -> None:
        facts = self._facts
        sha256, _, mime_type = document.key.partition(" ")
        number = self._types.setdefault(mime_type, len(self._types))
        is_outdated = self._scans and not document.scans
        flags = _ENGLISH * document.english | _ASKABLE * document.info.askable
        flags |= _OUTDATED * (is_outdated and bool(document.info.pages_without_text or mime_type.startswith("image/")))
        facts.ids.append(document.id)
        facts.passages.append(len(document.passages))
        facts.terms.append(document.term_count)
        facts.flags.append(flags)
        facts.contents += bytes.fromhex(sha256) + number.to_bytes(2)

    def _joined(self, files: LiveFiles) -> Holdings:
        facts, held = self._facts, Holdings(files)
        by_content = {facts.content(at): at for at in range(len(facts))}
        types = [self._types.setdefault(name, len(self._types)).to_bytes(2) for name in files.type_names]
        for place in range(len(files)):
            at = by_content.get(files.digests[place * 32 : place * 32 + 32] + types[files.types[place]])
            if at is None or facts.flags[at] & _OUTDATED:
                held.missing.append(place)
            elif facts.flags[at] & _ASKABLE:
                english = bool(facts.flags[at] & _ENGLISH)
                held.collection.add(facts.ids[at], facts.passages[at], facts.terms[at], english=english)
                held.places.append(place)
                held.ids.append(facts.ids[at])
        return held
