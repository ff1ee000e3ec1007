"""The tokens of an SQL statement, as SQLite reads it."""

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Token", "quoted", "tokens"]

# An end that is missing is left to SQLite, which says so.
_TOKEN = re.compile(
    r"""
    (?P<string>[xX]?'(?:[^']|'')*+(?:'|\Z))
  | (?P<name>"(?:[^"]|"")*+(?:"|\Z) | `(?:[^`]|``)*+(?:`|\Z) | \[[^\]]*+(?:\]|\Z))
  | (?P<word>[A-Za-z_\x80-\U0010ffff][\w$\x80-\U0010ffff]*+)
  | (?P<number>\d[\w.]*+)
  | (?P<blank>[ \t\n\f\r]++ | --[^\n]*+ | /\*)
  | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_END_OF_COMMENT = "*/"


class Token(NamedTuple):
    """A word, a name in quotes, a string, a number or a sign, without the blanks and comments between them. `depth`
    counts the parentheses around it."""

    kind: str
    text: str
    start: int
    end: int
    depth: int

    @property
    def word(self) -> str:
        """The word in capitals; "" for a token of another kind."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def name(self) -> str | None:
        """The name that a word or a name in quotes stands for; None if it stands for none."""
        if self.kind == "word":
            return self.text
        if self.kind != "name":
            return None
        inner, end = self.text[1:-1], self.text[-1]
        return inner if end == "]" else inner.replace(end * 2, end)


def tokens(sql: str) -> Iterator[Token]:
    """The tokens in their order. A closing parenthesis has the depth of the one that opens."""
    at = depth = 0
    while found := _TOKEN.match(sql, at):
        at = found.end()
        kind, text = str(found.lastgroup), found[0]
        if kind == "blank":
            if text == "/*":
                end = sql.find(_END_OF_COMMENT, at)
                at = len(sql) if end < 0 else end + len(_END_OF_COMMENT)
            continue
        depth -= text == ")"
        yield Token(kind, text, found.start(), at, depth)
        depth += text == "("


def quoted(name: str) -> str:
    """A name in quotes that SQLite never takes for a string, as it does a name in `"` that it does not find."""
    return f"`{name.replace('`', '``')}`"
