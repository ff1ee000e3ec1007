"""Strings that PDFium writes into a buffer."""

import ctypes
from collections.abc import Callable
from typing import Any

__all__ = ["wide_string"]

_LONGEST = 1 << 20


def wide_string(ask: Callable[[Any, int], int]) -> str:
    """Call PDFium with a large enough buffer and decode the result: UTF-16 with a trailing zero."""
    size = min(ask(None, 0), _LONGEST)
    if size <= 2:
        return ""
    buffer = ctypes.create_string_buffer(size)
    ask(ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return buffer.raw[: size - 2].decode("utf-16-le", "replace")
