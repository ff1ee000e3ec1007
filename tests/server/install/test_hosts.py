"""The paths of hosts' configuration files, on each platform."""

from pathlib import Path

import pytest

from files_api_mcp.server.install.hosts import HOSTS, Machine, project_file, user_file

HOME = Path("/home/ada")


def machine(platform: str, **environment: str) -> Machine:
    return Machine(platform, environment, HOME, Path("/work/project"))


@pytest.mark.parametrize(
    ("host", "platform", "environment", "where"),
    [
        ("claude-desktop", "darwin", {}, "Library/Application Support/Claude/claude_desktop_config.json"),
        ("claude-desktop", "linux", {}, ".config/Claude/claude_desktop_config.json"),
        ("claude-desktop", "linux", {"XDG_CONFIG_HOME": "/x"}, "/x/Claude/claude_desktop_config.json"),
        ("claude-desktop", "win32", {}, "AppData/Roaming/Claude/claude_desktop_config.json"),
        ("claude-desktop", "win32", {"APPDATA": "/r"}, "/r/Claude/claude_desktop_config.json"),
        ("claude-code", "linux", {}, ".claude.json"),
        ("claude-code", "darwin", {"CLAUDE_CONFIG_DIR": "/c"}, "/c/.claude.json"),
        ("cursor", "darwin", {}, ".cursor/mcp.json"),
        ("vscode", "darwin", {}, "Library/Application Support/Code/User/mcp.json"),
        ("vscode", "linux", {"XDG_CONFIG_HOME": " "}, ".config/Code/User/mcp.json"),
        ("vscode", "win32", {"APPDATA": "/r"}, "/r/Code/User/mcp.json"),
        ("codex", "win32", {}, ".codex/config.toml"),
        ("codex", "linux", {"CODEX_HOME": "/d"}, "/d/config.toml"),
    ],
)
def test_each_host_has_its_file_on_each_platform(
    host: str, platform: str, environment: dict[str, str], where: str
) -> None:
    assert user_file(HOSTS[host], machine(platform, **environment)) == HOME / where


def test_the_windows_package_of_claude_desktop_has_its_own_folder(tmp_path: Path) -> None:
    packaged = tmp_path / "Packages" / "Claude_pzs8sxrjxfjjc" / "LocalCache" / "Roaming" / "Claude"
    packaged.mkdir(parents=True)
    on_windows = machine("win32", LOCALAPPDATA=str(tmp_path), APPDATA="/r")
    assert user_file(HOSTS["claude-desktop"], on_windows) == packaged / "claude_desktop_config.json"
    assert user_file(HOSTS["vscode"], on_windows) == Path("/r/Code/User/mcp.json")


def test_every_host_but_claude_desktop_has_a_project_file() -> None:
    found = {name: project_file(host, machine("linux")) for name, host in HOSTS.items()}
    project = Path("/work/project")
    assert found == {
        "claude-desktop": None,
        "claude-code": project / ".mcp.json",
        "cursor": project / ".cursor" / "mcp.json",
        "vscode": project / ".vscode" / "mcp.json",
        "codex": project / ".codex" / "config.toml",
    }
