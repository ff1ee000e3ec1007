"""Sets one value in the text of JSON, and keeps every other character."""

import json
import re
from typing import Any, NoReturn

__all__ = ["parsed_json", "with_item", "with_member", "without_child"]

_DECODER = json.JSONDecoder()
# Unclosed strings and comments match to the end of the text, so that it is scanned once. They stay, and fail to parse.
_STRING = r'(?P<string>"(?:[^"\\]++|\\.)*+["\\]?)'
_COMMENT = re.compile(rf"{_STRING}|//[^\r\n]*|/\*.*?\*/|(?P<unclosed>/\*.*)", re.DOTALL)
_TRAILING_COMMA = re.compile(rf"{_STRING}|,(?=\s*+[}}\]])", re.DOTALL)
_VISIBLE = re.compile(r"[^\r\n]")
_SPACE = re.compile(r"[ \t\r\n]*")
_INDENT = re.compile(r"\n([ \t]+)\S")


def parsed_json(text: str, *, comments: bool) -> Any:
    """Parses a text; one of only space and comments is an empty object.

    Raises:
        ValueError: It is not valid.
    """
    strict = _strict(text, comments=comments)
    try:
        return json.loads(strict, parse_constant=_refuse_constant) if strict.strip() else {}
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def with_member(text: str, path: tuple[str, ...], value: Any, *, comments: bool) -> str:
    """Returns the text with the member at `path` set, creating missing objects on the way.

    Raises:
        ValueError: A value on the way is not an object.
    """
    strict = _strict(text, comments=comments)
    if not strict.strip():
        newline, _ = _layout(strict)
        before = text.rstrip() + newline if text.strip() else ""
        return before + _rendered(_nested(path, value), strict, 0) + newline
    start, end = _skip(strict, 0), len(strict)
    for depth, key in enumerate(path, start=1):
        if strict[start] != "{":
            raise ValueError("the value for servers is not an object")
        members, close = _children(strict, start)
        if key not in members:
            missing = _rendered(_nested(path[depth:], value), strict, depth)
            return _added(text, strict, start, close, f"{json.dumps(key, ensure_ascii=False)}: {missing}", depth)
        start, end = members[key]
    return text[:start] + _rendered(value, strict, len(path)) + text[end:]


def with_item(text: str, key: str, value: Any, *, comments: bool) -> str:
    """Returns the text with a value appended to the array `key` of the top-level object.

    Raises:
        ValueError: That member is not an array.
    """
    strict = _strict(text, comments=comments)
    members, _ = _children(strict, _skip(strict, 0))
    start, _ = members[key]
    if strict[start] != "[":
        raise ValueError(f"{key} is not a list")
    _, close = _children(strict, start)
    return _added(text, strict, start, close, _rendered(value, strict, 2), 2)


def without_child(text: str, path: tuple[str | int, ...], *, comments: bool) -> str:
    """Returns the text without the member or item at `path`, and without its line if nothing else is on it.

    Raises:
        KeyError: There is none.
        ValueError: A value on the way has no members or items.
    """
    strict = _strict(text, comments=comments)
    start = _skip(strict, 0)
    for key in path[:-1]:
        if strict[start] not in "{[":
            raise ValueError("the value for servers is not an object")
        start, _ = _children(strict, start)[0][key]
    if strict[start] not in "{[":
        raise ValueError("the value for servers is not an object")
    children, close = _children(strict, start)
    value_start, end = children[path[-1]]
    others = [span for key, span in children.items() if key != path[-1]]
    before = max((span[1] for span in others if span[1] <= value_start), default=start + 1)
    first = _skip(strict, before)
    cuts: list[tuple[int, int]] = []
    if strict[first] == ",":
        # A last child takes the comma before it along, others the comma behind.
        is_last = not any(span[0] > end for span in others)
        cuts = [(first, first + 1)] if is_last else []
        first = _skip(strict, first + 1)
    behind = _skip(_COMMENT.sub(_blank, text) if comments else strict, end)
    if behind < close and text[behind] == "," and not (cuts and not comments):
        cuts = [] if strict[behind] == "," else cuts
        end = behind + 1
    return _cut(text, [*cuts, _whole_lines(text, first, end)])


def _whole_lines(text: str, start: int, end: int) -> tuple[int, int]:
    """The span with its indentation and line end, if it is alone on its lines."""
    line = len(text[:start].rstrip(" \t"))
    rest = len(text) - len(text[end:].lstrip(" \t"))
    if (line == 0 or text[line - 1] in "\r\n") and text[rest : rest + 1] in ("\r", "\n"):
        return line, rest + (2 if text[rest : rest + 2] == "\r\n" else 1)
    return start, end


def _cut(text: str, spans: list[tuple[int, int]]) -> str:
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + text[end:]
    return text


def _strict(text: str, *, comments: bool) -> str:
    """Strict JSON of the same length: blanks replace comments and trailing commas, so that positions stay the same."""
    if text.startswith("\ufeff"):
        text = " " + text[1:]
    return _TRAILING_COMMA.sub(_blank, _COMMENT.sub(_blank, text)) if comments else text


def _blank(match: re.Match[str]) -> str:
    return match[0] if match.lastgroup else _VISIBLE.sub(" ", match[0])


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def _children(strict: str, start: int) -> tuple[dict[str | int, tuple[int, int]], int]:
    """Spans of the values in the object or array at `start`, and the position of its closing bracket."""
    children: dict[str | int, tuple[int, int]] = {}
    position = _skip(strict, start + 1)
    while strict[position] not in "}]":
        key: str | int = len(children)
        if strict[start] == "{":
            key, position = _DECODER.raw_decode(strict, position)
            position = _skip(strict, _skip(strict, position) + 1)
        _, end = _DECODER.raw_decode(strict, position)
        children[key] = (position, end)
        position = _skip(strict, end)
        if strict[position] == ",":
            position = _skip(strict, position + 1)
    return children, position


def _added(text: str, strict: str, start: int, close: int, child: str, depth: int) -> str:
    """Inserts a child after the last one and the comments that follow it."""
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
    """The text's line ending and indentation."""
    found = _INDENT.search(strict)
    return "\r\n" if "\r\n" in strict else "\n", found[1] if found else "  "


def _skip(strict: str, position: int) -> int:
    match = _SPACE.match(strict, position)
    return match.end() if match else position
