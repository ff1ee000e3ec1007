"""Equations of Office Open XML (OMML) as a line of text: x=(-b±√(b^2-4ac))/(2a)."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element

from files_api_mcp.backends.documents.formats.ooxml.names import DRAWING, MATH

__all__ = ["EQUATION", "EQUATIONS", "equation_text"]

EQUATION = f"{MATH}oMath"
EQUATIONS = f"{MATH}oMathPara"
_RUN_TEXT = (f"{MATH}t", f"{DRAWING}t", "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}t")
_DEEPEST = 60
_SINGLE = re.compile(r"[\d.,]*|∞|\w[\u2032'\u0300-\u036f]*(?:_\w)?")
_SCRIPT_CHARACTERS = re.compile(r"[\w.,∞\u2032']+")
_LONGEST_SCRIPT = 80
_LONGEST_PROPERTY = 8
_STYLED = re.compile("[\U0001d400-\U0001d7ff]")
_PROPERTIES = ("Pr", "ctrlPr")


def equation_text(element: Element, depth: int = 0) -> str:
    """The text of an equation or of a part of it."""
    if depth > _DEEPEST:
        return "".join(part.text or "" for part in element.iter() if part.tag in _RUN_TEXT)
    text = ""
    for child in element:
        part = _part(child, depth)
        # e^x y, not e^xy
        text += " " + part if part[:1].isalnum() and _ends_in_script(text[-_LONGEST_SCRIPT:]) else part
    return text


def _ends_in_script(text: str) -> bool:
    """Whether a text ends in a subscript or superscript."""
    if text.endswith(")"):
        opening = text.rfind("(")
        return text[opening - 1 : opening] in ("_", "^") and ")" not in text[opening:-1]
    return any(_SCRIPT_CHARACTERS.fullmatch(text, text.rfind(mark) + 1) for mark in "_^" if mark in text)


def _part(element: Element, depth: int) -> str:
    if element.tag in _RUN_TEXT:
        text = element.text or ""
        return _STYLED.sub(lambda letter: unicodedata.normalize("NFKC", letter[0]), text)
    if element.tag == EQUATIONS:
        return " ".join(equation_text(child, depth + 1) for child in element if child.tag == EQUATION)
    name = element.tag.removeprefix(MATH)
    if name.endswith(_PROPERTIES):
        return ""
    made = _MAKERS.get(name)
    return made(_Structure(element, depth)) if made else equation_text(element, depth + 1)


class _Structure:
    """A fraction, a root, a sum or another structure."""

    def __init__(self, element: Element, depth: int) -> None:
        self._element = element
        self._depth = depth

    def __getitem__(self, name: str) -> str:
        """The text of an argument."""
        found = self._element.find(f"{MATH}{name}")
        return equation_text(found, self._depth + 1).strip() if found is not None else ""

    def all(self, name: str) -> Iterator[str]:
        for found in self._element.findall(f"{MATH}{name}"):
            yield equation_text(found, self._depth + 1).strip()

    def rows(self) -> Iterator[str]:
        for row in self._element.findall(f"{MATH}mr"):
            yield ", ".join(_Structure(row, self._depth + 1).all("e"))

    def property(self, name: str, default: str) -> str:
        for properties in self._element:
            if properties.tag.endswith("Pr"):
                found = properties.find(f"{MATH}{name}")
                return default if found is None else found.get(f"{MATH}val", "")[:_LONGEST_PROPERTY]
        return default


def _grouped(text: str) -> str:
    return text if _SINGLE.fullmatch(text) else f"({text})"


def _fraction(of: _Structure) -> str:
    if of.property("type", "bar") == "noBar":
        return f"({of['num']} ¦ {of['den']})"
    return f"{_grouped(of['num'])}/{_grouped(of['den'])}"


def _scripts(of: _Structure) -> str:
    low, high = of["sub"], of["sup"]
    return (f"_{_grouped(low)}" if low else "") + (f"^{_grouped(high)}" if high else "")


def _large_operator(of: _Structure) -> str:
    argument = of["e"]
    return f"{of.property('chr', '∫')}{_scripts(of)} {argument}"


def _root(of: _Structure) -> str:
    degree, argument = of["deg"], of["e"]
    return f"√[{degree}]({argument})" if degree else f"√{_grouped(argument)}"


def _delimited(of: _Structure) -> str:
    inner = of.property("sepChr", "|").join(of.all("e"))
    return f"{of.property('begChr', '(')}{inner}{of.property('endChr', ')')}"


def _function(of: _Structure) -> str:
    name, argument = of["fName"], of["e"]
    return f"{name}{argument}" if argument.startswith("(") else f"{name} {argument}"


def _accent(of: _Structure) -> str:
    argument = of["e"]
    return f"{argument if len(argument) < 2 else _grouped(argument)}{of.property('chr', chr(0x302))}"


_MAKERS: dict[str, Callable[[_Structure], str]] = {
    "f": _fraction,
    "sSup": lambda of: of["e"] + _scripts(of),
    "sSub": lambda of: of["e"] + _scripts(of),
    "sSubSup": lambda of: of["e"] + _scripts(of),
    "sPre": lambda of: _scripts(of) + " " + of["e"],
    "nary": _large_operator,
    "rad": _root,
    "d": _delimited,
    "func": _function,
    "acc": _accent,
    "bar": lambda of: f"{_grouped(of['e'])}\u0305",
    "limLow": lambda of: f"{of['e']}_{_grouped(of['lim'])}",
    "limUpp": lambda of: f"{of['e']}^{_grouped(of['lim'])}",
    "m": lambda of: f"[{'; '.join(of.rows())}]",
    "eqArr": lambda of: "; ".join(of.all("e")),
}
