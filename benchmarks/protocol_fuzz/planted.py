"""Runs the server with a bug that the harness must catch: `python -m benchmarks.protocol_fuzz.planted BUG serve`."""

import itertools
import sys
from collections.abc import Callable

from mcp.types import JSONRPCNotification

from files_api_mcp.server.cli.main import main
from files_api_mcp.server.jsonrpc import incoming
from files_api_mcp.server.jsonrpc.incoming import Incoming

__all__ = ["BUGS", "command"]

_EVERY = 20
"""One malformed message in so many is answered wrongly."""


def _silent(_: Incoming) -> Incoming:
    return Incoming(JSONRPCNotification(jsonrpc="2.0", method="notifications/unreadable"))


def _double(received: Incoming) -> Incoming:
    return Incoming(errors=received.errors * 2)


BUGS: dict[str, Callable[[Incoming], Incoming]] = {"silent": _silent, "double": _double}


def command(bug: str | None, *arguments: str) -> list[str]:
    """The command that serves, with the bug if there is one."""
    module = ["files_api_mcp.server.cli.main"] if bug is None else ["benchmarks.protocol_fuzz.planted", bug]
    return [sys.executable, "-m", *module, "serve", "--backend", "local", *arguments]


def _plant(bug: str) -> None:
    numbers = itertools.count(1)
    read_message = incoming.read_message

    def read_wrongly(data: bytes) -> Incoming:
        received = read_message(data)
        return BUGS[bug](received) if received.errors and next(numbers) % _EVERY == 0 else received

    # Before the transports import it.
    incoming.read_message = read_wrongly


if __name__ == "__main__":
    _plant(sys.argv.pop(1))
    main()
