"""Comments and notes on cells of XLSX sheets."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from files_api_mcp.backends.documents.formats.ooxml.package import Package
from files_api_mcp.backends.documents.formats.spreadsheet.grid import range_of

__all__ = ["comments"]

_MOST = 100_000


def comments(package: Package, part: str) -> dict[int, list[str]]:
    """Lines about the comments of a sheet by the row of their cell."""
    threads: list[tuple[str, str]] = []
    for name in package.related(part, "threadedComment"):
        threads += _threaded(package, name)
    discussed = {cell for cell, _ in threads}
    # For older programs, a discussion is written as a note too.
    notes = [note for name in package.related(part, "comments") for note in _notes(package, name)]
    lines: dict[int, list[str]] = {}
    for cell, text in [*(note for note in notes if note[0] not in discussed), *threads][:_MOST]:
        place = range_of(cell)
        if place is not None and text:
            lines.setdefault(place.first_row, []).append(f"[comment on {cell}: {text}]")
    return lines


def _notes(package: Package, name: str) -> Iterator[tuple[str, str]]:
    for element in _elements(package, name, "comment"):
        texts = (part.text or "" for part in element.iter() if _name(part) == "t")
        yield element.get("ref", ""), " ".join("".join(texts).split())


def _threaded(package: Package, name: str) -> Iterator[tuple[str, str]]:
    people = {
        person.get("id", ""): person.get("displayName", "")
        for part in package.parts_below("xl/persons/")
        for person in _elements(package, part, "person")
    }
    for element in _elements(package, name, "threadedComment"):
        text = " ".join("".join(part.text or "" for part in element.iter() if _name(part) == "text").split())
        author = people.get(element.get("personId", ""), "")
        yield element.get("ref", ""), f"{author}: {text}" if author and text else text


def _elements(package: Package, part: str, name: str) -> Iterator[Element]:
    tree = package.optional_tree(part)
    return (element for element in (tree.iter() if tree is not None else ()) if _name(element) == name)


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]
