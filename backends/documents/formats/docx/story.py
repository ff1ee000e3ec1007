"""Story: the paragraphs and tables of one part of a document, such as its body, a header or a footnote."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from files_api_mcp.backends.documents.formats.docx.chunks import Chunks
from files_api_mcp.backends.documents.formats.docx.notes import Notes
from files_api_mcp.backends.documents.formats.docx.numbering import Label, Numbering
from files_api_mcp.backends.documents.formats.docx.runs import DELETED, Aside, Runs
from files_api_mcp.backends.documents.formats.docx.styles import Styles, W, numbering_of, outline_level
from files_api_mcp.backends.documents.formats.docx.table_rows import ReadRow
from files_api_mcp.backends.documents.formats.docx.tables import cells, is_set_apart, rows, style_of
from files_api_mcp.backends.documents.formats.ooxml.equations import EQUATION, EQUATIONS, equation_text
from files_api_mcp.backends.documents.formats.ooxml.graphics import Graphics
from files_api_mcp.backends.documents.formats.ooxml.names import MARKUP, RELATIONSHIPS
from files_api_mcp.backends.documents.formats.ooxml.package import Package, alternative
from files_api_mcp.backends.documents.headings import split_number
from files_api_mcp.backends.documents.marks import Heading, Hidden, Line
from files_api_mcp.backends.documents.tables.lined_rows import LinedRow, table_lines

__all__ = ["Shared", "Story"]

_PARAGRAPH, _TABLE, _PROPERTIES, _STYLE = f"{W}p", f"{W}tbl", f"{W}pPr", f"{W}pStyle"
_VALUE = f"{W}val"
_LEFT_OUT = DELETED | {f"{W}sectPr", f"{W}sdtPr", f"{W}tblPr", f"{W}tcPr"}
_HIGHEST_MARK = 6
_ROWS_COMPARED = 2


@dataclass
class Shared:
    """What the stories of a document share. `level` is that of the heading that the text stands under."""

    package: Package
    styles: Styles
    numbering: Numbering
    notes: Notes
    graphics: Graphics
    chunks: Chunks
    level: int = 0


@dataclass
class _Paragraph:
    """A paragraph as it is shown: its marks, and its text with the number before it."""

    runs: Runs
    label: Label | None
    level: int
    marks: list[Line] = field(default_factory=list[Line])

    @property
    def text(self) -> str:
        label = self.label.text if self.label else ""
        return f"{label} {self.runs.text}".strip()


class Story:
    """Reads one part."""

    def __init__(self, shared: Shared, part: str) -> None:
        self._shared = shared
        self._part = part
        self._relationships = shared.package.relationships(part)

    def blocks(self, parent: Element) -> Iterator[Line]:
        """Lines of the paragraphs and tables in an element."""
        for child in parent:
            yield from self.block(child)

    def block(self, element: Element) -> Iterator[Line]:
        """Lines of a paragraph, a table, or what an element contains of them."""
        tag = element.tag
        if tag == _PARAGRAPH:
            yield from self._lines(self._paragraph(element))
        elif tag == _TABLE:
            yield from self._table(element)
        elif tag == f"{W}altChunk":
            yield from self._chunk(element)
        elif tag in (EQUATION, EQUATIONS):
            yield f"{equation_text(element)}\n"
        elif tag == f"{MARKUP}AlternateContent":
            chosen = alternative(element)
            yield from self.blocks(chosen) if chosen is not None else ()
        elif tag not in _LEFT_OUT:
            yield from self.blocks(element)

    def _paragraph(self, element: Element) -> _Paragraph:
        shared = self._shared
        properties = element.find(_PROPERTIES)
        named = properties.find(_STYLE) if properties is not None else None
        style = shared.styles.paragraph(named.get(_VALUE) if named is not None else None)
        label = shared.numbering.next(*numbering_of(properties), style)
        direct = outline_level(properties)
        runs = Runs(element, self._relationships, shared.styles, is_hidden=style.is_hidden)
        paragraph = _Paragraph(runs, label, style.level if direct is None else direct)
        self._mark(paragraph)
        return paragraph

    def _mark(self, paragraph: _Paragraph) -> None:
        """Add the mark of a heading, or of a clause that has a number and stands below the last heading."""
        number = paragraph.label.number if paragraph.label else None
        title = paragraph.runs.text
        if not title:
            return
        if paragraph.level:
            self._shared.level = paragraph.level
            typed, bare = (number, title) if number else split_number(title)
            paragraph.marks.append(Heading(paragraph.level, bare, typed))
        elif number and paragraph.label:
            paragraph.marks.append(Heading(self._shared.level + 1 + paragraph.label.level, "", number))

    def _lines(self, paragraph: _Paragraph) -> Iterator[Line]:
        if paragraph.runs.text:
            yield from paragraph.marks
            level = min(paragraph.level, _HIGHEST_MARK)
            yield f"{'#' * level} {paragraph.text}\n" if level else f"{paragraph.text}\n"
        if paragraph.runs.hidden:
            yield Hidden("hidden text")
            yield f"[hidden text] {paragraph.runs.hidden}\n"
            yield Hidden(None)
        for aside in paragraph.runs.asides:
            yield from self._aside(aside)

    def _aside(self, aside: Aside) -> Iterator[Line]:
        shared = self._shared
        if aside.element is None:
            yield from shared.notes.lines(aside.kind, aside.id, self._note)
        elif aside.kind == "graphic":
            yield from (f"{line}\n" for line in shared.graphics.lines(self._part, aside.element))
        else:
            yield from self.blocks(aside.element)

    def _note(self, part: str, note: Element) -> Iterator[Line]:
        yield from Story(self._shared, part).blocks(note)

    def _chunk(self, element: Element) -> Iterator[Line]:
        found = self._relationships.get(element.get(f"{RELATIONSHIPS}id", ""))
        yield from self._shared.chunks.lines(found.target if found is not None and not found.is_external else "")

    def _table(self, table: Element) -> Iterator[Line]:
        yield from table_lines(self._rows(table))

    def _rows(self, table: Element) -> Iterator[LinedRow]:
        has_first_row = self._shared.styles.has_first_row(style_of(table))
        above: dict[int, str] = {}
        for number, row in enumerate(rows(table)):
            is_styled = number == 0 and has_first_row and row.may_be_header
            read = ReadRow(row, above, is_apart=is_styled or (number < _ROWS_COMPARED and is_set_apart(row)))
            later: list[Iterator[Line]] = []
            for cell in cells(row):
                read.add(cell, " ".join(self._cell(cell.element, read.marks, later)))
            fault = None
            try:
                for lines in later:
                    read.later += lines
            except RecursionError as exc:
                fault = exc
            yield read.lined()
            if fault:
                raise fault

    def _cell(self, parent: Element, marks: list[Line], later: list[Iterator[Line]]) -> Iterator[str]:
        for child in parent:
            if child.tag == _PARAGRAPH:
                paragraph = self._paragraph(child)
                marks += paragraph.marks
                if text := paragraph.text:
                    yield text
                if hidden := paragraph.runs.hidden:
                    yield f"[hidden text] {hidden}"
                later += [self._aside(aside) for aside in paragraph.runs.asides]
            elif child.tag == _TABLE:
                later.append(self._table(child))
            elif child.tag == f"{W}altChunk":
                later.append(self._chunk(child))
            elif child.tag == f"{MARKUP}AlternateContent":
                chosen = alternative(child)
                yield from self._cell(chosen, marks, later) if chosen is not None else ()
            elif child.tag not in _LEFT_OUT:
                yield from self._cell(child, marks, later)
