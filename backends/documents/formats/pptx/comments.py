"""Comments on slides, those of today (in threads) and of older versions."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from files_api_mcp.backends.documents.formats.ooxml.names import DRAWING
from files_api_mcp.backends.documents.formats.ooxml.package import Package

__all__ = ["Comments"]


class Comments:
    """Reads comments with the names of their authors."""

    def __init__(self, package: Package, main_part: str) -> None:
        self._package = package
        parts = [*package.related(main_part, "commentAuthors"), *package.related(main_part, "authors")]
        trees = (package.optional_tree(part) for part in parts)
        self._authors = {
            author.get("id", ""): author.get("name", "") for tree in trees if tree is not None for author in tree
        }

    def lines(self, slide: str) -> Iterator[str]:
        """Lines of the comments on a slide, without line ends."""
        for number, part in enumerate(self._package.related(slide, "comments"), start=1):
            tree = self._package.optional_tree(part)
            if tree is None:
                yield f"[comments {number} cannot be read]"
            for element in tree.iter() if tree is not None else ():
                if _name(element) in ("cm", "reply") and (text := _text(element)):
                    author = self._authors.get(element.get("authorId", ""), "")
                    yield f"Comment by {author}: {text}" if author else f"Comment: {text}"


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(comment: Element) -> str:
    for child in comment:
        if _name(child) == "text":
            return " ".join((child.text or "").split())
        if _name(child) == "txBody":
            lines = ("".join(part.text or "" for part in p.iter(f"{DRAWING}t")) for p in child.iter(f"{DRAWING}p"))
            return " ".join(" ".join(lines).split())
    return ""
