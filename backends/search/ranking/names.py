"""Proper names in a question: of people, companies, products and years, which another text does not paraphrase."""

import re
from collections.abc import Container, Iterable, Iterator, Sequence

from files_api_mcp.backends.search.ranking.literals import ids_named
from files_api_mcp.backends.search.ranking.query import expand_query, is_phrasing
from files_api_mcp.backends.search.tokenizer import is_english, is_stop_word, terms

__all__ = ["absent_names"]

_WORD = re.compile(r"[^\W_]{2,}")
_PIECE = re.compile(r"[^\W\d_]+|\d+")
_CODE = re.compile(r"[A-Z]\w*[A-Z]|[A-Za-z]\d|\d[A-Za-z]|\d{3}")
"""What no common word has: two capitals, a digit beside a letter, or three digits."""
_UNITS = frozenset("AM PM FY USD EUR GBP YYYY YY MM DD HH".split())
"""Units and forms of an answer."""
_BEGINNING = ".?!:'\"\u2018\u201c\u201e(["


def absent_names(question: str, held: Container[str], filenames: Iterable[str], languages: Sequence[bool]) -> list[str]:
    """The names in a question of which the documents hold no term, nor their filenames. `languages` are those of the
    documents: whether they are English."""
    for one in ids_named(question):
        question = question.replace(one, " ")
    known = {word for name in filenames for word in _pieces(name)}
    return [
        name
        for name in dict.fromkeys(_names(question))
        if known.isdisjoint(_pieces(name))
        and not any(term in held for english in languages for term in terms(name, english=english))
    ]


def _names(question: str) -> Iterator[str]:
    """Words that are written as names are. In a title, and in a language such as German, many other words begin with a
    capital too."""
    found = [(one[0], question[: one.start()].rstrip()) for one in _WORD.finditer(question)]
    capitals = sum(word[0].isupper() for word, _ in found)
    by_capital = 2 * capitals < len(found) and is_english(question)
    for word, before in found:
        inside = before and before[-1] not in _BEGINNING
        if (_CODE.search(word) or (by_capital and inside and word[0].isupper())) and not _is_common(word):
            yield word


def _is_common(word: str) -> bool:
    if word in _UNITS or is_stop_word(word) or is_phrasing(word):
        return True
    return not expand_query(word, english=True).keys() <= {*terms(word, english=True)}  # it has synonyms


def _pieces(name: str) -> list[str]:
    """The letters and the digits of a name, apart."""
    return _PIECE.findall(name.casefold())
