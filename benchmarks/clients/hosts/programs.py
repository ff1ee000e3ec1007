"""The hosts that run without a screen: their packages, configurations and commands."""

import json
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["HOSTS", "Host", "environment", "installed"]

PROMPT = "Do the job."
READING = ("list_files", "describe_file", "ask_document", "find_text", "query_table", "read_document")
ALL = (*READING, "upload_file", "download_file", "delete_file")

Entry = list[str]
"""The command that starts the server."""


@dataclass(frozen=True)
class Host:
    """A host: its npm package and command; `configure` writes its configuration and returns the arguments.

    `variables` are its environment, with {url} for the model's. `refused` are the tools that the host itself refuses,
    `options` those of the server.
    """

    name: str
    package: str
    command: str
    configure: Callable[[Path, Entry, str], list[str]]
    variables: dict[str, str]
    refused: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


def installed(host: Host, folder: Path) -> tuple[str, str]:
    """Install the host below the folder, unless it is there; returns its program and version."""
    program = folder / "node_modules" / ".bin" / host.command
    if not program.exists():
        install = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(folder), host.package]
        subprocess.run(install, check=True, capture_output=True, timeout=300)
    said = subprocess.run([program, "--version"], check=True, capture_output=True, text=True, timeout=120).stdout
    found = re.search(r"\d+\.\d+\.\d+", said)
    assert found, said
    return str(program), found[0]


def environment(host: Host, home: Path, url: str) -> dict[str, str]:
    """A fake home, and no key or proxy of the user's."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "HOME": str(home)} | {name: value.format(url=url) for name, value in host.variables.items()}


def _claude(allowed: tuple[str, ...]) -> Callable[[Path, Entry, str], list[str]]:
    def configure(home: Path, entry: Entry, _: str) -> list[str]:
        file = home / "mcp.json"
        file.write_text(json.dumps({"mcpServers": {"files": _json_entry(entry)}}))
        names = ",".join(f"mcp__files__{name}" for name in allowed)
        arguments = ["-p", PROMPT, "--mcp-config", str(file), "--strict-mcp-config"]
        return [*arguments, *(["--allowedTools", names] if names else [])]

    return configure


def _codex(home: Path, entry: Entry, url: str) -> list[str]:
    provider = {"name": "Scripted", "base_url": f"{url}/v1", "wire_api": "responses", "env_key": "SCRIPTED_KEY"}
    lines = [
        'model = "gpt-5"',
        'model_provider = "scripted"',
        'approval_policy = "never"',
        'sandbox_mode = "read-only"',
    ]
    lines += ["[model_providers.scripted]", *_toml(provider)]
    lines += ["[mcp_servers.files]", *_toml({"command": entry[0], "args": entry[1:]})]
    (home / ".codex").mkdir(exist_ok=True)
    (home / ".codex" / "config.toml").write_text("\n".join(lines) + "\n")
    return ["exec", "--skip-git-repo-check", PROMPT]


def _opencode(home: Path, entry: Entry, url: str) -> list[str]:
    provider: dict[str, Any] = {"npm": "@ai-sdk/openai-compatible", "name": "Scripted"}
    provider |= {
        "options": {"baseURL": f"{url}/v1", "apiKey": "scripted"},
        "models": {"scripted": {"name": "Scripted"}},
    }
    settings = {
        "provider": {"scripted": provider},
        "model": "scripted/scripted",
        "small_model": "scripted/scripted",
        "autoupdate": False,
        "share": "disabled",
        "mcp": {"files": {"type": "local", "command": entry, "enabled": True}},
    }
    (home / "opencode.json").write_text(json.dumps(settings))
    return ["run", PROMPT]


def _gemini(home: Path, entry: Entry, _: str) -> list[str]:
    settings = {
        "mcpServers": {"files": {"command": entry[0], "args": entry[1:], "trust": True}},
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "privacy": {"usageStatisticsEnabled": False},
        "general": {"disableAutoUpdate": True},
    }
    (home / ".gemini").mkdir(exist_ok=True)
    (home / ".gemini" / "settings.json").write_text(json.dumps(settings))
    return ["--model", "gemini-2.5-flash", "--skip-trust", "--prompt", PROMPT]


def _json_entry(entry: Entry) -> dict[str, Any]:
    return {"command": entry[0], "args": entry[1:]}


def _toml(values: dict[str, Any]) -> list[str]:
    # A JSON string or list of strings is TOML too.
    return [f"{name} = {json.dumps(value)}" for name, value in values.items()]


_CLAUDE = {
    "ANTHROPIC_BASE_URL": "{url}",
    "ANTHROPIC_API_KEY": "scripted",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "ENABLE_TOOL_SEARCH": "false",
}
_CLAUDE_PACKAGE = "@anthropic-ai/claude-code"
# `claude -p` cancels every question to its user.
_NO_QUESTION = ("--confirm-deletes", "never")
_GEMINI = {"GEMINI_API_KEY": "scripted", "GOOGLE_GEMINI_BASE_URL": "{url}"}

HOSTS = (
    Host("Claude Code, `--allowedTools`", _CLAUDE_PACKAGE, "claude", _claude(ALL), _CLAUDE, (), _NO_QUESTION),
    Host("Claude Code", _CLAUDE_PACKAGE, "claude", _claude(()), _CLAUDE, ALL, _NO_QUESTION),
    Host(
        'Codex, `approval_policy = "never"`',
        "@openai/codex",
        "codex",
        _codex,
        {"SCRIPTED_KEY": "scripted"},
        refused=("download_file", "delete_file"),
    ),
    Host("opencode", "opencode-ai", "opencode", _opencode, {"OPENCODE_DISABLE_MODELS_FETCH": "1"}),
    Host("Gemini CLI", "@google/gemini-cli", "gemini", _gemini, _GEMINI),
)
