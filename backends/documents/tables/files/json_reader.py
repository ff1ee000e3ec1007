"""Reads JSON value by value, and finds the arrays of objects in it."""

import json
import re
from collections.abc import Iterator
from typing import Any

__all__ = ["JsonReader"]

_DEPTH = 4
"""Of objects around an array."""
_BLANKS = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


class JsonReader:
    """Reads a text from an offset on, which is `at`.

    Methods raise ValueError if it is no JSON, and RecursionError if it is nested too deeply.
    """

    def __init__(self, text: str, at: int = 0) -> None:
        self._text = text
        self.at = at

    def arrays(self, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        """The keys that lead to each array in objects. `at` is its offset; to go on, it is to be moved to its end."""
        mark = self._next()
        if mark == "[":
            yield path
        elif mark != "{" or len(path) == _DEPTH:
            self.value()
        elif self._is_open("{", "}"):
            while True:
                key = self.value()
                self._take(":")
                yield from self.arrays((*path, str(key)))
                if self._next() != ",":
                    break
                self._take(",")
            self._take("}")

    def elements(self) -> Iterator[Any]:
        """The elements of the array that starts here. At the end `at` is after it."""
        if not self._is_open("[", "]"):
            return
        while True:
            yield self.value()
            if self._next() != ",":
                break
            self._take(",")
        self._take("]")

    def value(self) -> Any:
        """The next value."""
        self._next()
        found, self.at = _DECODER.raw_decode(self._text, self.at)
        return found

    def _is_open(self, first: str, last: str) -> bool:
        """Take the first mark, and the last one if it follows."""
        self._take(first)
        is_empty = self._next() == last
        if is_empty:
            self._take(last)
        return not is_empty

    def _next(self) -> str:
        """The next character that is not blank; "" at the end."""
        found = _BLANKS.match(self._text, self.at)
        self.at = found.end() if found else self.at
        return self._text[self.at : self.at + 1]

    def _take(self, mark: str) -> None:
        if self._next() != mark:
            raise ValueError(f"no {mark!r}")
        self.at += 1
