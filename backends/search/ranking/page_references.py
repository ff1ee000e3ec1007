"""Pages that a question names: "page 12", "slides 3-5", "the second page", "last page", "page iv"."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

__all__ = ["labels_named", "pages_labelled", "pages_named"]

_ONES = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
_CARDINALS = {word: number for number, word in enumerate(_ONES.split(), start=1)}
_FIRSTS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
_ORDINALS = {word: number for number, word in enumerate(_FIRSTS.split(), start=1)}
_PAGE = r"(?:pages?|slides?|pg|pp?\.|seiten?|p[aá]ginas?|pagin[ae]|стр\w*)"
_NUMBER = rf"(?:\d{{1,5}}|{'|'.join(_CARDINALS)})"
_BEFORE = re.compile(
    rf"\b{_PAGE}\s*+(?:(?:number|no\.?|#)\s*+)?({_NUMBER}(?:\s*(?:-|\u2013|to|through|and|,|&|bis|und|y)\s*{_NUMBER})*)\b",
    re.IGNORECASE,
)
_AFTER = re.compile(rf"\b(\d{{1,5}}(?:st|nd|rd|th)|{'|'.join(_ORDINALS)}|last)\s+(?:\w+\s+)?{_PAGE}\b", re.IGNORECASE)
_CHINESE = re.compile(r"\u7b2c\s*(\d{1,5})\s*[\u9875\u9801]")
_RANGE = re.compile(rf"({_NUMBER})\s*(?:-|\u2013|to|through|bis)\s*({_NUMBER})", re.IGNORECASE)
_ANY = re.compile(_NUMBER, re.IGNORECASE)
_LABELLED = re.compile(
    r"\b(?:page|slide|pg|p\.|seite|p[aá]gina|стр\w*)\s+(?:number\s+|no\.?\s*|#)?[\"'\u201c\u201e]?([^\W_][\w./-]{0,39})",
    re.IGNORECASE,
)
_WORDS = frozenset({"a", "A", "I"})
_MOST = 50
_NONE: Mapping[str, int] = MappingProxyType({})


def labels_named(question: str) -> list[str]:
    """Words of the question that may be page labels: those after "page"."""
    found = (label.rstrip("./-") for label in _LABELLED.findall(question))
    return list(dict.fromkeys(label for label in found if label not in _WORDS))


def pages_labelled(labels: Mapping[int, str], wanted: Sequence[str]) -> dict[str, int]:
    """The pages with the wanted labels, ignoring case. Labels of several pages are left out."""
    pages: dict[str, list[int]] = {}
    for page, label in labels.items():
        pages.setdefault(label.lower(), []).append(page)
    found = {label: pages.get(label.lower(), []) for label in wanted}
    return {label: held[0] for label, held in found.items() if len(held) == 1}


def pages_named(question: str, pages: int | None, labelled: Mapping[str, int] = _NONE) -> frozenset[int]:
    """The 1-based pages that the question names, in a document with `pages` pages; empty if it has no pages.

    `labelled` maps the document's labels among the question's `labels_named` to pages. A label that is also a page
    number means the page with that number.
    """
    if not pages:
        return frozenset()
    named = {label: page for label, page in labelled.items() if not (label.isdecimal() and 1 <= int(label) <= pages)}
    return _numbered(_LABELLED.sub(lambda one: _without(one, named), question), pages) | {*named.values()}


def _without(match: re.Match[str], named: Mapping[str, int]) -> str:
    """Blank out a label, which may look like a range of pages."""
    return " " if match[1].rstrip("./-") in named else match[0]


def _numbered(question: str, pages: int) -> frozenset[int]:
    found: set[int] = set()
    for match in _BEFORE.finditer(question):
        for first, last in _RANGE.findall(match[1]):
            found.update(range(_number(first), min(_number(last), _number(first) + _MOST) + 1))
        found.update(_number(text) for text in _ANY.findall(match[1]))
    found.update(pages if one[1].lower() == "last" else _ordinal(one[1]) for one in _AFTER.finditer(question))
    found.update(int(one[1]) for one in _CHINESE.finditer(question))
    return frozenset(number for number in found if 1 <= number <= pages)


def _number(text: str) -> int:
    return int(text) if text.isdigit() else _CARDINALS[text.lower()]


def _ordinal(text: str) -> int:
    return int(text[:-2]) if text[0].isdigit() else _ORDINALS[text.lower()]
