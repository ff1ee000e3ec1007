"""How clients reach the server: stdio."""

import os
import select
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from io import BufferedReader, RawIOBase, TextIOWrapper
from typing import Any

import anyio
from mcp.server import MCPServer

from files_api_mcp.backends.errors import FilesError, PermissionDenied, StoreDamaged
from files_api_mcp.backends.storage.folders import make_private
from files_api_mcp.server.app import build_server
from files_api_mcp.server.cli.output import say
from files_api_mcp.server.logs import configure_logging
from files_api_mcp.server.settings import Settings

__all__ = ["check_data_dir", "serve_stdio"]

_GRACE_S = 1.5
"""How long a stopping server may tidy up; a client that no longer reads must not keep it alive."""

_LONGEST_LINE = 4 * 1024 * 1024
"""Bytes of one message: what the SDK's HTTP transport takes, so that a line without end cannot fill the memory."""


def serve_stdio(settings: Settings) -> None:
    """Serve over stdin and stdout until stdin ends or SIGINT or SIGTERM arrives; then end within 2 s.

    Exits with code 1, and the reason in one line on stderr, when the data folder cannot be used.
    """
    configure_logging(settings.log_level.upper(), secret=settings.secret)
    try:
        check_data_dir(settings)
        server = build_server(settings)
        say(f"files-api-mcp: {settings.summary()}")
        if sys.stdin.isatty():
            say("files-api-mcp: waiting for an MCP client on stdin; Ctrl-C ends it. Try: files-api-mcp demo")
        with _stoppable_stdin() as stop:
            anyio.run(_serve, server, stop)
    except FilesError as exc:
        say(f"files-api-mcp: {exc.text}")
        sys.exit(1)


async def _serve(server: MCPServer[Any], stop: "_Stop") -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(_stop_on_signal, stop)
        await server.run_stdio_async()
        group.cancel_scope.cancel()


async def _stop_on_signal(stop: "_Stop") -> None:
    # The SDK leaves SIGINT to a loop that cannot leave its blocking read, and SIGTERM to the kernel.
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            stop.now()


def check_data_dir(settings: Settings) -> None:
    """Make the data folder private, and fail at start rather than at the first call when files cannot be kept.

    Raises:
        PermissionDenied: They cannot.
    """
    try:
        make_private(settings.data_dir)
    except StoreDamaged as exc:
        raise PermissionDenied(exc.sentence, "Choose another folder with --data-dir.") from exc


class _Stop:
    """Ends the input for good: the reading thread sees the end of file, and the server ends as if stdin had."""

    def __init__(self) -> None:
        self.wake_fd, self._waker_fd = os.pipe()
        self._armed = False

    def now(self) -> None:
        os.write(self._waker_fd, b"x")

    def arm(self) -> None:
        """Bound the tidying-up: a thread stuck in a write that nobody reads cannot be cancelled."""
        if not self._armed:
            self._armed = True
            timer = threading.Timer(_GRACE_S, os._exit, (0,))
            timer.daemon = True
            timer.start()


class _Stdin(RawIOBase):
    """The process's real stdin, which can be ended from within and passes on no endless line."""

    def __init__(self, fd: int, stop: _Stop) -> None:
        super().__init__()
        self._fd = fd
        self._stop = stop
        self._line_length = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        while True:
            ready, _, _ = select.select([self._fd, self._stop.wake_fd], [], [])
            data = b"" if self._stop.wake_fd in ready else os.read(self._fd, len(buffer))
            if not data:
                self._stop.arm()
                return 0
            kept = self._without_excess(data)
            if kept:
                buffer[: len(kept)] = kept
                return len(kept)

    def _without_excess(self, data: bytes) -> bytes:
        """Drop what a line holds beyond the limit; the message is then malformed and is refused as such."""
        if self._line_length + len(data) <= _LONGEST_LINE:
            newline = data.rfind(b"\n")
            self._line_length = self._line_length + len(data) if newline < 0 else len(data) - newline - 1
            return data
        kept = bytearray()
        for line in data.splitlines(keepends=True):
            room = max(0, _LONGEST_LINE - self._line_length)
            ended = line.endswith(b"\n")
            kept += line if len(line) <= room else line[:room] + (b"\n" if ended else b"")
            self._line_length = 0 if ended else self._line_length + len(line)
        return bytes(kept)


@contextmanager
def _stoppable_stdin() -> Generator[_Stop]:
    """Put our reader in stdin's place; children and stray reads find the null device."""
    stop = _Stop()
    wire = os.dup(0)
    with open(os.devnull, "rb") as null:
        os.dup2(null.fileno(), 0)
    original = sys.stdin
    sys.stdin = TextIOWrapper(BufferedReader(_Stdin(wire, stop)), encoding="utf-8")
    try:
        yield stop
    finally:
        sys.stdin = original
