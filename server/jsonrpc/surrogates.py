"""Lone surrogates: halves of UTF-16 pairs, which JSON can write as escapes but UTF-8 cannot hold."""

import re
from typing import Any, cast

__all__ = ["replace_lone_surrogates", "without_lone_surrogates"]

_SURROGATE = re.compile("[\ud800-\udfff]")
"""In a string of Python, pairs are one character, so that each surrogate is a lone one."""


def replace_lone_surrogates(text: str) -> str:
    """The text with U+FFFD in place of each lone surrogate."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def without_lone_surrogates(value: Any) -> Any:
    """The JSON value with U+FFFD in place of each lone surrogate, in names of members too."""
    if isinstance(value, str):
        return replace_lone_surrogates(value)
    if isinstance(value, list | tuple):
        return [without_lone_surrogates(item) for item in cast(list[Any], value)]
    if isinstance(value, dict):
        members = cast(dict[str, Any], value).items()
        return {replace_lone_surrogates(name): without_lone_surrogates(item) for name, item in members}
    return value
