"""Garbage collection around the start: none while modules load, and never again of what they left."""

import gc
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import TypeVar, TypeVarTuple

__all__ = ["run_event_loop", "without_collection"]

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")


@contextmanager
def without_collection() -> Generator[None]:
    """The whole program, without the collector until its event loop runs.

    Modules leave almost no garbage, but each of some thirty collections would go through all that is loaded: a tenth
    of the start. One more, at the end, would take most of the time that a server needs to end.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()


def run_event_loop(function: Callable[[*_Ts], Awaitable[_T]], *arguments: *_Ts) -> _T:
    """Runs an async function, with the collector, which ignores all that was loaded before."""
    import anyio

    gc.freeze()
    gc.enable()
    return anyio.run(function, *arguments)
