"""The parts of each SELECT in a statement."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from files_api_mcp.backends.documents.tables.sql.tokens import Token

__all__ = ["Columns", "Select", "Source", "selects", "with_names"]

Columns = Callable[[str], Sequence[str] | None]
"""The columns of the document's table with this name; None if there is no such table."""

_COMPOUNDS = {"UNION", "INTERSECT", "EXCEPT"}
_AFTER_FROM = _COMPOUNDS | {"WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT"}
_AFTER_SOURCE = {"ON", "USING", "JOIN", "LEFT", "RIGHT", "FULL", "INNER", "CROSS", "NATURAL", "OUTER", "INDEXED", "NOT"}
_BEFORE_STAR = {"SELECT", "DISTINCT", "ALL"}


class Source(NamedTuple):
    """A table in a FROM, by the name that it has there. One without `columns` is no table of the document."""

    name: str
    columns: Sequence[str] | None


class Select:
    """A SELECT among the tokens of its statement. `own` are the positions of its tokens outside of parentheses, `words`
    those of them that are words, and `end` is the position after its last token."""

    def __init__(self, statement: Sequence[Token], start: int) -> None:
        self._tokens = statement
        self.start = start
        self.depth = statement[start].depth
        self.end = next((at for at in range(start + 1, len(statement)) if self._is_end(statement[at])), len(statement))
        self.own = [at for at in range(start + 1, self.end) if statement[at].depth == self.depth]
        self.words = {statement[at].word for at in self.own}
        self.from_at = next((at for at in self.own if self._is_from(at)), self.end)

    def _is_end(self, token: Token) -> bool:
        ends = token.text == ";" or token.word in _COMPOUNDS
        return token.depth < self.depth or (ends and token.depth == self.depth)

    def _is_from(self, at: int) -> bool:
        # `a IS DISTINCT FROM b` compares.
        return self._tokens[at].word == "FROM" and self._tokens[at - 1].word != "DISTINCT"

    def columns_listed(self) -> Iterator[int]:
        """The positions of its tokens between SELECT and FROM, outside of parentheses."""
        return (at for at in self.own if at < self.from_at)

    def stars(self) -> Iterator[int]:
        """The positions of each `*` that stands for columns."""
        for at in self.columns_listed():
            before = self._tokens[at - 1]
            if self._tokens[at].text == "*" and (before.word in _BEFORE_STAR or before.text in (",", ".")):
                yield at

    def sources(self, columns: Columns) -> list[Source]:
        """The tables in its FROM."""
        found: list[Source] = []
        for at in self.own:
            token = self._tokens[at]
            if at > self.from_at and token.word in _AFTER_FROM:
                break
            if at == self.from_at or (at > self.from_at and (token.text == "," or token.word == "JOIN")):
                found.append(self._source(at + 1, columns))
        return found

    def _source(self, at: int, columns: Columns) -> Source:
        name = self._name(at)
        if name is None or self._text(at + 1) in (".", "("):
            return Source("", None)
        at += 2 if self._text(at + 1).upper() == "AS" else 1
        return Source(self._name(at) or name, columns(name))

    def _name(self, at: int) -> str | None:
        if at >= self.end or self._tokens[at].word in _AFTER_FROM | _AFTER_SOURCE:
            return None
        return self._tokens[at].name

    def _text(self, at: int) -> str:
        return self._tokens[at].text if at < self.end else ""


def selects(statement: Sequence[Token]) -> list[Select]:
    """All SELECTs of a statement, those in parentheses too."""
    return [Select(statement, at) for at, token in enumerate(statement) if token.word == "SELECT"]


def with_names(statement: Sequence[Token]) -> set[str]:
    """The names, in lower case, that a statement gives to tables of its own: `WITH name (columns) AS (...)`."""
    found: set[str] = set()
    for at, token in enumerate(statement):
        if token.word != "AS" or at == 0 or not _opens(statement, at + 1):
            continue
        before = at - 1
        if statement[before].text == ")":
            depth = statement[before].depth
            opening = (one for one in range(before - 1, -1, -1) if statement[one].depth == depth)
            before = next(opening, 0) - 1
        found.add((statement[max(before, 0)].name or "").lower())
    return found


def _opens(statement: Sequence[Token], at: int) -> bool:
    """Whether a parenthesis opens here, perhaps after NOT MATERIALIZED."""
    while at < len(statement) and statement[at].word in ("NOT", "MATERIALIZED"):
        at += 1
    return at < len(statement) and statement[at].text == "("
