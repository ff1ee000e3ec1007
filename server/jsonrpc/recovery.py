"""Finds the ids of messages in text that is not valid JSON: cut off, nested too deeply, or with invalid parts."""

import json
import re
from dataclasses import dataclass

from mcp.types import RequestId

from files_api_mcp.server.jsonrpc.surrogates import replace_lone_surrogates

__all__ = ["MAX_MESSAGES", "RecoveredId", "recover_ids", "to_id"]

MAX_MESSAGES = 10_000
"""Messages in one text that get their own answer."""

_MAX_TOKENS = 500_000
"""Brackets and strings of one text that are read, so that 4 MiB of them take half a second."""

_NAMES = {b'"id"': "id", b'"method"': "method", b'"result"': "result", b'"error"': "error"}
# Text without brackets, and strings that cannot be one of the names: those have other letters and no escape.
_SKIPPED = rb'(?:[^"{}\[\]]++|"(?!(?:id|method|result|error)")[^"\\]*+")*+'
_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_NUMBER = rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"
_TOKEN = re.compile(rb"(%b)(?:([{\[]++)|([}\]]++)|(%b)|(\"))" % (_SKIPPED, _STRING), re.DOTALL)
# A number at the end of the text may have lost digits, so something must follow it.
_VALUE = re.compile(rb"\s*+:\s*+(?:(%b)|(%b)(?=[\s,}\]]))?" % (_STRING, _NUMBER), re.DOTALL)


@dataclass(slots=True)
class RecoveredId:
    """The id of one message; None if it is not readable. `is_response` means that it names a request of ours."""

    id: RequestId | None = None
    is_response: bool = False


def recover_ids(text: bytes) -> list[RecoveredId]:
    """The ids of the messages in the text: of each outermost object, and of each object directly in an outermost array.

    An id counts if it is complete. If an object has several, the first counts, because less of what is broken comes
    before it. The search ends after MAX_MESSAGES, and after half a million brackets and strings.
    """
    return _Scan(text).messages


def to_id(value: object) -> RequestId | None:
    """The value as an id: a string or an integer, else None. `1.0` is an integer too, because JSON has only numbers."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int) and not isinstance(value, bool) else None


class _Scan:
    """One pass over the text, in time linear to its length."""

    def __init__(self, text: bytes) -> None:
        self.messages: list[RecoveredId] = []
        self._text = text
        self._depth = 0
        self._outermost = b""
        self._message: RecoveredId | None = None
        self._has_method = False
        position = 0
        for _ in range(_MAX_TOKENS):
            found = _TOKEN.match(text, position)
            if found is None or len(self.messages) > MAX_MESSAGES:
                break
            position = found.end()
            skipped, opening, closing, string, _ = found.groups()
            if opening:
                self._open(opening)
            elif closing:
                self._close(len(closing))
            elif not string:
                break  # A string that does not end.
            elif self._depth == self._message_depth and not skipped.rstrip().endswith(b":"):
                position = self._member(string, position)

    @property
    def _message_depth(self) -> int:
        return 1 if self._outermost == b"{" else 2

    def _open(self, brackets: bytes) -> None:
        if self._depth == 0:
            self._outermost = brackets[:1]
            self._message = None
        nearest = self._message_depth - self._depth
        self._depth += len(brackets)
        if 1 <= nearest <= len(brackets) and brackets[nearest - 1 : nearest] == b"{":
            self._message = RecoveredId()
            self._has_method = False
            self.messages.append(self._message)

    def _close(self, count: int) -> None:
        self._depth = max(0, self._depth - count)
        if self._depth < self._message_depth:
            self._message = None

    def _member(self, string: bytes, end: int) -> int:
        """Reads a member of the message if this string is its name; returns where to go on."""
        name = _NAMES.get(string) or (_decoded(string) if b"\\" in string else None)
        value = _VALUE.match(self._text, end)
        if value is None or self._message is None:
            return end
        if name == "id":
            text, number = value.groups()
            if self._message.id is None and (text or number):
                self._message.id = to_id(_decoded(text or number))
            return value.end()
        if name == "method":
            self._has_method = True
            self._message.is_response = False
        elif name in ("result", "error"):
            self._message.is_response = not self._has_method
        return end


def _decoded(token: bytes) -> object:
    """The string or number; None if it is invalid or has too many digits."""
    try:
        value = json.loads(token.decode("utf-8", "replace"))
    except ValueError:
        return None
    return replace_lone_surrogates(value) if isinstance(value, str) else value
