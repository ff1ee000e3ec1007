"""The `files-api-mcp` command: help, version and wrong usage."""

import subprocess
import sys
from pathlib import Path

import pytest

from files_api_mcp.server.cli import main
from tests.support import fork_server

pytestmark = pytest.mark.slow

DOCUMENTS = Path(__file__).parents[3] / "examples" / "documents"


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return fork_server.run([*fork_server.COMMAND, *arguments], text=True, timeout=300, cwd=cwd)


def test_the_help_names_the_first_commands() -> None:
    shown = run("--help")
    assert shown.returncode == 0
    for word in ("serve", "demo", "doctor", "~/Documents"):
        assert word in shown.stdout
    assert "FILES_API_MCP_READ_ONLY" in run("serve", "--help").stdout


def test_the_help_imports_no_command() -> None:
    code = "import sys; from files_api_mcp.server.cli.main import command; command(['--help'], standalone_mode=False)"
    loaded = f"{code}; print([name for name in sys.modules if '.commands.' in name or name in ('mcp', 'anyio')])"
    shown = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, timeout=300, check=True)
    assert shown.stdout.endswith("[]\n")


def test_each_command_is_a_module_of_its_name() -> None:
    folder = Path(__file__).parents[3] / "server" / "cli" / "commands"
    modules = [*folder.glob("*.py"), *(folder / "reports").glob("*.py")]
    assert {path.stem for path in modules} == {*main.SUBCOMMANDS, "__init__"}


def test_the_version_is_that_of_the_distribution() -> None:
    assert run("--version").stdout == "files-api-mcp 0.1.0\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--no-such-option"],
        ["serve", "--backend", "anthropic"],
        ["serve", "--transport", "http", "--host", "0.0.0.0"],
        ["serve", "--transport", "http", "--host", ""],
        ["serve", "--transport", "sse", "--host", "192.0.2.1"],
        ["serve", "--transport", "http", "--token-env", "NO_SUCH_VARIABLE"],
        ["serve", "--transport", "http", "--allowed-host", "*.example.com"],
        ["serve", "--transport", "http", "--allowed-origin", "https://app.example.com/"],
        ["serve", ""],
        ["--tools", "nope"],
    ],
)
def test_wrong_usage_exits_with_two_and_one_reason(arguments: list[str]) -> None:
    shown = run(*arguments)
    assert shown.returncode == 2
    assert "Traceback" not in shown.stderr
