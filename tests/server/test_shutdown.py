"""Shutdown with hanging calls: the server ends and leaves no process behind."""

import faulthandler
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from files_api_mcp.server.shutdown import FORCED_S, LIMIT_S, Shutdown
from tests.server.emulator.sdk.running import clean_environment
from tests.support import fork_server
from tests.support.agent import write
from tests.support.hanging_server import WAYS
from tests.support.http_server import call_request

pytestmark = pytest.mark.slow

HANGING = [sys.executable, str(Path(__file__).parents[1] / "support" / "hanging_server.py")]
PATIENCE_S = 60.0
"""A server that ends within 2 s does so on a machine that is much slower."""
CUT_OFF = b"files-api-mcp: a call did not finish in time and was aborted. All acknowledged data is stored.\n"
HELD = "in_c_that_holds_the_interpreter"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path / "root" / "notes.md", "# Notes\n\nThe harbour opens at six.\n").parent


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that happens soon."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def children_of(process: "subprocess.Popen[bytes]") -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, check=False)
    return [int(line) for line in found.stdout.split()]


def is_running(pid: int) -> bool:
    """Whether the process is there and not a zombie that its new parent has yet to collect."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@contextmanager
def hanging(way: str, tmp_path: Path, *arguments: str) -> Generator["subprocess.Popen[bytes]"]:
    """The real server, in which a list of files will hang."""
    process = fork_server.Popen(
        [*HANGING, way, str(tmp_path), *arguments, "--data-dir", str(tmp_path / "data")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(),
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ended(process: "subprocess.Popen[bytes]", children: list[int], way: str) -> None:
    """It ends by itself, in one line, and takes its children with it."""
    # It says little, so no pipe fills up; communicate() would close its stdin, which ends it too.
    process.wait(PATIENCE_S)
    _, errors = process.communicate()
    # Code that holds the interpreter prevents any message.
    assert (process.returncode, CUT_OFF in errors) == ((1, False) if way == HELD else (0, True)), errors
    assert b"Traceback" not in errors, errors.decode()
    until(lambda: not any(map(is_running, children)))


def send(process: "subprocess.Popen[bytes]", number: int, method: str, **params: Any) -> None:
    assert process.stdin
    message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    process.stdin.write(json.dumps(message).encode() + b"\n")
    process.stdin.flush()


def answered(process: "subprocess.Popen[bytes]", number: int) -> None:
    assert process.stdout
    for line in process.stdout:
        if json.loads(line).get("id") == number:
            return
    raise AssertionError("no answer")


def busy_over_stdio(process: "subprocess.Popen[bytes]", tmp_path: Path) -> list[int]:
    """Have a document read, which starts a process, and hang; returns the children."""
    client = {"name": "test", "version": "1"}
    send(process, 0, "initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo=client)
    answered(process, 0)
    send(process, 1, "tools/call", name="upload_file", arguments={"path": "notes.md"})
    answered(process, 1)
    children = children_of(process)
    assert children
    send(process, 2, "tools/call", name="list_files", arguments={})
    until((tmp_path / "hanging").exists)
    return children


@pytest.mark.parametrize(
    ("how", "way"), [*((signal.SIGTERM, way) for way in WAYS), (signal.SIGINT, "in_python"), (signal.SIGINT, HELD)]
)
def test_a_server_over_stdio_ends_on_a_signal(tmp_path: Path, root: Path, way: str, how: signal.Signals) -> None:
    with hanging(way, tmp_path, "serve", "--backend", "local", str(root)) as process:
        children = busy_over_stdio(process, tmp_path)
        process.send_signal(how)
        ended(process, children, way)


@pytest.mark.parametrize("way", [way for way in WAYS if way != HELD])
def test_a_server_over_stdio_ends_when_its_client_leaves(tmp_path: Path, root: Path, way: str) -> None:
    with hanging(way, tmp_path, "serve", "--backend", "local", str(root)) as process:
        children = busy_over_stdio(process, tmp_path)
        # The thread that reads takes it, and the stuck event loop does not let it read on, to the end.
        send(process, 3, "tools/list")
        assert process.stdin
        process.stdin.close()
        process.stdin = None
        ended(process, children, way)


def port_of(process: "subprocess.Popen[bytes]") -> int:
    assert process.stderr
    for line in process.stderr:
        if found := re.search(rb"http://127\.0\.0\.1:(\d+)", line):
            return int(found[1])
    raise AssertionError("the server did not start")


@contextmanager
def requested(port: int, head: str, body: bytes = b"") -> Generator[None]:
    """A request that is sent and not answered."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        connection.sendall(f"{head}Host: 127.0.0.1:{port}\r\n\r\n".encode() + body)
        yield


@pytest.mark.parametrize("way", WAYS)
def test_a_server_over_http_ends_on_a_signal(tmp_path: Path, root: Path, way: str) -> None:
    options = ("--transport", "http", "--port", "0", "--backend", "local")
    with hanging(way, tmp_path, "serve", *options, str(root)) as process:
        headers, body = call_request("list_files", {})
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"POST /mcp HTTP/1.1\r\n{lines}Content-Length: {len(body)}\r\n"
        with requested(port_of(process), head, body):
            until((tmp_path / "hanging").exists)
            process.send_signal(signal.SIGTERM)
            ended(process, [], way)


@pytest.mark.parametrize("way", WAYS)
def test_the_emulator_ends_on_a_signal(tmp_path: Path, way: str) -> None:
    with hanging(way, tmp_path, "emulator", "--port", "0") as process:
        head = "GET /v1/files HTTP/1.1\r\nx-api-key: k\r\nanthropic-version: 2023-06-01\r\n"
        with requested(port_of(process), head):
            until((tmp_path / "hanging").exists)
            process.send_signal(signal.SIGTERM)
            ended(process, [], way)


@pytest.fixture
def forced(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Takes the place of the forced end."""
    event = threading.Event()

    def force(_: Shutdown) -> None:
        event.set()

    monkeypatch.setattr(Shutdown, "force", force)
    return event


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Recorded times; the test does not wait for them."""
    seconds: list[float] = []
    monkeypatch.setattr(time, "sleep", seconds.append)
    return seconds


@pytest.fixture
def armed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The times after which C would end the process."""
    seconds: list[Any] = []

    def note(timeout: float, *, exit: bool, file: int) -> None:  # noqa: A002
        assert exit
        assert os.fstat(file).st_rdev == Path(os.devnull).stat().st_rdev
        seconds.append(timeout)

    monkeypatch.setattr(faulthandler, "dump_traceback_later", note)
    return seconds


def test_the_limit_is_two_seconds_and_is_set_once(
    armed: list[Any], slept: list[float], forced: threading.Event
) -> None:
    shutdown = Shutdown()
    assert select.select([shutdown.fd], [], [], 0)[0] == []
    for _ in range(100_000):
        shutdown.begin()
    assert forced.wait(PATIENCE_S)
    assert armed == [LIMIT_S] == [2.0]
    assert slept == [FORCED_S]
    assert FORCED_S < LIMIT_S
    assert select.select([shutdown.fd], [], [], 0)[0] == [shutdown.fd]


@pytest.mark.usefixtures("slept")
def test_a_signal_begins_the_end_between_two_bytecodes(armed: list[Any], forced: threading.Event) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        Shutdown().on_signals()
        signal.raise_signal(signal.SIGTERM)
        assert armed == [2.0]
        assert forced.wait(PATIENCE_S)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
