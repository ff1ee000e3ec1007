"""Runs: the text of a paragraph, with its links, fields, symbols and equations."""

import re
from collections.abc import Callable, Iterator
from typing import ClassVar, NamedTuple
from xml.etree.ElementTree import Element

from files_api_mcp.backends.documents.formats.docx.styles import Styles, W, is_on
from files_api_mcp.backends.documents.formats.ooxml.equations import EQUATION, EQUATIONS, equation_text
from files_api_mcp.backends.documents.formats.ooxml.graphics import GRAPHICS, description
from files_api_mcp.backends.documents.formats.ooxml.names import MARKUP, RELATIONSHIPS
from files_api_mcp.backends.documents.formats.ooxml.package import Relationship, alternative
from files_api_mcp.backends.documents.formats.ooxml.symbols import PRIVATE, shown_symbols

__all__ = ["DELETED", "Aside", "Runs"]

_VML = "{urn:schemas-microsoft-com:vml}"
_PICTURE = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
_HYPERLINK_FIELD = re.compile(r"\s*HYPERLINK\s+(?:\"([^\"]*)\"|([^\s\"\\]\S*))", re.IGNORECASE)
_CHARACTER_CODE = re.compile("[0-9A-Fa-f]{2,4}")
_LONGEST_ADDRESS = 1000
_LONGEST_FIELD = 4000
_MOST_NESTED = 20

DELETED = frozenset({f"{W}del", f"{W}moveFrom", f"{W}delText", f"{W}delInstrText"})
"""What tracked changes take away."""

_LEFT_OUT = DELETED | {f"{W}pPr", f"{W}rPr", f"{W}sdtPr", f"{W}sdtEndPr", f"{W}rt", f"{W}softHyphen", f"{W}rubyPr"}
_NOTES = {f"{W}footnoteReference": "footnote", f"{W}endnoteReference": "endnote", f"{W}commentReference": "comment"}
_SPACES = frozenset({f"{W}tab", f"{W}ptab", f"{W}br", f"{W}cr"})


class Aside(NamedTuple):
    """What a paragraph refers to or holds beside its own text.

    `kind` is "text box", "graphic", "footnote", "endnote" or "comment". A note has an id, the others an element.
    """

    kind: str
    element: Element | None = None
    id: str = ""


