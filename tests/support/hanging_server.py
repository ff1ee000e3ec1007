"""Runs the real command with one call that hangs: `python hanging_server.py WAY FOLDER serve ...`.

Listing files then hangs forever, and creates `FOLDER/hanging` when it starts to.
"""

import ctypes
import os
import sys
import time
from pathlib import Path
from typing import Any

from anyio import to_thread

from files_api_mcp.backends.local.store import LocalStore
from files_api_mcp.backends.models import FilePage
from files_api_mcp.server.cli.main import main

FOREVER_S = 100_000
WHOLE_PAGE = 1000


def in_a_thread(folder: Path) -> None:
    """Read from a pipe without a writer."""
    os.mkfifo(folder / "pipe")
    with open(folder / "pipe", "rb") as pipe:
        pipe.read()


def in_python(_: Path) -> None:
    """Loop in the thread of the event loop."""
    while True:
        pass


def in_c(_: Path) -> None:
    """Block in C code that releases the GIL, in the thread of the event loop."""
    time.sleep(FOREVER_S)


def in_c_that_holds_the_interpreter(_: Path) -> None:
    """Block in C code that holds the GIL; the signal ends the first wait but not the second."""
    library = ctypes.PyDLL(None)
    library.sleep(20)
    library.sleep(FOREVER_S)


def in_short_c_calls(_: Path) -> None:
    """Call C code that holds the GIL, again and again."""
    library = ctypes.PyDLL(None)
    while True:
        library.usleep(50_000)


WAYS = {way.__name__: way for way in (in_a_thread, in_python, in_c, in_c_that_holds_the_interpreter, in_short_c_calls)}


def hang(way: str, folder: Path) -> None:
    whole = LocalStore.list

    async def page(self: LocalStore, *, limit: int = 20, **arguments: Any) -> FilePage:
        # The index lists the whole store in the background: it must not be the first to hang.
        if limit == WHOLE_PAGE:
            return await whole(self, limit=limit, **arguments)
        (folder / "hanging").touch()
        if way == in_a_thread.__name__:
            await to_thread.run_sync(in_a_thread, folder)
        WAYS[way](folder)
        raise AssertionError("it ended")

    LocalStore.list = page  # type: ignore[method-assign]


if __name__ == "__main__":
    hang(sys.argv.pop(1), Path(sys.argv.pop(1)))
    main()
