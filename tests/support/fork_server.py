"""Starts the command as a fork of a process that has already imported it: a process of its own, without the imports.

An import of everything takes a second of CPU, and the tests start the command hundreds of times. A fork runs
`python -m files_api_mcp.server.cli.main` (or a script) from its first line on, with its own arguments, streams,
variables and folder. It is a child of the process that asked for it, so signals, exit codes and waiting are the real
ones. Tests of how Python starts (locales, imports, closed streams) start Python itself.
"""

import atexit
import ctypes
import fcntl
import gc
import importlib
import json
import os
import pkgutil
import random
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

__all__ = ["COMMAND", "Popen", "WorkerPopen", "is_forked", "run"]

MODULE = "files_api_mcp.server.cli.main"
COMMAND = [sys.executable, "-m", MODULE]
_COMMANDS = "files_api_mcp.server.cli.commands"
_WORKERS = ("files_api_mcp.backends.documents.worker", "files_api_mcp.backends.search.index.worker")
_RENDER = "files_api_mcp.backends.documents.render"
_FAMILIES = ("preload", "families")
_FORMATS = "files_api_mcp.backends.documents.formats"
_Kind = Literal["command", "worker"]
# What the commands import when they first need it.
_LAZY = (
    "jsonschema",
    "uvicorn.lifespan.off",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
    "files_api_mcp.server.app",
    "files_api_mcp.server.emulator.app",
    "files_api_mcp.backends.anthropic.answers.answerer",
)
_PR_SET_CHILD_SUBREAPER = 36


def is_forked(command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> bool:
    """Whether `Popen` forks for this command; else it starts a new interpreter."""
    return _kind(command, env) is not None


def _kind(command: Sequence[str | Path], env: Mapping[str, str] | None) -> _Kind | None:
    """What the process to fork has imported."""
    if sys.platform != "linux" or command[0] != sys.executable or len(command) < 2:
        return None
    if command[1] == "-I" and any(worker in str(part) for worker in _WORKERS for part in command[2:5]):
        return "worker"
    given = os.environ if env is None else env
    names = {name for name in {*given, *os.environ} if given.get(name) != os.environ.get(name)}
    of_start = {name for name in names if name.startswith(("PYTHON", "LC_", "LANG"))}
    starts_alike = not of_start or (of_start == {"LC_ALL"} and given.get("LC_ALL") == "C.UTF-8")
    runs_ours = list(command[: len(COMMAND)]) == COMMAND or Path(command[1]).suffix == ".py"
    return "command" if runs_ours and starts_alike else None


class Popen(subprocess.Popen[Any]):
    """`subprocess.Popen`, which forks where `is_forked` says so."""

    forks: ClassVar[tuple[_Kind, ...]] = ("command", "worker")

    def _execute_child(self, args: list[str], executable: Any, preexec_fn: Any, *others: Any) -> None:
        (_, pass_fds, cwd, env, _, _, _, stdin, ours_in, ours_out, stdout, ours_err, stderr, *rest) = others
        kind = None if preexec_fn else _kind(args, env)
        if kind not in self.forks:
            super()._execute_child(args, executable, preexec_fn, *others)  # type: ignore[misc]
            return
        *_, umask, new_session, _ = rest
        request: dict[str, Any] = {
            "command": [os.fspath(one) for one in args[1:]],
            "cwd": os.fspath(cwd) if cwd else os.getcwd(),
            "env": dict(os.environ if env is None else env),
            "umask": umask,
            "new_session": new_session,
            "parent": os.getpid(),
            "pass_fds": list(pass_fds),
        }
        streams = [own if given == -1 else given for own, given in enumerate((stdin, stdout, stderr))]
        self.pid = _server(kind).start(request, [*streams, *pass_fds])
        self._child_created = True
        self._close_pipe_fds(stdin, ours_in, ours_out, stdout, ours_err, stderr)  # type: ignore[attr-defined]


class WorkerPopen(Popen):
    """`subprocess.Popen`, which forks for the processes that read documents."""

    forks = ("worker",)


def run(
    command: Sequence[str | Path], *, timeout: float, check: bool = False, capture_output: bool = True, **options: Any
) -> "subprocess.CompletedProcess[str]":
    """`subprocess.run` for `COMMAND` and its arguments."""
    if capture_output:
        options |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with Popen(command, **options) as process:
        try:
            out, err = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
    done = subprocess.CompletedProcess(command, process.returncode, out, err)
    if check:
        done.check_returncode()
    return done


class _Server:
    """The process that forks, and the socket to it."""

    def __init__(self, kind: _Kind) -> None:
        self._lock = threading.Lock()
        self._prctl = ctypes.CDLL(None, use_errno=True).prctl
        self._socket, theirs = socket.socketpair()
        root = Path(__file__).parents[2]
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, kind, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                cwd=root,
            )
        atexit.register(self._end)

    def start(self, request: dict[str, Any], streams: list[int]) -> int:
        """The process id of a new child."""
        with self._lock, tempfile.TemporaryFile() as file:
            file.write(json.dumps(request).encode("utf-8", "surrogatepass"))
            file.seek(0)
            # The fork's parent ends at once, and the fork becomes a child of this process.
            self._prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
            try:
                socket.send_fds(self._socket, [b"."], [file.fileno(), *streams])
                return int.from_bytes(self._socket.recv(8), "big")
            finally:
                self._prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)

    def _end(self) -> None:
        self._socket.close()
        self._process.wait()


