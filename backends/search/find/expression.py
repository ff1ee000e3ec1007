"""Regular expressions: RE2's, which take linear time whatever the pattern."""

import re
import unicodedata
from collections.abc import Iterator
from importlib import import_module
from itertools import islice
from typing import Any

from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.search.find.folding import Folded, fold
from files_api_mcp.backends.search.find.literals import literal_plan
from files_api_mcp.backends.search.find.plan import Plan

__all__ = ["Expression"]

_MEMORY = 8 << 20
"""Bytes for a compiled pattern and its tables. RE2 refuses a pattern that needs more."""
_LONGEST_REASON = 100
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


class Expression:
    """Finds a regular expression. `^` and `$` are the start and end of a line, accents count, and so does case if
    `exact`. Characters are compared in the form of `fold`. No match is empty or goes over a page; in a
    document without pages, one that goes over the end of a stored piece is found if it is short."""

    crosses_pages = False
    reach = 2_000

    def __init__(self, pattern: str, *, exact: bool) -> None:
        """Raises InvalidArgument if RE2 does not take the pattern."""
        self._source = _NOT_ASCII.sub(_literal, unicodedata.normalize("NFC", pattern))
        self._compiled = _compiled(self._source, exact=exact)

    @property
    def plan(self) -> Plan:
        """The words that a page with a match holds."""
        return literal_plan(self._source)

    def fold(self, text: str) -> Folded:
        """The form of a text that `spans` takes."""
        return fold(text, exact=True)

    def spans(self, folded: Folded) -> Iterator[tuple[int, int]]:
        """The [start, end) of each match in the text that was folded. They do not overlap."""
        data = folded.text.encode(errors="replace")
        is_ascii = len(data) == len(folded.text)
        done = chars = 0
        for match in self._compiled.finditer(data):
            start, end = match.span()
            if start == end:
                continue
            if is_ascii:
                yield folded.original(start, end)
                continue
            first = chars + len(data[done:start].decode())
            done, chars = end, first + len(data[start:end].decode())
            yield folded.original(first, chars)

    def may_begin(self, page: Folded) -> bool:  # noqa: ARG002  see Phrase
        """Always: only the words of a match say where it may be."""
        return True

    def may_end(self, page: Folded) -> bool:  # noqa: ARG002  see Phrase
        """Always."""
        return True


def _literal(run: re.Match[str]) -> str:
    return "".join(re.escape(one) if one.isascii() else one for one in fold(run[0], exact=True).text)


def _compiled(source: str, *, exact: bool) -> Any:
    library: Any = import_module("re2")  # imported here, as it takes 20 ms; it has no types
    options = library.Options()
    options.max_mem, options.log_errors, options.case_sensitive = _MEMORY, False, exact
    try:
        # Bytes: with a string, RE2's wrapper maps every offset of the text.
        return library.compile(f"(?m){source}".encode(errors="replace"), options)
    except library.error as exc:
        (reason,) = islice(exc.args, 1)
        said = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        told = said.partition(": ")[0][:_LONGEST_REASON]
        raise InvalidArgument(
            f"pattern is not a regular expression of RE2: {told}.", "Correct it, or omit regex to find it as a phrase."
        ) from None
