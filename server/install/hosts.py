"""The hosts: their configuration files on each platform, and the format of an entry."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

__all__ = ["HOSTS", "Host", "KeyReference", "Machine", "Syntax", "project_file", "user_file"]

Syntax = Literal["json", "jsonc", "toml"]
"""Format of a configuration file; jsonc allows comments and trailing commas."""

KeyReference = Literal["inherited", "variable", "env", "input", "env_vars"]
"""Ways in which a host passes a key on without its value in the file.

The server inherits the host's environment; `${NAME}`; `${env:NAME}`; `${input:ID}`, which the host asks for once
and stores encrypted; or a list of variables to pass on.
"""


@dataclass(frozen=True, slots=True)
class Host:
    """A host's configuration.

    `section` is the key of the servers, `project_file` the path in a project (None: the host has no project
    configuration), `project_root` its placeholder for the project's folder, `members` what every entry has besides the
    command, `joined` whether the command and its arguments are one list, `trust` what the user must do before a
    project's servers run.
    """

    name: str
    title: str
    syntax: Syntax
    section: str
    key_reference: KeyReference | None
    next_step: str
    project_file: str | None = None
    project_root: str | None = None
    members: Mapping[str, Any] = field(default_factory=dict[str, Any])
    joined: bool = False
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
            members={"type": "stdio"},
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
            members={"type": "stdio"},
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
            members={"type": "stdio"},
        ),
        Host(
            "codex",
            "Codex",
            "toml",
            "mcp_servers",
            key_reference="env_vars",
            next_step="New sessions load it; check with `codex mcp list`.",
            project_file=".codex/config.toml",
            # Codex gives up after 10 s otherwise.
            members={"startup_timeout_sec": 30},
            trust="Codex reads it only in trusted projects.",
        ),
        Host(
            "gemini",
            "Gemini CLI",
            "jsonc",
            "mcpServers",
            # It removes variables with KEY or TOKEN in their names from the environment of servers.
            key_reference="variable",
            next_step="New sessions in trusted folders load it; check with `gemini mcp list`.",
            project_file=".gemini/settings.json",
            trust="Gemini CLI reads it only in trusted folders.",
        ),
        Host(
            "opencode",
            "opencode",
            "jsonc",
            "mcp",
            key_reference="inherited",
            next_step="New sessions load it; check with `opencode mcp list`.",
            project_file="opencode.json",
            # In milliseconds; opencode gives up after 5 s otherwise.
            members={"type": "local", "timeout": 30_000},
            joined=True,
        ),
        Host(
            "copilot",
            "GitHub Copilot CLI",
            "json",
            "mcpServers",
            key_reference="variable",
            next_step="New sessions load it; check with `copilot mcp list`.",
            members={"type": "local", "tools": ["*"]},
        ),
        Host(
            "windsurf",
            "Windsurf (Devin Desktop)",
            "json",
            "mcpServers",
            key_reference="env",
            next_step="Restart the editor, or refresh its list of MCP servers.",
        ),
        Host(
            "zed",
            "Zed",
            "jsonc",
            "context_servers",
            key_reference="inherited",
            next_step="Zed starts it at once; see Settings, AI, MCP Servers.",
            members={"source": "custom"},
        ),
        Host(
            "cline",
            "Cline",
            "json",
            "mcpServers",
            key_reference="inherited",
            next_step="New tasks load it; see the MCP servers in Cline.",
            members={"type": "stdio"},
        ),
        Host(
            "lm-studio",
            "LM Studio",
            "json",
            "mcpServers",
            key_reference=None,
            next_step="Turn it on under Program, Integrations.",
        ),
        Host(
            "jetbrains",
            "JetBrains Junie",
            "json",
            "mcpServers",
            key_reference=None,
            next_step="Turn it on under Settings, Tools, Junie, MCP Settings.",
            project_file=".junie/mcp/mcp.json",
        ),
        Host(
            "kiro",
            "Kiro",
            "jsonc",
            "mcpServers",
            key_reference="variable",
            next_step="Kiro loads it when the file changes; see its MCP servers.",
            project_file=".kiro/settings/mcp.json",
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

    def settings(self) -> Path:
        """The folder of programs that use ~/.config on macOS too."""
        return self.application_data() if self.platform == "win32" else self.unix_settings()

    def unix_settings(self) -> Path:
        """The folder of programs that use ~/.config on every platform."""
        return self.folder("XDG_CONFIG_HOME", self.home / ".config")


def user_file(host: Host, machine: Machine) -> Path:
    """The host's configuration file for all projects of this user."""
    return _USER_FILES[host.name](machine)


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


def _opencode_file(machine: Machine) -> Path:
    folder = machine.folder("OPENCODE_CONFIG_DIR", machine.unix_settings() / "opencode")
    files = (folder / "opencode.json", folder / "opencode.jsonc")
    return next((file for file in files if file.exists()), files[0])


def _windsurf_file(machine: Machine) -> Path:
    """Windsurf was renamed Devin Desktop, which reads another file."""
    current, before = machine.settings() / "devin", machine.home / ".codeium" / "windsurf"
    folder = before if before.is_dir() and not current.is_dir() else current
    return folder / "mcp_config.json"


def _zed_file(machine: Machine) -> Path:
    return machine.settings() / ("Zed" if machine.platform == "win32" else "zed") / "settings.json"


def _cline_file(machine: Machine) -> Path:
    data = machine.folder("CLINE_DATA_DIR", machine.folder("CLINE_DIR", machine.home / ".cline") / "data")
    return machine.folder("CLINE_MCP_SETTINGS_PATH", data / "settings" / "cline_mcp_settings.json")


def _lm_studio_file(machine: Machine) -> Path:
    """LM Studio's folder can be moved; a file in the home folder then names it."""
    with suppress(OSError, UnicodeDecodeError):
        named = (machine.home / ".lmstudio-home-pointer").read_text(encoding="utf-8").strip()
        if named:
            return machine.home / named / "mcp.json"
    before = machine.home / ".cache" / "lm-studio"
    return (before if before.is_dir() else machine.home / ".lmstudio") / "mcp.json"


_USER_FILES: Mapping[str, Callable[[Machine], Path]] = {
    "claude-desktop": lambda machine: _claude_desktop_folder(machine) / "claude_desktop_config.json",
    "claude-code": lambda machine: machine.folder("CLAUDE_CONFIG_DIR", machine.home) / ".claude.json",
    "cursor": lambda machine: machine.home / ".cursor" / "mcp.json",
    "vscode": lambda machine: machine.application_data() / "Code" / "User" / "mcp.json",
    "codex": lambda machine: machine.folder("CODEX_HOME", machine.home / ".codex") / "config.toml",
    "gemini": lambda machine: machine.folder("GEMINI_CLI_HOME", machine.home) / ".gemini" / "settings.json",
    "opencode": _opencode_file,
    "copilot": lambda machine: machine.folder("COPILOT_HOME", machine.home / ".copilot") / "mcp-config.json",
    "windsurf": _windsurf_file,
    "zed": _zed_file,
    "cline": _cline_file,
    "lm-studio": _lm_studio_file,
    "jetbrains": lambda machine: machine.home / ".junie" / "mcp" / "mcp.json",
    "kiro": lambda machine: machine.home / ".kiro" / "settings" / "mcp.json",
}