_started: dict[_Kind, _Server] = {}
_starting = threading.Lock()


def _server(kind: _Kind) -> _Server:
    with _starting:
        if kind not in _started:
            _started[kind] = _Server(kind)
        return _started[kind]


def _serve(requests: socket.socket) -> list[str]:
    """Forks for each request. Returns only in a fork, with its command."""
    while True:
        given, fds, _, _ = socket.recv_fds(requests, 1, 16)
        if not given:
            os._exit(0)
        reading, writing = os.pipe()
        between = os.fork()
        if between == 0:
            child = os.fork()
            if child == 0:
                requests.close()
                os.close(reading)
                os.close(writing)
                return _prepare(fds)
            os.write(writing, child.to_bytes(8, "big"))
            os._exit(0)
        os.waitpid(between, 0)
        requests.send(os.read(reading, 8))
        for fd in (reading, writing, *fds):
            os.close(fd)


def _prepare(fds: list[int]) -> list[str]:
    """Gives this fork its streams, variables and folder, as a new process has them; returns its command."""
    with open(fds[0], "rb") as file:
        request = json.load(file)
    # Out of the way of the numbers that the command expects.
    given = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 1000) for fd in fds[1:]]
    os.closerange(3, 1000)
    for own, fd in zip([0, 1, 2, *request["pass_fds"]], given, strict=True):
        os.dup2(fd, own)
        os.close(fd)
    # The process between ends at once, and this one may then end with its parent.
    while os.getppid() not in (request["parent"], 1):
        time.sleep(0.001)
    sys.stdin, sys.stdout, sys.stderr = (
        open(0, encoding="utf-8", closefd=False),  # noqa: SIM115  they last as long as the process
        open(1, "w", encoding="utf-8", closefd=False),  # noqa: SIM115
        open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False, buffering=1),  # noqa: SIM115
    )
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    if request["umask"] >= 0:
        os.umask(request["umask"])
    if request["new_session"]:
        os.setsid()
    time.tzset()
    random.seed()
    tempfile.tempdir = None
    return request["command"]


def _import_all(kind: str) -> None:
    packages = {"command": [_COMMANDS], "worker": [_FORMATS]}[kind]
    for package in packages:
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            importlib.import_module(module.name)
    for name in _LAZY if kind == "command" else (*_WORKERS, _RENDER):
        importlib.import_module(name)
    if kind == "worker":
        preload, families = (importlib.import_module(f"files_api_mcp.backends.documents.{name}") for name in _FAMILIES)
        for family in (families.ALL, families.PDF, families.TEXT, families.QUERY):
            preload.load_parsers(family)
    # `runpy` warns about a module that it finds loaded.
    sys.modules.pop(MODULE, None)
    # So that a fork's collections do not copy what all forks share.
    gc.freeze()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _import_all(sys.argv[1])
    command = _serve(socket.socket(fileno=int(sys.argv[2])))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if command[0] == "-m":
        sys.argv = command[1:]
        sys.path[0] = os.getcwd()
        runpy.run_module(command[1], run_name="__main__", alter_sys=True)
    elif "-c" in command:
        at = command.index("-c")
        sys.argv = ["-c", *command[at + 2 :]]
        exec(command[at + 1], {"__name__": "__main__"})
    else:
        sys.argv = command
        sys.path[0] = str(Path(command[0]).parent)
        runpy.run_path(command[0], run_name="__main__")
