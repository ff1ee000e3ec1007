"""Where hosts keep their configuration, on each platform."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from files_api_mcp.server.install.hosts import Host

__all__ = ["Machine", "project_file", "user_file"]


@dataclass(frozen=True, slots=True)
class Machine:
    """What of this machine decides where files are: `sys.platform`, the environment, and two folders."""

    platform: str
    environment: Mapping[str, str]
    home: Path
    cwd: Path

    def folder(self, variable: str, otherwise: Path) -> Path:
        """The folder that a variable names, else the usual one."""
        named = self.environment.get(variable, "").strip()
        return self.cwd / named if named else otherwise

    def application_data(self) -> Path:
        """Where desktop applications keep a user's configuration."""
        if self.platform == "darwin":
            return self.home / "Library" / "Application Support"
        if self.platform == "win32":
            return self.folder("APPDATA", self.home / "AppData" / "Roaming")
        return self.folder("XDG_CONFIG_HOME", self.home / ".config")


def user_file(host: Host, machine: Machine) -> Path:
    """The file that holds the host's servers for all projects of this user."""
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
    """The file that holds the servers of the project in the working directory; None: this host has no such file."""
    return machine.cwd / host.project_file if host.project_file else None


def _claude_desktop_folder(machine: Machine) -> Path:
    if machine.platform == "win32":
        # Installed as a Windows package, it sees this folder in the place of the usual one.
        local = machine.folder("LOCALAPPDATA", machine.home / "AppData" / "Local")
        packaged = sorted(local.glob("Packages/Claude_*/LocalCache/Roaming/Claude"))
        if packaged:
            return packaged[0]
    return machine.application_data() / "Claude"
