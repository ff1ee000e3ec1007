"""A parser that was captured reaches nothing; without the sandbox, the same attempts succeed."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from files_api_mcp.backends.sandbox.probe import sandbox_parts
from tests.support import captured_parser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox of other systems is not tested here"),
]


def captured(folder: Path, mode: str) -> dict[str, Any]:
    folder.mkdir()
    for name in ("secret", "written", "removed", "renamed", "document"):
        (folder / name).write_text("canary")
    own: dict[str, Any] = {"unix": str(folder / "s"), "abstract": f"files-api-{folder.name}-{os.getpid()}"}
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as named,
        socket.socket(socket.AF_UNIX) as abstract,
        (folder / "document").open("rb") as document,
        (folder / "secret").open("rb") as inherited,
        subprocess.Popen(["sleep", "600"]) as victim,
    ):
        try:
            named.bind(own["unix"])
            abstract.bind("\0" + own["abstract"])
            for one in (named, abstract):
                one.listen()
            facts = {
                **own,
                "secret": str(folder / "secret"),
                "folder": str(folder),
                "victim": victim.pid,
                "port": server.getsockname()[1],
                "document": document.fileno(),
                "inherited": inherited.fileno(),
            }
            done = subprocess.run(
                [sys.executable, captured_parser.__file__, mode, json.dumps(facts)],
                env={**os.environ, "CANARY": "canary"},
                pass_fds=[document.fileno(), inherited.fileno()],
                capture_output=True,
                check=True,
                timeout=120,
            )
        finally:
            victim.kill()
    return json.loads(done.stdout)


def test_a_captured_parser_reaches_nothing(tmp_path: Path) -> None:
    free, walled = captured(tmp_path / "free", "free"), captured(tmp_path / "walled", "walled")
    possible = {name for name, succeeded in free["done"].items() if succeeded}
    missing = sorted(name for name, holds in walled["parts"].items() if not holds)
    if missing:
        pytest.skip(f"this system has no {', '.join(missing)}")
    assert {name for name, succeeded in walled["done"].items() if succeeded} == set()
    assert len(possible) >= 40, sorted(set(free["done"]) - possible)


def test_the_parts_of_the_sandbox_can_be_told() -> None:
    parts = sandbox_parts()
    assert "seccomp" in parts
    assert any(name.startswith("landlock") for name in parts)
