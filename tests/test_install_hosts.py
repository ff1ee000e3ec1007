"""What hosts themselves make of what was installed, where their command is on this machine."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def present(command: str, package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(command) is None, reason=f"needs {command}: npm install -g {package}")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    return tmp_path


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    quiet = {"HOME": str(home), "PATH": os.environ["PATH"], "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}
    return subprocess.run(arguments, cwd=home, env=quiet, capture_output=True, text=True, timeout=60, check=True)


def install(home: Path, *arguments: str) -> None:
    run(home, sys.executable, "-m", "files_api_mcp.server.cli", "install", *arguments)


@present("claude", "@anthropic-ai/claude-code")
def test_claude_code_connects_to_what_was_installed(home: Path) -> None:
    install(home, "claude-code", "docs")
    (line,) = [line for line in run(home, "claude", "mcp", "list").stdout.splitlines() if line.startswith("files: ")]
    assert line.endswith("Connected")
    assert str(home / "docs") in line


@present("codex", "@openai/codex")
def test_codex_reads_what_was_installed(home: Path) -> None:
    install(home, "codex", "docs", "--backend", "anthropic")
    server = json.loads(run(home, "codex", "mcp", "get", "files", "--json").stdout)
    assert server["enabled"] is True
    assert server["transport"]["args"] == ["serve", str(home / "docs"), "--backend", "anthropic"]
    assert server["transport"]["env_vars"] == ["ANTHROPIC_API_KEY"]


@present("mcp-inspector", "@modelcontextprotocol/inspector")
@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_inspector_finds_no_tool_schema_that_a_host_could_refuse(home: Path, era: str) -> None:
    """Strict mode exits with 6 for a schema that is not portable between hosts and models."""
    configuration = home / "claude_desktop_config.json"
    install(home, "claude-desktop", "docs", "--config", str(configuration), "--data-dir", str(home / "data"))
    target = ["--cli", "--config", str(configuration), "--server", "files", "--protocol-era", era]
    listed = run(home, "mcp-inspector", *target, "--method", "tools/list", "--strict", "--format", "json")
    assert "upload_file" in [tool["name"] for tool in json.loads(listed.stdout)["result"]["tools"]]
