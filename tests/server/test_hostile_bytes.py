"""A few hostile bytes in a file must not stop the server: other requests are answered while the file is uploaded."""

import json
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.support.agent import write
from tests.support.stdio_process import Process

HANGS_AFTER_S = 60.0
COMMENTS = "<!---->" * 40 + "x"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path / "root" / "notes.md", "# Notes\n").parent


@pytest.fixture
def server(tmp_path: Path, root: Path) -> Generator[Process]:
    running = Process(tmp_path, root)
    # A server that hangs is killed, and the answer that the test waits for never comes.
    timer = threading.Timer(HANGS_AFTER_S, running.process.kill)
    timer.start()
    with running.process:
        running.handshake()
        yield running
        running.process.kill()
        timer.cancel()


def answers(server: Process, count: int) -> dict[int, dict[str, Any]]:
    """The results of so many requests, by their ids, in whatever order they come."""
    found: dict[int, dict[str, Any]] = {}
    assert server.process.stdout
    while len(found) < count:
        line = server.process.stdout.readline()
        assert line, "the server hung"
        message = json.loads(line)
        if "id" in message:
            found[message["id"]] = message["result"]
    return found


def upload_beside_ping(server: Process, path: str) -> dict[str, Any]:
    """Upload a path, and require that `ping` is answered too; returns the upload's structured result."""
    params = {"name": "upload_file", "arguments": {"path": path}}
    server.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode())
    server.send(b'{"jsonrpc":"2.0","id":2,"method":"ping"}')
    found = answers(server, 2)
    assert found[2] == {}
    return found[1]["structuredContent"]


def test_comments_before_nothing_end_the_look_for_html(server: Process, root: Path) -> None:
    write(root / "comments.txt", COMMENTS)
    (uploaded,) = upload_beside_ping(server, "comments.txt")["files"]
    assert uploaded["mime_type"] == "text/plain"


BOMBS = {
    "stars": "*a" * 20 + "b",
    "folders": "**/*a*a*a*a*a*a*a*a*a*a*a*a*b/x",
    "sets": "[ab]*" * 30 + "c",
    "repeated": "**/" * 1300 + "b",
    "alternating": "/" + "**/a/" * 300,
}


def test_no_rule_of_a_gitignore_file_holds_the_upload_of_its_folder(server: Process, root: Path) -> None:
    for name, rule in BOMBS.items():
        write(root / name / ".gitignore", f"*.log\n{rule}\n")
        deep = (root / name).joinpath(*"a" * 30)
        write(deep / ("a" * 60), name)
        write(deep / "x.log", name)
        result = upload_beside_ping(server, name)
        assert [file["filename"] for file in result["files"]] == ["a" * 60]
        assert result["skipped"] == "1 hidden, 1 ignored"


def test_a_rule_that_means_nothing_is_passed_over(server: Process, root: Path) -> None:
    for number, rule in enumerate(("[z-a]", "\\", "[a", "a\\", "[[:none:]]")):
        folder = root / f"{number}"
        write(folder / ".gitignore", f"{rule}\n*.log\n")
        write(folder / "x.log", "text")
        write(folder / "y.txt", "text")
        assert [file["filename"] for file in upload_beside_ping(server, folder.name)["files"]] == ["y.txt"]


def test_a_glob_of_100_kb_is_refused_with_the_limit(server: Process) -> None:
    answer = server.request(1, "tools/call", name="upload_file", arguments={"path": "*" * 100_000})
    assert answer["result"]["content"][0]["text"].startswith("[invalid_argument] path must be 1 to 4096 bytes")
