"""The hosts' own commands read the installed entry; skipped without these commands."""

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
    return subprocess.run(arguments, cwd=home, env=quiet, capture_output=True, text=True, timeout=300, check=True)


def install(home: Path, *arguments: str) -> None:
    run(home, sys.executable, "-m", "files_api_mcp.server.cli.main", "install", *arguments)


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


@present("gemini", "@google/gemini-cli")
def test_gemini_reads_what_was_installed(home: Path) -> None:
    # In a folder that is not trusted, gemini lists servers without starting them.
    install(home, "gemini", "docs")
    listed = run(home, "gemini", "mcp", "list")
    assert str(home / "docs") in listed.stdout + listed.stderr


@present("opencode", "opencode-ai")
def test_opencode_connects_to_what_was_installed(home: Path) -> None:
    install(home, "opencode", "docs")
    listed = run(home, "opencode", "mcp", "list").stdout
    assert "connected" in listed
    assert str(home / "docs") in listed


@present("copilot", "@github/copilot")
def test_copilot_reads_what_was_installed(home: Path) -> None:
    install(home, "copilot", "docs", "--backend", "anthropic")
    (server,) = json.loads(run(home, "copilot", "mcp", "get", "files", "--json").stdout).values()
    assert server["args"][:2] == ["serve", str(home / "docs")]
    assert server["tools"] == ["*"]


@present("cline", "cline")
def test_cline_removes_what_was_installed(home: Path) -> None:
    install(home, "cline", "docs")
    settings = home / ".cline" / "data" / "settings" / "cline_mcp_settings.json"
    assert "files" in json.loads(settings.read_text())["mcpServers"]
    run(home, "cline", "mcp", "uninstall", "files")
    assert json.loads(settings.read_text())["mcpServers"] == {}