class _Field:
    """A field whose end was not reached."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.code = ""


class Runs:
    """The text of one paragraph.

    `hidden` is its hidden text, `asides` are the notes, text boxes and graphics that are anchored in it.
    """

    def __init__(
        self, paragraph: Element, relationships: dict[str, Relationship], styles: Styles, *, is_hidden: bool = False
    ) -> None:
        self._relationships = relationships
        self._styles = styles
        self._shown: list[str] = []
        self._hidden: list[str] = []
        self._readings: list[str] = []
        self._out = self._hidden if is_hidden else self._shown
        self._fields: list[_Field] = []
        self.asides: list[Aside] = []
        self._add(paragraph)

    @property
    def text(self) -> str:
        text = "".join(self._shown).replace("\n", " ").strip()
        return f"{text} ({''.join(self._readings)})" if self._readings else text

    @property
    def hidden(self) -> str:
        return "".join(self._hidden).replace("\n", " ").strip()

    def _add(self, parent: Element) -> None:
        for child in parent:
            tag = child.tag
            if tag == _RUN:
                self._run(child)
            elif tag == _TEXT:
                self._out.append(_text(child, parent))
            elif tag in _SPACES:
                self._out.append(" ")
            elif tag not in _LEFT_OUT:
                handler = self._HANDLERS.get(tag)
                handler(self, child) if handler else self._add(child)

    def _run(self, run: Element) -> None:
        properties = run.find(_PROPERTIES)
        is_hidden = properties is not None and self._is_hidden(properties)
        before = self._out
        self._out = self._hidden if is_hidden else before
        self._add(run)
        self._out = before

    def _is_hidden(self, properties: Element) -> bool:
        for one in properties:
            if one.tag == _VANISH:
                return is_on(one)
            if one.tag == _RUN_STYLE and self._styles.is_hidden(one.get(_VALUE, "")):
                return True
        return False

    def _symbol(self, element: Element) -> None:
        code = element.get(f"{W}char", "")
        if _CHARACTER_CODE.fullmatch(code):
            shown = shown_symbols(chr(int(code, 16)), element.get(f"{W}font", ""))
            self._out.append("" if PRIVATE.match(shown) or "\ud800" <= shown < "\ue000" else shown)

    def _hyphen(self, _: Element) -> None:
        self._out.append("-")

    def _equation(self, element: Element) -> None:
        self._out.append(equation_text(element))

    def _equations(self, element: Element) -> None:
        self._out.append(" ".join(equation_text(one) for one in element.iter(EQUATION)))

    def _ruby(self, element: Element) -> None:
        self._readings += [part.text or "" for reading in element.iter(f"{W}rt") for part in reading.iter(_TEXT)]
        self._add(element)

    def _alternatives(self, element: Element) -> None:
        chosen = alternative(element)
        if chosen is not None:
            self._add(chosen)

    def _note(self, element: Element) -> None:
        self.asides.append(Aside(_NOTES[element.tag], id=element.get(f"{W}id", "")))

    def _link(self, element: Element) -> None:
        start = len(self._out)
        self._add(element)
        target = self._relationships.get(element.get(f"{RELATIONSHIPS}id", ""))
        if target is not None and target.is_external:
            self._address(start, target.target)

    def _simple_field(self, element: Element) -> None:
        start = len(self._out)
        self._add(element)
        self._address(start, _field_address(element.get(f"{W}instr", "")))

    def _field(self, element: Element) -> None:
        kind = element.get(f"{W}fldCharType")
        if kind == "begin":
            self._fields.append(_Field(len(self._out)))
            self._out.append(_form_value(element))
        elif kind == "end" and self._fields:
            field = self._fields.pop()
            if len(self._fields) < _MOST_NESTED:
                self._address(field.start, _field_address(field.code))

    def _field_code(self, element: Element) -> None:
        if self._fields and len(self._fields[-1].code) < _LONGEST_FIELD:
            self._fields[-1].code += element.text or ""

    def _address(self, start: int, address: str) -> None:
        """Add the address of the link whose text starts there, unless the text contains it."""
        plain = address.removeprefix("mailto:").strip()
        text = "".join(self._out[start:])
        if plain and len(plain) <= _LONGEST_ADDRESS and plain.rstrip("/") not in text:
            words = text.rstrip()
            self._out[start:] = [f"{words} ({plain}){text[len(words) :]}"]

    def _drawing(self, element: Element) -> None:
        """A picture, text box, chart or diagram, in any of the formats that Word has had for them."""
        is_text_box = next(element.iter(_BOX), None) is not None
        for shape in _shapes(element):
            if shape.tag == _BOX:
                self.asides.append(Aside("text box", shape))
            elif shape.tag in GRAPHICS:
                self.asides.append(Aside("graphic", shape))
            elif shape.tag == f"{_VML}textpath":
                self._out.append(f" {shape.get('string', '')} ")
            elif not is_text_box and (text := _description(shape)):
                self._out.append(f" [Picture: {text}] ")

    _HANDLERS: ClassVar[dict[str, Callable[["Runs", Element], None]]] = {
        f"{W}sym": _symbol,
        f"{W}noBreakHyphen": _hyphen,
        f"{W}ruby": _ruby,
        f"{W}hyperlink": _link,
        f"{W}fldSimple": _simple_field,
        f"{W}fldChar": _field,
        f"{W}instrText": _field_code,
        f"{W}drawing": _drawing,
        f"{W}pict": _drawing,
        f"{W}object": _drawing,
        f"{MARKUP}AlternateContent": _alternatives,
        EQUATION: _equation,
        EQUATIONS: _equations,
        **dict.fromkeys(_NOTES, _note),
    }


_RUN, _TEXT, _PROPERTIES, _VALUE = f"{W}r", f"{W}t", f"{W}rPr", f"{W}val"
_VANISH, _RUN_STYLE = f"{W}vanish", f"{W}rStyle"
_BOX = f"{W}txbxContent"


def _text(element: Element, run: Element) -> str:
    text = element.text or ""
    if text.isascii():
        return text
    fonts = run.find(f"{_PROPERTIES}/{W}rFonts") if PRIVATE.search(text) else None
    if fonts is not None:
        font = fonts.get(f"{W}ascii") or fonts.get(f"{W}hAnsi") or ""
        text = PRIVATE.sub(lambda letter: shown_symbols(letter[0], font), text)
    return text.replace("\xad", "")


def _shapes(drawing: Element) -> Iterator[Element]:
    """The elements of a drawing in their order, without those in its text boxes."""
    waiting = [drawing]
    while waiting:
        one = waiting.pop()
        if one.tag == f"{MARKUP}AlternateContent":
            chosen = alternative(one)
            waiting += [chosen] if chosen is not None else []
            continue
        yield one
        if one.tag != _BOX:
            waiting += reversed(one)


def _description(shape: Element) -> str:
    return description(shape) if shape.tag == _PICTURE else " ".join(shape.get("alt", "").split())


def _field_address(code: str) -> str:
    found = _HYPERLINK_FIELD.match(code)
    return (found[1] or found[2] or "") if found else ""


def _form_value(begin: Element) -> str:
    """What a check box or drop-down list of an old form shows."""
    box = begin.find(f"{W}ffData/{W}checkBox")
    if box is not None:
        checked = box.find(f"{W}checked")
        return "☒" if is_on(checked if checked is not None else box.find(f"{W}default")) else "☐"
    entries = begin.findall(f"{W}ffData/{W}ddList/{W}listEntry")
    chosen = begin.find(f"{W}ffData/{W}ddList/{W}result")
    number = chosen.get(f"{W}val", "0") if chosen is not None else "0"
    if number.isascii() and number.isdigit() and len(number) < 5 and int(number) < len(entries):
        return entries[int(number)].get(f"{W}val", "")
    return ""
