"""What must answer a message. Shares no code with the server: Python's own JSON parser and plain patterns."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NoReturn, cast

__all__ = ["MAX_BYTES", "NULL", "Id", "Owed", "id_of", "owed"]

Id = tuple[str, str | int | None]
"""The type of an id and the id, as 1 and "1" are two; the null id is ("null", None)."""

NULL: Id = ("null", None)
MAX_BYTES = 4 * 1024 * 1024
_DEEP = 190
# Where quotes are missing, candidates overlap.
_CANDIDATE = re.compile(
    rb'(?="(?:id|[^"]{0,12}\\u[^"]{0,20})"\s*:\s*(?:("(?:[^"\\]|\\.)*")|(-?[0-9][0-9.eE+-]*)[\s,}\]]))', re.DOTALL
)
_BROKEN_BYTES = 20_000
"""Bytes of a broken text that are searched. The id comes early in a long one."""


@dataclass
class Owed:
    """Answers to one message: each id in `must` once, each in `may` at most once, and `least` in total."""

    must: list[Id] = field(default_factory=list[Id])
    may: list[Id] = field(default_factory=list[Id])
    least: int = 0

    @classmethod
    def exactly(cls, ids: Iterable[Id]) -> "Owed":
        found = list(ids)
        return cls(must=found, least=len(found))


def id_of(value: object) -> Id | None:
    """The id, if it is one: a string, or a number without a fraction."""
    if isinstance(value, str):
        return "string", re.sub("[\ud800-\udfff]", "\ufffd", value)
    if isinstance(value, float) and value == value and abs(value) != float("inf") and value % 1 == 0:
        return "number", int(value)
    return ("number", value) if isinstance(value, int) and not isinstance(value, bool) else None


def owed(sent: bytes, *, is_line: bool) -> Owed:
    """What answers a line of stdin, or the body of an HTTP request."""
    text = sent.removeprefix(b"\xef\xbb\xbf")
    if is_line and not text.strip():
        return Owed()
    if len(sent.strip()) > MAX_BYTES:
        return _of_broken(text)
    try:
        return _of_value(_parsed(text))
    except (ValueError, RecursionError):
        pass
    if is_line and b"\r" in text.strip():
        try:
            parts = [_parsed(part) for part in text.split(b"\r") if part.strip()]
        except (ValueError, RecursionError):
            return _of_broken(text)
        if all(_is_message(part) for part in parts):
            return Owed.exactly(one for part in parts for one in _of_value(part).must)
    return _of_broken(text)


def _parsed(text: bytes) -> object:
    return json.loads(text.decode("utf-8", "replace"), parse_constant=_reject)


def _reject(constant: str) -> NoReturn:
    raise ValueError(constant)


def _of_value(value: object) -> Owed:
    if isinstance(value, list):
        objects = [cast(dict[str, Any], item) for item in cast(list[Any], value) if isinstance(item, dict)]
        ids = [id_of(item.get("id")) for item in objects if not _is_response(item)]
        return Owed.exactly(dict.fromkeys(found for found in ids if found) or [NULL])
    if not isinstance(value, dict):
        return Owed.exactly([NULL])
    message = cast(dict[str, Any], value)
    found = id_of(message.get("id"))
    if _is_response(message):
        # Its id is not the client's. A server may say that it expects no response.
        return Owed(may=[NULL])
    if found is not None:
        return Owed.exactly([found])
    if not _is_message(message):
        return Owed.exactly([NULL])
    return Owed(may=[NULL]) if _depth(message) > _DEEP else Owed()


def _is_response(message: dict[str, Any]) -> bool:
    return "method" not in message and ("result" in message or "error" in message)


def _is_message(value: object) -> bool:
    """Whether it is a valid request, notification or successful response."""
    if not isinstance(value, dict):
        return False
    message = cast(dict[str, Any], value)
    if message.get("jsonrpc") != "2.0" or ("id" in message and id_of(message["id"]) is None) or "error" in message:
        return False
    if "method" not in message:
        return "id" in message and isinstance(message.get("result"), dict)
    is_call = isinstance(message["method"], str) and isinstance(message.get("params"), dict | None)
    return is_call and "result" not in message


def _depth(value: object) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        children: list[object] = []
        for item in level:
            if isinstance(item, dict):
                children += cast(dict[str, object], item).values()
            elif isinstance(item, list):
                children += cast(list[object], item)
        level = children
    return depth


def _of_broken(text: bytes) -> Owed:
    """Any complete `"id": value` may be the id. The first that follows the start of a valid object is."""
    found: list[Id] = []
    sure: list[Id] = []
    for candidate in _CANDIDATE.finditer(text[:_BROKEN_BYTES]):
        try:
            one = id_of(_parsed(candidate[1] or candidate[2]))
        except ValueError:
            continue
        if one is not None:
            found.append(one)
            if not sure and _is_start_of_object(text[: candidate.start()]):
                sure.append(one)
    if sure and not re.search(rb'result|error|\\u|"id"\s*:\s*"id"', text):
        return Owed(must=sure, may=[one for one in dict.fromkeys(found) if one not in sure], least=1)
    return Owed(may=[*dict.fromkeys(found), NULL], least=1)


def _is_start_of_object(text: bytes) -> bool:
    try:
        return isinstance(_parsed(text + b'"x":0}'), dict)
    except (ValueError, RecursionError):
        return False
