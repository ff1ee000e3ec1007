"""Git's wildcard patterns as regular expressions that never backtrack.

The rules are those of git's `wildmatch`: `*`, `?` and `[..]` match within one name, and `**` between slashes matches
any number of folders. Git compares bytes, and so does this module.
"""

import re
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = ["FullMatch", "compiled", "literal_length"]

FullMatch = Callable[..., re.Match[bytes] | None]

_SPECIAL = b"*?[\\"
_SLASH, _STAR, _BACKSLASH, _BRACKET = b"/*\\["
_WITHIN_NAME = rb"[^/]*?"
# The shortest run of folders after which the rest matches; at least one folder if the slash is escaped.
_FOLDERS, _SOME_FOLDERS, _ANYTHING = rb"(?:[^/]*+/)*?", rb"(?:[^/]*+/)+?", rb".*+"
_NEVER = b"(?!)"
_PRINTABLE = frozenset(range(0x20, 0x7F))
_CLASSES = {
    b"alnum": frozenset(f"{string.ascii_letters}{string.digits}".encode()),
    b"alpha": frozenset(string.ascii_letters.encode()),
    b"blank": frozenset(b" \t"),
    b"cntrl": frozenset({*range(0x20), 0x7F}),
    b"digit": frozenset(string.digits.encode()),
    b"graph": _PRINTABLE - {0x20},
    b"lower": frozenset(string.ascii_lowercase.encode()),
    b"print": _PRINTABLE,
    b"punct": frozenset(string.punctuation.encode()),
    b"space": frozenset(b" \t\n\r"),
    b"upper": frozenset(string.ascii_uppercase.encode()),
    b"xdigit": frozenset(string.hexdigits.encode()),
}


class _Malformed(Exception):
    """A valid pattern for git that matches nothing."""


@dataclass(frozen=True, slots=True)
class _Token:
    """One wildcard or one byte of a pattern. `wild` is the expression of a `*` or `**`, empty for all else."""

    source: bytes = b""
    wild: bytes = b""


def compiled(pattern: bytes) -> tuple[FullMatch, int]:
    """The `fullmatch` of a pattern, and how many bytes its longest piece has after a wildcard.

    A wildcard takes as little as it can and never gives it back. That is enough: the piece up to the next wildcard
    cannot match better further on. So a match takes at most the text's length times the longest piece's.
    """
    try:
        tokens = list(_tokens(pattern))
    except _Malformed:
        tokens = [_Token(_NEVER)]
    pieces = "".join("*" if token.wild else "." for token in tokens).split("*")
    return re.compile(_expression(tokens), re.DOTALL).fullmatch, max(map(len, pieces[1:]), default=0)


def literal_length(pattern: bytes) -> int:
    """The number of bytes before the first special byte."""
    return next((index for index, byte in enumerate(pattern) if byte in _SPECIAL), len(pattern))


def _expression(tokens: list[_Token]) -> bytes:
    """An atomic group for each `**`, and in it one for each `*`, from the wildcard to the next of its kind."""
    source: list[bytes] = []
    in_name = in_folders = 0
    for token in tokens:
        if token.wild:
            source.append(b")" * in_name)
            in_name = 0
        if token.wild in (_FOLDERS, _SOME_FOLDERS, _ANYTHING):
            source.append(b")" * in_folders + b"(?>" + token.wild)
            in_folders = 1
        elif token.wild:
            source.append(b"(?>" + token.wild)
            in_name = 1
        else:
            source.append(token.source)
    return b"".join([*source, rb"\Z", b")" * (in_name + in_folders)])


def _tokens(pattern: bytes) -> Iterator[_Token]:
    index, last = 0, _Token()
    while index < len(pattern):
        token, index = _token(pattern, index)
        # A second `**/` adds nothing to the first.
        if not (token.wild == last.wild == _FOLDERS):
            yield token
        last = token


def _token(pattern: bytes, index: int) -> tuple[_Token, int]:
    """The token at an index, and the index of the next one."""
    byte = pattern[index]
    if byte == _STAR:
        return _stars(pattern, index)
    if byte == _BRACKET:
        return _bracket(pattern, index + 1)
    if byte == ord("?"):
        return _Token(b"[^/]"), index + 1
    if byte == _BACKSLASH:
        index += 1
        if index == len(pattern):
            raise _Malformed
    return _Token(re.escape(pattern[index : index + 1])), index + 1


def _stars(pattern: bytes, start: int) -> tuple[_Token, int]:
    end = start
    while end < len(pattern) and pattern[end] == _STAR:
        end += 1
    after_slash = start == 0 or pattern[start - 1] == _SLASH
    if end - start > 1 and after_slash:
        if end == len(pattern):
            return _Token(wild=_ANYTHING), end
        if pattern[end] == _SLASH:
            return _Token(wild=_FOLDERS), end + 1
        if pattern.startswith(b"\\/", end):
            return _Token(wild=_SOME_FOLDERS), end + 2
    return _Token(wild=_WITHIN_NAME), end


def _bracket(pattern: bytes, index: int) -> tuple[_Token, int]:
    """The set that begins at an index, after its bracket."""
    negated = pattern[index : index + 1] in (b"!", b"^")
    index += negated
    members: set[int] = set()
    previous, first = 0, True
    while first or pattern[index : index + 1] != b"]":
        found, previous, index = _member(pattern, index, previous)
        members |= found
        first = False
    # A slash is never matched by a set.
    members = set(range(256)) - members - {_SLASH} if negated else members - {_SLASH}
    return _Token(_set(members)), index + 1


def _member(pattern: bytes, index: int, previous: int) -> tuple[frozenset[int], int, int]:
    """The members that one item of a set adds, the first byte of a possible range, and the index of the next item."""
    byte = _at(pattern, index)
    if byte == _BACKSLASH:
        byte = _at(pattern, index + 1)
        return frozenset({byte}), byte, index + 2
    if byte == ord("-") and previous and pattern[index + 1 : index + 2] not in (b"", b"]"):
        index += 1 + (pattern[index + 1] == _BACKSLASH)
        return frozenset(range(previous, _at(pattern, index) + 1)), 0, index + 1
    if pattern.startswith(b"[:", index):
        end = pattern.find(b"]", index + 2)
        if end < 0:
            raise _Malformed
        if end > index + 2 and pattern[end - 1] == ord(":"):
            return _named(pattern[index + 2 : end - 1]), 0, end + 1
    return frozenset({byte}), byte, index + 1


def _named(name: bytes) -> frozenset[int]:
    if name not in _CLASSES:
        raise _Malformed
    return _CLASSES[name]


def _at(pattern: bytes, index: int) -> int:
    if index >= len(pattern):
        raise _Malformed
    return pattern[index]


def _set(members: set[int]) -> bytes:
    """A set of bytes as an expression that is short whatever the pattern's length."""
    if not members:
        return _NEVER
    return b"[" + b"".join(rb"\x%02x" % byte for byte in sorted(members)) + b"]"
