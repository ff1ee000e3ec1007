"""The values of arguments as models and hosts write them: numbers and lists in strings, and words for nothing."""

import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, cast

__all__ = ["READERS", "is_absent", "listed"]

_DEEPEST = 3
_FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_NOTHING = frozenset({"", "null", "undefined"})
_NOTHING_IN_PYTHON = _NOTHING | {"none", "nil"}


def is_absent(value: object, kind: type) -> bool:
    """Whether an optional argument counts as not given: models write such values where a host requires each one."""
    if not isinstance(value, str):
        return value is None or (value == [] and kind is not list)
    return value.strip().lower() in (_NOTHING if kind is str else _NOTHING_IN_PYTHON)


def listed(value: object) -> list[Any]:
    """The items of a list, of lists inside it, and of lists in strings, without those that are nothing."""
    return list(_items(value, _DEEPEST))


def _items(value: Any, deepest: int) -> Iterator[Any]:
    parsed = _parsed(value)
    if isinstance(parsed, list) and deepest:
        for item in cast(list[Any], parsed):
            yield from _items(item, deepest - 1)
    elif not is_absent(cast(object, parsed), str):
        yield parsed


def _parsed(value: Any) -> Any:
    """What a string holds if it is a list in the notation of JSON or of Python."""
    if not isinstance(value, str) or not value.lstrip().startswith("["):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        pass
    from ast import literal_eval

    try:
        return literal_eval(value.strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return value


def _only(value: Any) -> Any:
    """The item of a list of one."""
    items = cast(list[Any], value) if isinstance(value, list) else []
    return items[0] if len(items) == 1 else cast(Any, value)


def _whole_number(value: object) -> object:
    value = _only(value)
    if isinstance(value, str):
        digits = value.strip().strip("\"'").replace(",", "")
        try:
            value = float(digits) if "." in digits or "e" in digits.lower() else int(digits)
        except ValueError:
            return value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _flag(value: object) -> object:
    value = _only(value)
    if isinstance(value, str):
        return _FLAGS.get(value.strip().strip("\"'").lower(), value)
    return bool(value) if value in (0, 1) else value


def _text(value: object) -> object:
    value = _only(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


READERS: Mapping[type, Callable[[object], object]] = MappingProxyType({int: _whole_number, bool: _flag, str: _text})
"""Turns a value that was not written as its type into one of the type. Any other value is left to the validation."""
