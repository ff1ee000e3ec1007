"""What a mode is, and how a module enters its own."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.support.fault_server.exchange import Endpoint, Exchange

__all__ = ["Catalog", "Handler", "Mode", "mode"]

Handler = Callable[[Exchange], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Mode:
    """What is done, at which endpoint, and for how many requests of a kind (None: all of them).

    `early`: it is done before the body of an upload is read. `takes`: how many words after the name are the
    mode's own. `seeds`: how many files are there from the start; None: a number after the name is that of the times.
    `everywhere`: it is done at all endpoints.
    """

    handler: Handler
    endpoint: Endpoint
    times: int | None
    early: bool
    takes: int
    seeds: int | None
    everywhere: bool


Catalog = dict[str, Mode]


def mode(
    catalog: Catalog,
    *names: str,
    endpoint: Endpoint = "upload",
    times: int | None = 1,
    early: bool = False,
    takes: int = 0,
    seeds: int | None = None,
    everywhere: bool = False,
) -> Callable[[Handler], Handler]:
    """Enter a handler into a catalog, under its own name where no names are given."""

    def enter(handler: Handler) -> Handler:
        for name in names or (getattr(handler, "__name__", ""),):
            catalog[name] = Mode(handler, endpoint, times, early, takes, seeds, everywhere)
        return handler

    return enter
