"""The hosts that a server can be installed in: what their configuration is called, and how it reads."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["HOSTS", "Host", "KeyReference", "Syntax"]

Syntax = Literal["json", "jsonc", "toml"]
"""How a file is written; jsonc: comments and trailing commas are taken."""

KeyReference = Literal["inherited", "env", "input", "env_vars"]
"""How a host hands a key on without its value in the file: the server has the host's own environment; `${env:NAME}`;
`${input:ID}`, asked of the person once and kept encrypted; or a list of the variables that are passed on."""


@dataclass(frozen=True, slots=True)
class Host:
    """`section` is the member that holds the servers, `project_file` where a project has them (None: it cannot),
    `project_root` how its configuration names the project's folder, `typed` whether entries name their transport,
    `trust` what a person has to do before a project's servers run."""

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
            next_step="Quit Claude Desktop and start it again.",
        ),
        Host(
            "claude-code",
            "Claude Code",
            "json",
            "mcpServers",
            key_reference="inherited",
            next_step="Sessions that start from now on have it; `claude mcp list` shows it.",
            project_file=".mcp.json",
            typed=True,
            trust="Claude Code asks everybody once whether to run a project's servers.",
        ),
        Host(
            "cursor",
            "Cursor",
            "jsonc",
            "mcpServers",
            key_reference="env",
            next_step="Switch it on under Settings, MCP.",
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
            next_step="Run the command `MCP: List Servers` to start it.",
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
            next_step="Sessions that start from now on have it; `codex mcp list` shows it.",
            project_file=".codex/config.toml",
            trust="Codex reads it in projects that it was told to trust.",
        ),
    )
}
"""By the name that people type."""
