"""`files-api-mcp uninstall` and `install --list`, in a temporary home folder."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from files_api_mcp.server.cli.main import command
from files_api_mcp.server.install.hosts import HOSTS
from tests.server.cli.commands.test_install import CONFIGS, SECRET, Install, files_below, home, install, read
from tests.support.agent import write

__all__ = ["home", "install"]  # fixtures


@pytest.fixture
def uninstall(install: Install, home: Path) -> Install:
    """Runs `uninstall` in the home folder that `install` uses."""

    def run(*arguments: str) -> Result:
        assert install  # it changes the working directory
        return CliRunner().invoke(command, ["uninstall", *arguments], env={"HOME": str(home)})

    return run


@pytest.mark.parametrize("host", HOSTS)
def test_uninstall_leaves_what_was_there_before(install: Install, uninstall: Install, home: Path, host: str) -> None:
    config = home / CONFIGS[host]
    before = '[mcp_servers.other] # mine\ncommand = "x"\n'
    if host != "codex":
        before = f'{{\n  "{HOSTS[host].section}": {{"other": {{"command": "x"}}}}\n}}'
    write(config, before)
    assert install(host, str(home / "docs")).exit_code == 0
    assert config.read_text() != before
    would = uninstall(host, "--dry-run")
    assert "This would remove `files`" in would.output
    assert "files" in read(config)[HOSTS[host].section]
    done = uninstall(host)
    assert done.exit_code == 0, done.output
    assert str(config) in done.output
    assert read(config)[HOSTS[host].section]["other"] == {"command": "x"}
    assert "".join(config.read_text().split()) == "".join(before.split())
    again = uninstall(host)
    assert (again.exit_code, again.output[:13]) == (0, "Nothing to do")


def test_uninstall_removes_the_input_of_the_key_with_its_last_server(
    install: Install, uninstall: Install, home: Path
) -> None:
    for name in ("files", "more"):
        install("vscode", "--backend", "anthropic", "--name", name, ANTHROPIC_API_KEY=SECRET)
    config = home / CONFIGS["vscode"]
    uninstall("vscode")
    assert len(read(config)["inputs"]) == 1
    uninstall("vscode", "--name", "more")
    assert read(config) == {"servers": {}, "inputs": []}


def test_uninstall_without_a_configuration_or_from_a_broken_one_changes_nothing(uninstall: Install, home: Path) -> None:
    done = uninstall("cursor")
    assert (done.exit_code, done.output[:13]) == (0, "Nothing to do")
    assert files_below(home) == {}
    write(home / CONFIGS["cursor"], "{")
    done = uninstall("cursor")
    assert done.exit_code == 1
    assert done.stderr.startswith("[invalid_argument]")
    assert files_below(home) == {CONFIGS["cursor"]: b"{"}


def test_the_list_shows_where_each_entry_sends_files(install: Install, home: Path) -> None:
    install("codex", str(home / "docs"))
    install("opencode", "--backend", "anthropic", ANTHROPIC_API_KEY=SECRET)
    install("vscode", str(home / "docs"), "--scope", "project")
    write(home / CONFIGS["claude-code"], "{}")
    write(home / CONFIGS["kiro"], "not json")
    write(home / CONFIGS["cursor"], '{"mcpServers": {"files": {"command": "x", "args": ["/a", "/b", "--read-only"]}}}')
    before = files_below(home)
    listed = json.loads(install("--list", "--json").stdout)["hosts"]
    docs = str(home / "docs")
    shown = {(one["host"], one["state"], one.get("backend"), *one.get("roots", ())) for one in listed}
    assert shown >= {
        ("codex", "installed", "local", docs),
        ("opencode", "installed", "anthropic"),
        ("vscode", "no configuration", None),
        ("vscode", "installed", "local", docs),
        ("claude-code", "not installed", None),
        ("kiro", "unreadable", None),
        ("cursor", "installed", "auto", "/a", "/b"),
        ("zed", "no configuration", None),
    }
    assert {one["host"] for one in listed} == set(HOSTS)
    lines = install("--list").stdout.splitlines()
    assert f"codex\tinstalled\tlocal\t{docs}\t{home / CONFIGS['codex']}" in lines
    assert files_below(home) == before


def test_without_a_host_install_names_them(install: Install) -> None:
    done = install()
    assert done.exit_code == 2
    assert "claude-desktop" in done.output
    assert "--list" in done.output
