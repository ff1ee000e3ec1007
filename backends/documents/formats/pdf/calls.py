"""Calls of PDFium's functions that take no time for checks."""

import ctypes
from collections.abc import Callable
from typing import Any

__all__ = ["unchecked"]


def unchecked(function: Any, result: type | None, *arguments: type) -> Callable[..., Any]:
    """A function of PDFium without the checks of its arguments, which take most of the time of the call."""
    address = ctypes.cast(function, ctypes.c_void_p).value
    assert address is not None
    return ctypes.PYFUNCTYPE(result, *arguments)(address)
