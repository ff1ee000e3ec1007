"""Tokens of number formats: places for digits, parts of dates, and the texts between them."""

import re
from collections.abc import Iterator

__all__ = ["LITERALS", "Token", "sections_of"]

LITERALS = ("quoted", "escaped", "symbol", "literal")
"""Kinds of tokens that are shown as they are."""

_TOKEN = re.compile(
    r"""
    "(?P<quoted>[^"]*)"? | \\(?P<escaped>.) | _(?P<blank>.) | \*(?P<filler>.)
    | \[\$(?P<symbol>[^\[\]-]*)(?:-[^\[\]]*)?\] | \[(?P<condition>(?:[<>]=?|=|<>)-?[0-9.]+)\]
    | (?P<elapsed>\[(?:h+|m+|s+)\]) | \[[^\[\]]*\]
    | (?P<general>General|Standard) | (?P<half>AM/PM|A/P|上午/下午) | (?P<exponent>E[+-])
    | (?P<date>y+|m+|d+|h+|s+|e+|b+|g+)
    | (?P<digits>[0#?][0#?,]*) | (?P<mark>[.,%/@]) | (?P<literal>.)
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)

Token = tuple[str, str]
"""The kind and the text."""


def sections_of(code: str) -> Iterator[tuple[Token, ...]]:
    """The tokens of each section of a format's code."""
    tokens: list[Token] = []
    for found in _TOKEN.finditer(code):
        kind = found.lastgroup
        if kind == "literal" and found["literal"] == ";":
            yield tuple(tokens)
            tokens = []
        elif kind is not None:
            tokens.append((kind, found[kind]))
    yield tuple(tokens)
