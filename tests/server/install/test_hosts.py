"""The paths of hosts' configuration files, on each platform."""

from collections.abc import Mapping
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


def test_project_files_are_in_the_working_directory() -> None:
    found = {name: project_file(host, machine("linux")) for name, host in HOSTS.items() if host.project_file}
    project = Path("/work/project")
    assert found == {
        "claude-code": project / ".mcp.json",
        "cursor": project / ".cursor" / "mcp.json",
        "vscode": project / ".vscode" / "mcp.json",
        "codex": project / ".codex" / "config.toml",
        "gemini": project / ".gemini" / "settings.json",
        "opencode": project / "opencode.json",
        "jetbrains": project / ".junie" / "mcp" / "mcp.json",
        "kiro": project / ".kiro" / "settings" / "mcp.json",
    }
    assert project_file(HOSTS["claude-desktop"], machine("linux")) is None


def found(host: str, home: Path, platform: str = "linux", **environment: str) -> str:
    machine = Machine(platform, environment, home, home)
    return str(user_file(HOSTS[host], machine).relative_to(home))


@pytest.mark.parametrize(
    ("host", "linux", "darwin", "win32"),
    [
        ("zed", ".config/zed/settings.json", ".config/zed/settings.json", "AppData/Roaming/Zed/settings.json"),
        (
            "windsurf",
            ".config/devin/mcp_config.json",
            ".config/devin/mcp_config.json",
            "AppData/Roaming/devin/mcp_config.json",
        ),
        ("opencode", *[".config/opencode/opencode.json"] * 3),
        ("gemini", *[".gemini/settings.json"] * 3),
        ("copilot", *[".copilot/mcp-config.json"] * 3),
        ("cline", *[".cline/data/settings/cline_mcp_settings.json"] * 3),
        ("lm-studio", *[".lmstudio/mcp.json"] * 3),
        ("jetbrains", *[".junie/mcp/mcp.json"] * 3),
        ("kiro", *[".kiro/settings/mcp.json"] * 3),
    ],
)
def test_each_platform_has_its_own_place(tmp_path: Path, host: str, linux: str, darwin: str, win32: str) -> None:
    assert [found(host, tmp_path, platform) for platform in ("linux", "darwin", "win32")] == [linux, darwin, win32]


@pytest.mark.parametrize(
    ("host", "variables", "place"),
    [
        ("cline", {"CLINE_DIR": "c"}, "c/data/settings/cline_mcp_settings.json"),
        ("cline", {"CLINE_DIR": "c", "CLINE_DATA_DIR": "d"}, "d/settings/cline_mcp_settings.json"),
        ("cline", {"CLINE_DATA_DIR": "d", "CLINE_MCP_SETTINGS_PATH": "e.json"}, "e.json"),
        ("opencode", {"OPENCODE_CONFIG_DIR": "o"}, "o/opencode.json"),
        ("opencode", {"XDG_CONFIG_HOME": "x"}, "x/opencode/opencode.json"),
        ("zed", {"XDG_CONFIG_HOME": "x"}, "x/zed/settings.json"),
        ("copilot", {"COPILOT_HOME": "p"}, "p/mcp-config.json"),
        ("gemini", {"GEMINI_CLI_HOME": "g"}, "g/.gemini/settings.json"),
    ],
)
def test_a_variable_of_the_host_moves_its_file(
    tmp_path: Path, host: str, variables: Mapping[str, str], place: str
) -> None:
    assert found(host, tmp_path, **variables) == place


@pytest.mark.parametrize(
    ("host", "existing", "place"),
    [
        ("opencode", ".config/opencode/opencode.jsonc", ".config/opencode/opencode.jsonc"),
        ("windsurf", ".codeium/windsurf/x", ".codeium/windsurf/mcp_config.json"),
        ("lm-studio", ".cache/lm-studio/x", ".cache/lm-studio/mcp.json"),
    ],
)
def test_a_file_that_the_host_already_has_is_used(tmp_path: Path, host: str, existing: str, place: str) -> None:
    (tmp_path / existing).parent.mkdir(parents=True)
    (tmp_path / existing).write_text("{}")
    assert found(host, tmp_path) == place


def test_a_moved_folder_of_lm_studio_is_found(tmp_path: Path) -> None:
    (tmp_path / ".lmstudio-home-pointer").write_text(f"{tmp_path / 'moved'}\n")
    assert found("lm-studio", tmp_path) == "moved/mcp.json"
