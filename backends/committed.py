"""Committed: the result of work that has taken effect, whatever its clean-up does."""

import logging
from types import TracebackType
from typing import Generic, TypeVar

__all__ = ["Committed"]

_log = logging.getLogger(__name__)

_T = TypeVar("_T")


class Committed(Generic[_T]):
    """Keeps the result of its block. An exception after the result was set is logged and hidden: the work is done.

    An exception before that, and a cancellation at any time, leave the block.
    """

    result: _T

    def __enter__(self) -> "Committed[_T]":
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> bool:
        is_hidden = isinstance(exc, Exception) and hasattr(self, "result")
        if is_hidden:
            _log.warning("a clean-up failed after its work was done", exc_info=exc)
        return is_hidden
