"""Notes: footnotes, endnotes and comments, each read where the text refers to it."""

from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element

from files_api_mcp.backends.documents.formats.docx.styles import W
from files_api_mcp.backends.documents.formats.ooxml.package import Package
from files_api_mcp.backends.documents.marks import Line
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["Notes"]

_KINDS = {"footnotes": "footnote", "endnotes": "endnote", "comments": "comment"}
_SEPARATORS = frozenset({"separator", "continuationSeparator", "continuationNotice"})
_Read = Callable[[str, Element], Iterator[Line]]


class Notes:
    """The notes of a document that were not read yet. `unread` names their parts that are damaged."""

    def __init__(self, package: Package, main_part: str) -> None:
        self._notes: dict[tuple[str, str], tuple[str, Element]] = {}
        self._counts: dict[str, int] = {}
        self.unread: list[str] = []
        for kinds, kind in _KINDS.items():
            for part in package.related(main_part, kinds) or package.parts(f"word/{kinds}"):
                self._add(package, part, kind)

    def lines(self, kind: str, note: str, read: _Read) -> Iterator[Line]:
        """Lines of a note, if it exists and was not read before."""
        part, element = self._notes.pop((kind, note), ("", None))
        if element is None:
            return
        name = self._name(kind, element)
        for line in read(part, element):
            yield f"{name}: {line}" if isinstance(line, str) and name else line
            name = "" if isinstance(line, str) else name

    def rest(self, read: _Read) -> Iterator[Line]:
        """Lines of the notes that the text does not refer to."""
        for kind, note in list(self._notes):
            yield from self.lines(kind, note, read)

    def _add(self, package: Package, part: str, kind: str) -> None:
        try:
            tree = package.tree(part)
        except UnsupportedType:
            self.unread.append(f"{kind}s")
            return
        for note in tree if tree is not None else ():
            if note.get(f"{W}type") not in _SEPARATORS and note.tag == f"{W}{kind}":
                self._notes[kind, note.get(f"{W}id", "")] = (part, note)

    def _name(self, kind: str, note: Element) -> str:
        """What a note is called, as "Footnote 2" or "Comment by Ann"."""
        if kind == "comment":
            author = note.get(f"{W}author", "").strip()
            return f"Comment by {author}" if author else "Comment"
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return f"{kind.capitalize()} {self._counts[kind]}"
