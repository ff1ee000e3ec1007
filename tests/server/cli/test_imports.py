"""The commands for people load neither the MCP SDK nor what only a server needs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.agent import write
from tests.support.terminal import environment

pytestmark = pytest.mark.slow

REPORTING = """
import json, sys
from files_api_mcp.server.cli.main import main
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""
NEVER = {"mcp", "mcp_types", "httpx2", "starlette", "uvicorn", "pypdfium2", "rich", "jwt", "cryptography", "anthropic"}
MOST = 510


def loaded(store: Path, *arguments: str | Path) -> tuple[str, list[str]]:
    """What a command prints, and the modules that it loads."""
    done = subprocess.run(
        [sys.executable, "-c", REPORTING, *map(str, arguments)],
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
        env=environment(FILES_API_MCP_DATA_DIR=str(store)),
    )
    return done.stdout, json.loads(done.stderr.splitlines()[-1])


def test_a_command_loads_only_what_it_needs(tmp_path: Path) -> None:
    store, notes = tmp_path / "data", write(tmp_path / "notes.txt", "Twelve apple trees.\n")
    stored, modules = loaded(store, "upload", notes)
    file_id = stored.split("\t")[0]
    used = {"upload": modules}
    for command, arguments in {
        "list": [],
        "describe": [file_id],
        "read": [file_id],
        "ask": ["How many apple trees?", file_id],
        "batch": [notes, "--question", "How many apple trees?"],
        "download": [file_id, "--save-as", tmp_path / "copy.txt"],
        "delete": [file_id, "--yes"],
    }.items():
        _, used[command] = loaded(store, command, *arguments)
    for command, names in used.items():
        assert not NEVER & {name.partition(".")[0] for name in names}, command
    assert len(used["list"]) <= MOST
