"""The stdio transport: serves MCP over stdin and stdout."""

import os
import select
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from io import BufferedReader, RawIOBase, TextIOWrapper
from typing import Any

import anyio

from files_api_mcp.backends.errors import FilesError, PermissionDenied, StoreDamaged
from files_api_mcp.backends.storage.folders import make_private
from files_api_mcp.server.app import build_server
from files_api_mcp.server.cli.output import say
from files_api_mcp.server.logs import configure_logging
from files_api_mcp.server.settings import Settings
from files_api_mcp.server.shutdown import FORCED_S, Shutdown

__all__ = ["check_data_dir", "serve_stdio"]

_MAX_LINE = 4 * 1024 * 1024
"""Bytes of one message, as in the SDK's HTTP transport, so that an endless line cannot fill the memory."""


def serve_stdio(settings: Settings) -> None:
    """Serves over stdin and stdout until stdin ends or SIGINT or SIGTERM arrives, and ends within 2 s.

    Exits with code 1 and one line on stderr if the data folder cannot be used.
    """
    configure_logging(settings.log_level.upper(), secret=settings.secret)
    try:
        check_data_dir(settings)
        server = build_server(settings)
        shutdown = Shutdown()
        shutdown.on_signals()
        say(f"files-api-mcp: {settings.summary()}")
        if sys.stdin.isatty():
            say("files-api-mcp: waiting for an MCP client on stdin (Ctrl-C to stop). To try it: files-api-mcp demo")
        with _stoppable_stdin(shutdown):
            anyio.run(server.run_stdio_async)
    except FilesError as exc:
        say(f"files-api-mcp: {exc.text}")
        sys.exit(1)


def check_data_dir(settings: Settings) -> None:
    """Makes the data folder private, so that an unusable one fails at start and not at the first call.

    Raises:
        PermissionDenied: The folder cannot be used.
    """
    try:
        make_private(settings.data_dir)
    except StoreDamaged as exc:
        raise PermissionDenied(exc.sentence, "Choose another folder with --data-dir.") from exc


class _Stdin(RawIOBase):
    """The process's stdin. It ends when the shutdown begins, and cuts lines beyond the limit."""

    def __init__(self, fd: int, shutdown: Shutdown) -> None:
        super().__init__()
        self._fd = fd
        self._shutdown = shutdown
        self._line_length = 0
        self._reads = 0
        threading.Thread(target=self._watch, name="stdin", daemon=True).start()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        while True:
            ready, _, _ = select.select([self._fd, self._shutdown.fd], [], [])
            data = b"" if self._shutdown.fd in ready else os.read(self._fd, len(buffer))
            self._reads += 1
            if not data:
                self._shutdown.begin()
                return 0
            kept = self._cut_lines(data)
            if kept:
                buffer[: len(kept)] = kept
                return len(kept)

    def _watch(self) -> None:
        """Ends the process if the client closed its pipe and nothing reads stdin, because the event loop is stuck.

        Input sent before is still read: each read restarts the wait.
        """
        hangup = select.poll()
        hangup.register(self._fd, getattr(select, "POLLRDHUP", 0))
        hangup.poll()
        reads = -1
        while reads != self._reads:
            reads = self._reads
            time.sleep(FORCED_S)
        self._shutdown.force()

    def _cut_lines(self, data: bytes) -> bytes:
        """Cuts a line at the limit. The message is then malformed and rejected."""
        if self._line_length + len(data) <= _MAX_LINE:
            newline = data.rfind(b"\n")
            self._line_length = self._line_length + len(data) if newline < 0 else len(data) - newline - 1
            return data
        kept = bytearray()
        for line in data.splitlines(keepends=True):
            room = max(0, _MAX_LINE - self._line_length)
            ended = line.endswith(b"\n")
            kept += line if len(line) <= room else line[:room] + (b"\n" if ended else b"")
            self._line_length = 0 if ended else self._line_length + len(line)
        return bytes(kept)


@contextmanager
def _stoppable_stdin(shutdown: Shutdown) -> Generator[None]:
    """Replaces stdin by our reader. Child processes and other readers get the null device."""
    pipe = os.dup(0)
    with open(os.devnull, "rb") as null:
        os.dup2(null.fileno(), 0)
    original = sys.stdin
    sys.stdin = TextIOWrapper(BufferedReader(_Stdin(pipe, shutdown)), encoding="utf-8")
    try:
        yield
    finally:
        sys.stdin = original
