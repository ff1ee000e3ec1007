"""JSON that people edit: one value set in its text, and every other character left as it was."""

import json
import re
from typing import Any, NoReturn

__all__ = ["parsed_json", "with_item", "with_member"]

_DECODER = json.JSONDecoder()
# Strings and comments that never end go to the end of the text, so that it is read once. They stay, and are no JSON.
_STRING = r'(?P<string>"(?:[^"\\]++|\\.)*+["\\]?)'
_COMMENT = re.compile(rf"{_STRING}|//[^\r\n]*|/\*.*?\*/|(?P<unclosed>/\*.*)", re.DOTALL)
_TRAILING_COMMA = re.compile(rf"{_STRING}|,(?=\s*+[}}\]])", re.DOTALL)
_VISIBLE = re.compile(r"[^\r\n]")
_SPACE = re.compile(r"[ \t\r\n]*")
_INDENT = re.compile(r"\n([ \t]+)\S")


def parsed_json(text: str, *, comments: bool) -> Any:
    """The value of a text; one of nothing but space and comments is an empty object.

    Raises:
        ValueError: It is no such text.
    """
    strict = _strict(text, comments=comments)
    try:
        return json.loads(strict, parse_constant=_refuse_constant) if strict.strip() else {}
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def with_member(text: str, path: tuple[str, ...], value: Any, *, comments: bool) -> str:
    """The text with the member at `path` set, objects on the way made where they are missing.

    Raises:
        ValueError: Something on the way is no object.
    """
    strict = _strict(text, comments=comments)
    if not strict.strip():
        newline, _ = _layout(strict)
        before = text.rstrip() + newline if text.strip() else ""
        return before + _rendered(_nested(path, value), strict, 0) + newline
    start, end = _skip(strict, 0), len(strict)
    for depth, key in enumerate(path, start=1):
        if strict[start] != "{":
            raise ValueError("it holds something else where servers should be")
        members, close = _children(strict, start)
        if key not in members:
            missing = _rendered(_nested(path[depth:], value), strict, depth)
            return _added(text, strict, start, close, f"{json.dumps(key, ensure_ascii=False)}: {missing}", depth)
        start, end = members[key]
    return text[:start] + _rendered(value, strict, len(path)) + text[end:]


def with_item(text: str, key: str, value: Any, *, comments: bool) -> str:
    """The text with one more value at the end of the array that is the top object's member `key`.

    Raises:
        ValueError: There is something else than an array.
    """
    strict = _strict(text, comments=comments)
    members, _ = _children(strict, _skip(strict, 0))
    start, _ = members[key]
    if strict[start] != "[":
        raise ValueError(f"its {key} is no list")
    _, close = _children(strict, start)
    return _added(text, strict, start, close, _rendered(value, strict, 2), 2)


def _strict(text: str, *, comments: bool) -> str:
    """Plain JSON of the same length, blanks in the place of what JSON has not, so that all else stays in its place."""
    if text.startswith("\ufeff"):
        text = " " + text[1:]
    return _TRAILING_COMMA.sub(_blank, _COMMENT.sub(_blank, text)) if comments else text


def _blank(match: re.Match[str]) -> str:
    return match[0] if match.lastgroup else _VISIBLE.sub(" ", match[0])


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _children(strict: str, start: int) -> tuple[dict[str | int, tuple[int, int]], int]:
    """Where the values of the object or array at `start` stand, and where its closing bracket does."""
    children: dict[str | int, tuple[int, int]] = {}
    place = _skip(strict, start + 1)
    while strict[place] not in "}]":
        key: str | int = len(children)
        if strict[start] == "{":
            key, place = _DECODER.raw_decode(strict, place)
            place = _skip(strict, _skip(strict, place) + 1)
        _, end = _DECODER.raw_decode(strict, place)
        children[key] = (place, end)
        place = _skip(strict, end)
        if strict[place] == ",":
            place = _skip(strict, place + 1)
    return children, place


def _added(text: str, strict: str, start: int, close: int, child: str, depth: int) -> str:
    """The text with a child more, after the last one and the comments that follow it."""
    last = len(strict[:close].rstrip())
    end = max(len(text[:close].rstrip()), start + 1)
    comma = "" if last == start + 1 or "," in _COMMENT.sub(_blank, text)[last:close] else ","
    newline, unit = _layout(strict)
    tail = text[end:close]
    if "\n" not in tail:
        tail = newline + unit * (depth - 1)
    return text[:last] + comma + text[last:end] + newline + unit * depth + child + tail + text[close:]


def _rendered(value: Any, strict: str, depth: int) -> str:
    newline, unit = _layout(strict)
    return json.dumps(value, indent=unit, ensure_ascii=False).replace("\n", newline + unit * depth)


def _nested(path: tuple[str, ...], value: Any) -> Any:
    for key in reversed(path):
        value = {key: value}
    return value


def _layout(strict: str) -> tuple[str, str]:
    """How the text breaks its lines, and one step of its indentation."""
    found = _INDENT.search(strict)
    return "\r\n" if "\r\n" in strict else "\n", found[1] if found else "  "


def _skip(strict: str, place: int) -> int:
    match = _SPACE.match(strict, place)
    return match.end() if match else place
