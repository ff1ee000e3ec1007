"""Package: the parts of an Office Open XML file and the relationships between them."""

import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import BinaryIO, NamedTuple
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from files_api_mcp.backends.documents.formats.archive import Archive
from files_api_mcp.backends.documents.formats.ooxml.names import MARKUP
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["Package", "Relationship", "alternative"]

_STRICT = "http://purl.oclc.org/ooxml/"
_NUMBERED = re.compile(r"([^.]*[^.\d])\d*\.(?:xml|bin)", re.IGNORECASE)


class Relationship(NamedTuple):
    """`kind` is the last word of its type, such as "hyperlink". The target is a part's name or an external address."""

    kind: str
    target: str
    is_external: bool


class Package:
    """An Office Open XML file. Namespaces of Strict packages are changed to those of Transitional ones.

    Raises (opening, `tree` and `read`):
        UnsupportedType: The zip or the part is damaged, encrypted, a bomb, or declares entities.
    """

    def __init__(self, content: BinaryIO) -> None:
        self._archive = Archive(content)
        self._types: dict[str, str] | None = None
        self._relationships: dict[str, dict[str, Relationship]] = {}

    def main_part(self, usual: str) -> str:
        """The part that the package is about, else the first part of the usual name (see `parts`), else ""."""
        for relationship in self.relationships("").values():
            if relationship.kind == "officeDocument" and relationship.target in self._archive:
                return relationship.target
        return min(self.parts(usual), default="")

    def has(self, part: str) -> bool:
        """Whether a part exists."""
        return part in self._archive

    def parts(self, stem: str) -> list[str]:
        """Parts with a name such as "word/document", in any case, and with a number or without one."""
        named = ((name, _NUMBERED.fullmatch(name)) for name in self._archive.names)
        return [name for name, found in named if found and found[1].lower() == stem.lower()]

    def parts_below(self, folder: str) -> list[str]:
        """XML parts in a folder such as "xl/persons/"."""
        return [name for name in self._archive.names if name.startswith(folder) and name.endswith(".xml")]

    def relationships(self, part: str) -> dict[str, Relationship]:
        """The relationships of a part (or of the package: "") by their ids; none if they cannot be read."""
        if part not in self._relationships:
            self._relationships[part] = self._read_relationships(part)
        return self._relationships[part]

    def related(self, part: str, kind: str) -> list[str]:
        """The parts that a part relates to in this way, each once."""
        found = self.relationships(part).values()
        return list(dict.fromkeys(one.target for one in found if one.kind == kind and not one.is_external))

    def tree(self, part: str) -> Element | None:
        """A part's XML; None if the part does not exist."""
        tree = self._archive.tree(part)
        if tree is not None and _STRICT in tree.tag:
            for element in tree.iter():
                element.tag = _transitional(element.tag)
                if element.attrib:
                    element.attrib = {_transitional(key): value for key, value in element.attrib.items()}
        return tree

    def optional_tree(self, part: str) -> Element | None:
        """A part's XML; None if the part does not exist or cannot be read."""
        try:
            return self.tree(part)
        except UnsupportedType:
            return None

    def read(self, part: str) -> bytes | None:
        """A part's bytes; None if the part does not exist."""
        return self._archive.read(part)

    def chunks(self, part: str) -> Iterator[bytes]:
        """A part's bytes in turn; none if the part does not exist."""
        return self._archive.chunks(part)

    def content_type(self, part: str) -> str:
        """A part's content type; "" if the package does not state it."""
        if self._types is None:
            stated = self.optional_tree("[Content_Types].xml")
            self._types = {
                (one.get("PartName") or f".{one.get('Extension', '')}").lstrip("/").casefold(): one.get(
                    "ContentType", ""
                )
                for one in (stated if stated is not None else ())
            }
        name = part.casefold()
        return self._types.get(name) or self._types.get(f".{name.rpartition('.')[2]}", "")

    def _read_relationships(self, part: str) -> dict[str, Relationship]:
        folder, base = posixpath.split(part)
        tree = self.optional_tree(posixpath.join(folder, "_rels", f"{base}.rels"))
        return {
            element.get("Id", ""): _relationship(folder, element)
            for element in (tree if tree is not None else ())
            if element.get("Target")
        }


def alternative(element: Element) -> Element | None:
    """What to read of alternate content: the first choice, else the fallback, which repeats it in an older form."""
    choice = element.find(f"{MARKUP}Choice")
    return choice if choice is not None else element.find(f"{MARKUP}Fallback")


def _relationship(folder: str, element: Element) -> Relationship:
    kind = element.get("Type", "").rpartition("/")[2]
    target = element.get("Target", "")
    if element.get("TargetMode") == "External":
        return Relationship(kind, target, is_external=True)
    path = posixpath.join("/", folder, unquote(target.replace("\\", "/")))
    return Relationship(kind, posixpath.normpath(path).lstrip("/"), is_external=False)


@lru_cache(maxsize=4096)
def _transitional(name: str) -> str:
    """A name in a Strict namespace, in the Transitional one; any other name as it is."""
    if not name.startswith(f"{{{_STRICT}"):
        return name
    namespace, _, local = name[len(_STRICT) + 1 :].partition("}")
    first, _, rest = namespace.partition("/")
    return f"{{http://schemas.openxmlformats.org/{first}/2006/{rest}}}{local}"
