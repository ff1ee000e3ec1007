"""`files-api-mcp install`, in a temporary home folder."""

import json
import os
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from click.testing import CliRunner, Result
from mcp import Client, StdioServerParameters

from files_api_mcp.server.cli.main import command
from files_api_mcp.server.install.hosts import HOSTS
from files_api_mcp.server.settings import BadSettings
from tests.support.agent import write

SECRET = "sk-ant-" + "x7" * 20
Install = Callable[..., Result]
_THEIRS = ("ANTHROPIC_", "CLAUDE_", "CLINE_", "CODEX_", "COPILOT_", "GEMINI_", "OPENCODE_", "XDG_")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home" / "docs").mkdir(parents=True)
    return tmp_path / "home"


@pytest.fixture
def install(home: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Runs the command in the folder `home/project`, with only the variables given."""
    (home / "project").mkdir()
    monkeypatch.chdir(home / "project")
    theirs = [name for name in os.environ if name.startswith(_THEIRS)]

    def run(*arguments: str, **variables: str) -> Result:
        environment = {**dict.fromkeys(theirs), "HOME": str(home), **variables}
        return CliRunner().invoke(command, ["install", *arguments], env=environment)

    return run


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def read(path: Path) -> dict[str, Any]:
    text = path.read_text()
    return tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)


CONFIGS = {
    "claude-desktop": ".config/Claude/claude_desktop_config.json",
    "claude-code": ".claude.json",
    "cursor": ".cursor/mcp.json",
    "vscode": ".config/Code/User/mcp.json",
    "codex": ".codex/config.toml",
    "gemini": ".gemini/settings.json",
    "opencode": ".config/opencode/opencode.json",
    "copilot": ".copilot/mcp-config.json",
    "windsurf": ".config/devin/mcp_config.json",
    "zed": ".config/zed/settings.json",
    "cline": ".cline/data/settings/cline_mcp_settings.json",
    "lm-studio": ".lmstudio/mcp.json",
    "jetbrains": ".junie/mcp/mcp.json",
    "kiro": ".kiro/settings/mcp.json",
}


def entry_in(path: Path, host: str) -> dict[str, Any]:
    """The entry in a configuration, with the command and its arguments apart."""
    server = read(path)[HOSTS[host].section]["files"]
    if HOSTS[host].joined:
        program, *arguments = server["command"]
        return {**server, "command": program, "args": arguments}
    return server


@pytest.mark.parametrize("host", HOSTS)
def test_every_host_gets_a_command_that_works_without_a_path(install: Install, home: Path, host: str) -> None:
    done = install(host, str(home / "docs"), "../docs")
    assert done.exit_code == 0, done.output
    server = entry_in(home / CONFIGS[host], host)
    assert Path(server["command"]).is_absolute()
    assert server["args"] == ["serve", str(home / "docs"), str(home / "docs"), "--backend", "local"]
    assert not {"env", "env_vars"} & set(server)
    shown = subprocess.run(
        [server["command"], "--version"], env={"PATH": "/nonexistent"}, capture_output=True, timeout=300, check=True
    )
    assert shown.stdout.startswith(b"files-api-mcp ")


def test_a_client_that_reads_the_configuration_reaches_the_server(install: Install, home: Path) -> None:
    done = install("claude-desktop", str(home / "docs"), "--backend", "local", "--data-dir", "../data")
    assert done.exit_code == 0, done.output
    server = read(home / CONFIGS["claude-desktop"])["mcpServers"]["files"]
    assert server["args"][-2:] == ["--data-dir", str(home / "data")]
    bare = {"HOME": str(home), "PATH": "/usr/bin:/bin"}

    async def offered() -> set[str]:
        async with Client(StdioServerParameters(command=server["command"], args=server["args"], env=bare)) as client:
            return {tool.name for tool in (await client.list_tools()).tools}

    assert "upload_file" in anyio.run(offered)


@pytest.mark.parametrize(
    ("arguments", "backend", "destination"),
    [
        ([], "local", "stay on this machine, in {home}/.local/share/files-api-mcp."),
        (["--data-dir", "d"], "local", "stay on this machine, in {home}/project/d."),
        (["--backend", "local"], "local", "stay on this machine"),
        (["--backend", "anthropic"], "anthropic", "go to https://gate.example."),
        (
            ["--backend", "anthropic", "--base-url", "https://other.example"],
            "anthropic",
            "go to https://other.example.",
        ),
        (["--write-key"], "anthropic", "go to https://gate.example."),
        (["--backend", "auto"], "auto", "Without a key in the host's environment"),
    ],
)
def test_an_entry_says_where_files_go_whatever_key_the_host_has(
    install: Install, home: Path, arguments: list[str], backend: str, destination: str
) -> None:
    key = {"ANTHROPIC_API_KEY": SECRET, "ANTHROPIC_BASE_URL": "https://gate.example"}
    for dry_run in (["--dry-run"], []):
        done = install("claude-code", str(home / "docs"), *arguments, *dry_run, **key)
        assert done.exit_code == 0, done.output
        assert destination.format(home=home) in done.output
        assert SECRET not in done.output
    args = read(home / CONFIGS["claude-code"])["mcpServers"]["files"]["args"]
    assert args[args.index("--backend") + 1] == backend
    assert args.count("--backend") == 1


def test_an_entry_without_a_folder_is_warned_about(install: Install, home: Path) -> None:
    assert "Warning: the entry names no folder." in install("claude-desktop").stderr
    assert "Warning: the entry names no folder." in install("claude-desktop", "--dry-run").stderr
    assert "Warning" not in install("claude-desktop", str(home / "docs")).output


@pytest.mark.parametrize("host", HOSTS)
def test_a_dry_run_prints_the_entry_and_touches_nothing(install: Install, home: Path, host: str) -> None:
    shown = install(host, str(home / "docs"), "--dry-run")
    assert shown.exit_code == 0, shown.output
    assert files_below(home) == {}
    assert str(home / CONFIGS[host]) in shown.stderr
    printed = tomllib.loads(shown.stdout) if host == "codex" else json.loads(shown.stdout)
    install(host, str(home / "docs"))
    assert read(home / CONFIGS[host]) == printed


@pytest.mark.parametrize("host", HOSTS)
def test_a_second_run_has_nothing_to_do(install: Install, home: Path, host: str) -> None:
    assert install(host, str(home / "docs")).exit_code == 0
    after_one = files_below(home)
    again = install(host, str(home / "docs"))
    assert again.exit_code == 0
    assert again.output.startswith("Nothing to do")
    assert files_below(home) == after_one


def test_a_replaced_entry_is_kept_in_a_backup_and_reported(install: Install, home: Path) -> None:
    config = home / CONFIGS["claude-code"]
    write(config, '{"numStartups": 3, "mcpServers": {"files": {"command": "theirs"}, "other": {"command": "x"}}}')
    done = install("claude-code")
    assert "It replaces another `files`." in done.output
    assert str(config.with_name(".claude.json.backup-1")) in done.output
    assert read(config.with_name(".claude.json.backup-1"))["mcpServers"]["files"] == {"command": "theirs"}
    now = read(config)
    assert (now["numStartups"], now["mcpServers"]["other"]) == (3, {"command": "x"})
    assert now["mcpServers"]["files"]["type"] == "stdio"


def test_an_invalid_configuration_is_not_changed_and_is_named_in_one_line(install: Install, home: Path) -> None:
    config = write(home / CONFIGS["claude-desktop"], '{"mcpServers": {')
    before = files_below(home)
    for extra in ([], ["--dry-run"]):
        done = install("claude-desktop", str(home / "docs"), *extra)
        assert done.exit_code == 1
        assert done.stderr.startswith(f"[invalid_argument] {config} is not valid JSON")
        assert done.stderr.count("\n") == 1
        assert files_below(home) == before
        assert bool(extra) == ('"args"' in done.stdout)


@pytest.mark.parametrize("host", [name for name, host in HOSTS.items() if host.project_file and host.key_reference])
def test_a_projects_file_never_contains_a_key(install: Install, home: Path, host: str) -> None:
    done = install(host, "--scope", "project", "--backend", "anthropic", ANTHROPIC_API_KEY=SECRET)
    assert done.exit_code == 0, done.output
    config = home / "project" / str(HOSTS[host].project_file)
    assert config.is_file()
    assert not any(SECRET.encode() in content for content in files_below(home).values())
    args = entry_in(config, host)["args"]
    assert ("${workspaceFolder}" in args) == (host in ("cursor", "vscode"))
    refused = install(host, "--scope", "project", "--backend", "anthropic", "--write-key", ANTHROPIC_API_KEY=SECRET)
    assert isinstance(refused.exception, BadSettings)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("claude-code", {}),
        ("cursor", {"env": {"ANTHROPIC_API_KEY": "${env:ANTHROPIC_API_KEY}"}}),
        ("vscode", {"env": {"ANTHROPIC_API_KEY": "${input:files-api-mcp-key}"}}),
        ("codex", {"env_vars": ["ANTHROPIC_API_KEY"]}),
        ("gemini", {"env": {"ANTHROPIC_API_KEY": "${ANTHROPIC_API_KEY}"}}),
        ("copilot", {"env": {"ANTHROPIC_API_KEY": "${ANTHROPIC_API_KEY}"}}),
        ("kiro", {"env": {"ANTHROPIC_API_KEY": "${ANTHROPIC_API_KEY}"}}),
        ("windsurf", {"env": {"ANTHROPIC_API_KEY": "${env:ANTHROPIC_API_KEY}"}}),
        ("opencode", {}),
        ("zed", {}),
        ("cline", {}),
    ],
)
def test_a_key_is_referred_to_in_the_hosts_own_way(
    install: Install, home: Path, host: str, expected: dict[str, Any]
) -> None:
    install(host, "--backend", "anthropic", ANTHROPIC_API_KEY=SECRET)
    configuration = read(home / CONFIGS[host])
    server = entry_in(home / CONFIGS[host], host)
    assert {key: server[key] for key in server if key.startswith("env")} == expected
    assert server["args"][-2:] == ["--backend", "anthropic"]
    assert SECRET not in json.dumps(configuration)
    if host == "vscode":
        assert configuration["inputs"][0]["password"] is True


def test_a_token_is_installed_with_its_url(install: Install, home: Path) -> None:
    install("codex", "--backend", "anthropic", ANTHROPIC_AUTH_TOKEN=SECRET, ANTHROPIC_BASE_URL="https://gate.example")
    server = read(home / CONFIGS["codex"])["mcp_servers"]["files"]
    assert server["env_vars"] == ["ANTHROPIC_AUTH_TOKEN"]
    assert server["args"][-2:] == ["--base-url", "https://gate.example"]


def test_a_key_is_written_only_with_write_key_and_never_printed(install: Install, home: Path) -> None:
    arguments = ("claude-desktop", str(home / "docs"), "--backend", "anthropic")
    refused = install(*arguments, ANTHROPIC_API_KEY=SECRET)
    assert isinstance(refused.exception, BadSettings)
    assert "--write-key" in str(refused.exception)
    shown = install(*arguments, "--write-key", "--dry-run", ANTHROPIC_API_KEY=SECRET)
    done = install(*arguments, "--write-key", ANTHROPIC_API_KEY=SECRET)
    assert (shown.exit_code, done.exit_code) == (0, 0)
    assert SECRET not in shown.output + done.output
    config = home / CONFIGS["claude-desktop"]
    assert read(config)["mcpServers"]["files"]["env"] == {"ANTHROPIC_API_KEY": SECRET}
    assert config.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["claude-desktop", "--scope", "project"], "no project configuration"),
        (["cursor", "--name", "my files"], "--name must be"),
        (["cursor", "nowhere"], "does not exist"),
        (["cursor", "--write-key"], "found no key"),
        (["cursor", "--write-key", "--backend", "local"], "--backend anthropic"),
        (["cursor", "--backend", "anthropic", "--write-key"], "found no key"),
        (["cursor", "--backend", "anthropic", "--base-url", "http://example.com"], "must be https"),
        (
            ["cursor", "--backend", "anthropic", "--base-url", f"https://u:{SECRET}@example.com"],
            "must not contain a user",
        ),
    ],
)
def test_impossible_options_are_wrong_usage_and_write_nothing(
    install: Install, home: Path, arguments: list[str], message: str
) -> None:
    done = install(*arguments)
    assert isinstance(done.exception, BadSettings)
    assert message in str(done.exception)
    assert SECRET not in str(done.exception)
    assert files_below(home) == {}


def test_the_servers_options_are_passed_on_from_the_command_line_and_variables(install: Install, home: Path) -> None:
    install(
        "cursor",
        "--read-only",
        "--model",
        "some-model",
        FILES_API_MCP_RATE_LIMIT="50",
        FILES_API_MCP_ALLOW_SENSITIVE="0",
    )
    args = read(home / CONFIGS["cursor"])["mcpServers"]["files"]["args"]
    assert args == ["serve", "--backend", "local", "--model", "some-model", "--rate-limit", "50", "--read-only"]


def test_another_file_can_be_named(install: Install, home: Path) -> None:
    assert install("cursor", "--config", "~/other/mcp.json", "--name", "documents").exit_code == 0
    assert list(read(home / "other" / "mcp.json")["mcpServers"]) == ["documents"]
