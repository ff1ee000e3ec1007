"""The hosts: their configuration files on each platform, and the format of an entry."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["HOSTS", "Host", "KeyReference", "Machine", "Syntax", "project_file", "user_file"]

Syntax = Literal["json", "jsonc", "toml"]
"""Format of a configuration file; jsonc allows comments and trailing commas."""

KeyReference = Literal["inherited", "env", "input", "env_vars"]
"""Ways in which a host passes a key on without its value in the file.

The server inherits the host's environment; `${env:NAME}`; `${input:ID}`, which the host asks for once and stores
encrypted; or a list of variables to pass on.
"""


@dataclass(frozen=True, slots=True)
class Host:
    """A host's configuration.

    `section` is the key of the servers, `project_file` the path in a project (None: the host has no project
    configuration), `project_root` its placeholder for the project's folder, `typed` whether entries name their
    transport, `trust` what the user must do before a project's servers run.
    """

    name: str
    title: str
    syntax: Syntax
    section: str
    key_reference: KeyReference | None
    next_step: str
    project_file: str | None = None
    project_root: str | None = None
    typed: bool = False
    trust: str = ""


HOSTS = {
    host.name: host
    for host in (
        Host(
            "claude-desktop",
            "Claude Desktop",
            "json",
            "mcpServers",
            key_reference=None,
            next_step="Restart Claude Desktop.",
        ),
        Host(
            "claude-code",
            "Claude Code",
            "json",
            "mcpServers",
            key_reference="inherited",
            next_step="New sessions load it; check with `claude mcp list`.",
            project_file=".mcp.json",
            typed=True,
            trust="Claude Code asks each user once whether to run a project's servers.",
        ),
        Host(
            "cursor",
            "Cursor",
            "jsonc",
            "mcpServers",
            key_reference="env",
            next_step="Turn it on under Settings, MCP.",
            project_file=".cursor/mcp.json",
            project_root="${workspaceFolder}",
            typed=True,
        ),
        Host(
            "vscode",
            "VS Code",
            "jsonc",
            "servers",
            key_reference="input",
            next_step="Start it with the command `MCP: List Servers`.",
            project_file=".vscode/mcp.json",
            project_root="${workspaceFolder}",
            typed=True,
        ),
        Host(
            "codex",
            "Codex",
            "toml",
            "mcp_servers",
            key_reference="env_vars",
            next_step="New sessions load it; check with `codex mcp list`.",
            project_file=".codex/config.toml",
            trust="Codex reads it only in trusted projects.",
        ),
    )
}
"""By the name given on the command line."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The platform (`sys.platform`), environment and folders that decide where files are."""

    platform: str
    environment: Mapping[str, str]
    home: Path
    cwd: Path

    def folder(self, variable: str, default: Path) -> Path:
        """The folder in a variable, else the default."""
        named = self.environment.get(variable, "").strip()
        return self.cwd / named if named else default

    def application_data(self) -> Path:
        """The folder of desktop applications' user configuration."""
        if self.platform == "darwin":
            return self.home / "Library" / "Application Support"
        if self.platform == "win32":
            return self.folder("APPDATA", self.home / "AppData" / "Roaming")
        return self.folder("XDG_CONFIG_HOME", self.home / ".config")


def user_file(host: Host, machine: Machine) -> Path:
    """The host's configuration file for all projects of this user."""
    if host.name == "claude-desktop":
        return _claude_desktop_folder(machine) / "claude_desktop_config.json"
    if host.name == "claude-code":
        return machine.folder("CLAUDE_CONFIG_DIR", machine.home) / ".claude.json"
    if host.name == "vscode":
        return machine.application_data() / "Code" / "User" / "mcp.json"
    if host.name == "codex":
        return machine.folder("CODEX_HOME", machine.home / ".codex") / "config.toml"
    return machine.home / ".cursor" / "mcp.json"


def project_file(host: Host, machine: Machine) -> Path | None:
    """The host's configuration file for the project in the working directory; None if the host has none."""
    return machine.cwd / host.project_file if host.project_file else None


def _claude_desktop_folder(machine: Machine) -> Path:
    if machine.platform == "win32":
        # The Windows package sees this folder in place of the usual one.
        local = machine.folder("LOCALAPPDATA", machine.home / "AppData" / "Local")
        packaged = sorted(local.glob("Packages/Claude_*/LocalCache/Roaming/Claude"))
        if packaged:
            return packaged[0]
    return machine.application_data() / "Claude"
