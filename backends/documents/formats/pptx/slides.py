"""Text of presentations: a slide is a page."""

import posixpath
import re
from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element

from files_api_mcp.backends.documents.formats.archive import Archive
from files_api_mcp.backends.documents.marks import Line

__all__ = ["slides"]

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_SLIDE = re.compile(r"ppt/slides/slide(\d+)\.xml")


def slides(content: BinaryIO) -> list[list[Line]]:
    """The texts of all slides, in their order, each with its notes."""
    archive = Archive(content)
    return [[f"{line}\n" for line in _slide(archive, name)] for name in _in_order(archive)]


def _in_order(archive: Archive) -> list[str]:
    presentation = archive.tree("ppt/presentation.xml")
    targets = _relations(archive, "ppt/presentation.xml")
    listed = presentation.iter(f"{_P}sldId") if presentation is not None else ()
    named = [targets.get(slide.get(f"{_R}id", ""), "") for slide in listed]
    numbered = sorted((int(found[1]), name) for name in archive.names if (found := _SLIDE.fullmatch(name)))
    return [name for name in named if name in archive.names] or [name for _, name in numbered]


def _relations(archive: Archive, name: str) -> dict[str, str]:
    folder, base = posixpath.split(name)
    tree = archive.tree(f"{folder}/_rels/{base}.rels")
    return {
        relation.get("Id", ""): posixpath.normpath(posixpath.join(folder, relation.get("Target", ""))).lstrip("/")
        for relation in (tree if tree is not None else ())
    }


def _slide(archive: Archive, name: str) -> Iterator[str]:
    tree = archive.tree(name)
    if tree is None:
        return
    shapes = [*tree.iter(f"{_P}sp"), *tree.iter(f"{_P}graphicFrame")]
    titles = [shape for shape in shapes if _is_title(shape)]
    for shape in titles:
        yield from (f"# {line}" for line in _paragraphs(shape))
    for shape in shapes:
        if shape not in titles:
            yield from _rows(shape) if shape.find(f".//{_A}tbl") is not None else _paragraphs(shape)
    for target in _relations(archive, name).values():
        notes = archive.tree(target) if "/notesSlides/" in f"/{target}" else None
        for shape in notes.iter(f"{_P}sp") if notes is not None else ():
            kind = shape.find(f".//{_P}ph")
            if kind is not None and kind.get("type") == "body":
                yield from (f"Notes: {line}" for line in _paragraphs(shape))


def _is_title(shape: Element) -> bool:
    kind = shape.find(f".//{_P}nvPr/{_P}ph")
    return kind is not None and kind.get("type") in ("title", "ctrTitle")


def _paragraphs(shape: Element) -> Iterator[str]:
    for paragraph in shape.iter(f"{_A}p"):
        text = "".join(
            part.text or "" if part.tag == f"{_A}t" else " "
            for part in paragraph.iter()
            if part.tag in (f"{_A}t", f"{_A}br")
        )
        if text.strip():
            yield text.strip()


def _rows(frame: Element) -> Iterator[str]:
    for row in frame.iter(f"{_A}tr"):
        yield " | ".join(" ".join(_paragraphs(cell)) for cell in row.iter(f"{_A}tc"))
