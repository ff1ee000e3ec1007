"""The words that every match of a regular expression holds."""

import re
from collections.abc import Iterable
from functools import partial
from typing import Any

from files_api_mcp.backends.search.find.folding import fold
from files_api_mcp.backends.search.find.plan import AllOf, AnyOf, Plan, words_of

__all__ = ["literal_plan"]

_parser: Any = re._parser  # type: ignore[attr-defined]  # noqa: SLF001  it says what a pattern holds, and has no types
_WARNED = ("[[", "[:", "[^[", "--", "&&", "~~", "||")
"""Parts of classes, such as [[:alpha:]], that RE2 reads otherwise or that Python warns of."""


def literal_plan(pattern: str) -> Plan:
    """The plan for a regular expression: nothing for one that Python reads in another way than RE2."""
    if any(mark in pattern for mark in _WARNED):
        return AllOf(())
    try:
        return _sequence(_parser.parse(pattern))
    except (re.error, RecursionError, OverflowError, ValueError):
        return AllOf(())


def _sequence(nodes: Iterable[tuple[Any, Any]]) -> AllOf:
    parts: list[Plan] = []
    literal = ""
    for kind, value in nodes:
        if kind is _parser.LITERAL:
            literal += chr(value)
            continue
        parts += _words(literal)
        literal = ""
        read = _READ.get(str(kind))
        if read is not None:
            parts.append(read(value))
    return AllOf((*parts, *_words(literal)))


def _words(literal: str) -> tuple[Plan, ...]:
    return words_of(fold(literal, exact=False).text).parts


def _alternatives(value: Any) -> Plan:
    return AnyOf(tuple(map(_sequence, value[1])))


def _group(at: int, value: Any) -> Plan:
    return _sequence(value[at])


def _repeated(value: Any) -> Plan:
    least, _, repeated = value
    return _sequence(repeated) if least else AllOf(())


_READ = {
    "SUBPATTERN": partial(_group, -1),
    "BRANCH": _alternatives,
    "MAX_REPEAT": _repeated,
    "MIN_REPEAT": _repeated,
}
"""The kinds of nodes that hold words. All others say nothing of them."""
