"""A user at the command line: with pipes, and at a terminal."""

import gc
import importlib
import logging
import os
import pty
import re
import select
import signal
import subprocess
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from files_api_mcp.server.cli.main import main
from tests.server.emulator.sdk.running import clean_environment
from tests.support import fork_server
from tests.support.fork_server import COMMAND

__all__ = ["COMMAND", "Done", "Here", "Terminal", "at_terminal", "environment", "in_this_process", "run", "unsafe"]

_PATIENCE_S = 120.0
# Libraries that read files at import; a separate process imports them only once.
_LOADED_ON_FIRST_USE = ("jsonschema", "files_api_mcp.backends.anthropic.answers.answerer")
# The program's styles, and the cursor moves of its progress bars.
_OURS = re.compile(
    r"\x1b\[(?:0|1|2|3[1-6]|33;1|9[01])m|\r?\x1b\[2?K|\x1b\[\?25[lh]\r?|\x1b\[1A|\r+\n|\r(?=\x1b\[(?:2K|1A))"
)
# Terminal codes, characters that change the reading direction, and invisible characters.
_OBEYED = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f]"
)


def unsafe(shown: str) -> list[str]:
    """Terminal codes other than the program's own, each with the text before it."""
    text = _OURS.sub("", shown)
    return [text[max(0, found.start() - 30) : found.end()] for found in _OBEYED.finditer(text)]


def environment(**more: str) -> dict[str, str]:
    """An environment without settings of the command, except `more`; the command is on the path."""
    here = str(Path(sys.executable).parent)
    path = os.pathsep.join([here, os.environ.get("PATH", os.defpath)])
    return {**clean_environment(), "PATH": path, "COLUMNS": "120", "TERM": "xterm", "LC_ALL": "C.UTF-8", **more}


def run(data_dir: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The command with pipes for all streams, as in a script."""
    return fork_server.run(
        [*COMMAND, *arguments],
        stdin=subprocess.DEVNULL,
        timeout=300,
        encoding="utf-8",
        env=environment(FILES_API_MCP_DATA_DIR=str(data_dir), **more),
    )


@dataclass(frozen=True)
class Done:
    """The exit code and output of a command."""

    returncode: int
    stdout: str
    stderr: str


class Here:
    """The command in this process: it starts fast, and the guard of the event loop watches it."""

    def __init__(self, patch: pytest.MonkeyPatch, shown: pytest.CaptureFixture[bytes]) -> None:
        self._patch = patch
        self._shown = shown

    def __call__(self, *arguments: str) -> Done:
        self._patch.setattr(sys, "argv", ["files-api-mcp", *arguments])
        self._shown.readouterr()
        try:
            with pytest.raises(SystemExit) as ended:
                main()
        finally:
            # The command leaves the collector as its own end needs it.
            gc.unfreeze()
            gc.enable()
        out, err = self._shown.readouterr()
        assert isinstance(ended.value.code, int)
        return Done(ended.value.code, out.decode(), err.decode())


@contextmanager
def in_this_process(
    patch: pytest.MonkeyPatch, shown: pytest.CaptureFixture[bytes], data_dir: Path, **more: str
) -> Generator[Here]:
    """The command with a data folder and a clean environment."""
    for module in _LOADED_ON_FIRST_USE:
        importlib.import_module(module)
    surroundings = environment(FILES_API_MCP_DATA_DIR=str(data_dir), **more)
    for name in set(os.environ) - set(surroundings):
        patch.delenv(name)
    for name, value in surroundings.items():
        patch.setenv(name, value)
    # The command guards its streams for the whole process.
    patch.setattr(sys, "stderr", sys.stderr)
    patch.setattr(sys, "excepthook", sys.excepthook)
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    try:
        yield Here(patch, shown)
    finally:
        # The command logs to a stderr that is gone after the test.
        root.setLevel(level)
        root.handlers[:] = handlers


class Terminal:
    """A terminal that runs a program and records its output."""

    def __init__(self, process: subprocess.Popen[Any], screen: int) -> None:
        self.process = process
        self.shown = ""
        self._screen = screen
        self._raw = b""
        self._awaited = 0

    def await_text(self, wanted: str) -> None:
        """Wait for this text, after the text awaited before."""
        while (place := self.shown.find(wanted, self._awaited)) < 0:
            assert self._read(), f"{wanted!r} was not shown: {self.shown!r}"
        self._awaited = place + len(wanted)

    def write(self, text: str) -> None:
        os.write(self._screen, text.encode())

    def end(self) -> int:
        """The exit code, once the program has ended."""
        while self._read():
            pass
        return self.process.wait(_PATIENCE_S)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._screen], [], [], _PATIENCE_S)
        assert ready, f"nothing more was shown after {self.shown!r}"
        # On Linux, the end of the other side raises an error.
        with suppress(OSError):
            chunk = os.read(self._screen, 65536)
            self._raw += chunk
            self.shown = self._raw.decode(errors="replace")
            return bool(chunk)
        return False


@contextmanager
def at_terminal(command: Iterable[str], **options: Any) -> Generator[Terminal]:
    """Run a program with a terminal as stdin, stdout and stderr."""
    screen, device = pty.openpty()
    started = list(command)
    # Background jobs ignore this signal and programs inherit that, but not forks; at a terminal it is never ignored.
    if not fork_server.is_forked(started, options.get("env")):
        options["preexec_fn"] = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        process = fork_server.Popen(
            started,
            stdin=device,
            stdout=device,
            stderr=device,
            start_new_session=True,
            **options,
        )
    finally:
        os.close(device)
    try:
        yield Terminal(process, screen)
    finally:
        process.kill()
        process.wait()
        os.close(screen)
