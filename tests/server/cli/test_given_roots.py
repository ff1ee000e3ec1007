"""ROOTs from the command line and variables: refused, allowed with a flag, or opened later."""

import json
import os
import subprocess
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from anyio import to_thread
from click.testing import CliRunner
from mcp import Client, StdioServerParameters

from files_api_mcp.backends.roots.wide_folders import home_folders
from files_api_mcp.server.cli.main import command
from files_api_mcp.server.settings import BadSettings, usable_roots
from tests.server.emulator.sdk.running import clean_environment
from tests.support import fork_server
from tests.support.agent import text_of, write
from tests.support.fork_server import COMMAND
from tests.support.http_server import served
from tests.support.terminal import Done, in_this_process

pytestmark = pytest.mark.slow

FLAG = "--allow-wide-root"
Run = Callable[..., Done]
Serve = Callable[..., str]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "users" / "ada" / "docs").mkdir(parents=True)
    return tmp_path / "users" / "ada"


@pytest.fixture
def serve(home: Path, tmp_path: Path) -> Serve:
    """Runs a server whose client leaves at once; returns what it wrote to stderr."""

    def serve(*arguments: str, cwd: Path | str = tmp_path, **variables: str) -> str:
        environment = {"HOME": str(home), "FILES_API_MCP_DATA_DIR": str(tmp_path / "data"), **variables}
        done = fork_server.run(
            [*COMMAND, "serve", *arguments],
            cwd=cwd,
            env={**clean_environment(), **environment},
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    return serve


@pytest.fixture
def run(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Generator[Run]:
    """Runs the command in this process, with a home folder and a data folder of the test."""
    with in_this_process(monkeypatch, capfdbinary, tmp_path / "data", HOME=str(home)) as command_here:

        def run(*arguments: str, cwd: Path | str = tmp_path, **variables: str) -> Done:
            with monkeypatch.context() as patch:
                patch.chdir(cwd)
                for name, value in variables.items():
                    patch.setenv(name, value)
                return command_here(*arguments)

        yield run


def refused(done: Done) -> str:
    """The one line of an error for wrong usage."""
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("files-api-mcp: ")
    return done.stderr


@pytest.mark.parametrize("root", ["", " ", "\t\n", "\u00a0"], ids=repr)
def test_an_empty_root_is_wrong_usage(run: Run, root: str) -> None:
    assert "ROOT is empty" in refused(run(root, cwd="/"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["serve", "docs", ""],
        ["serve", "--transport", "http", "--port", "0", ""],
        ["doctor", ""],
        ["install", "cursor", ""],
        ["install", "cursor", "--dry-run", "docs", " "],
        ["upload", ""],
        ["upload", "docs", " "],
        ["ask", "what?", ""],
        ["download", "file_x", "--save-as", ""],
    ],
    ids=" ".join,
)
def test_every_command_that_takes_folders_refuses_an_empty_one(run: Run, home: Path, arguments: list[str]) -> None:
    assert " is empty" in refused(run(*arguments, cwd=home))
    assert list(home.iterdir()) == [home / "docs"]


SPELLINGS = ["/", ".", "./", "..", "~", "~/", "~/docs/..", "//", "///", "/./", "/tmp/..", "link", "link/", "top", "up/"]


@pytest.mark.parametrize("root", SPELLINGS)
def test_wide_folders_need_the_flag_in_every_spelling(home: Path, monkeypatch: pytest.MonkeyPatch, root: str) -> None:
    (home / "link").symlink_to(home)
    (home / "top").symlink_to("/")
    (home / "up").symlink_to("..")
    monkeypatch.chdir(home)
    environment = {"HOME": str(home), "FILES_API_MCP_ROOTS": None, "FILES_API_MCP_ALLOW_WIDE_ROOT": None}
    for given, more in (([root], {}), ([], {"FILES_API_MCP_ROOTS": root}), (["docs", root], {})):
        done = CliRunner().invoke(command, ["doctor", "--backend", "local", *given], env={**environment, **more})
        assert isinstance(done.exception, BadSettings), done.output
        assert FLAG in str(done.exception)
    allowed = usable_roots([root], cwd=home, homes=[home], allow_wide=True)
    assert len(allowed) == 1


@pytest.mark.parametrize("folder", ["top", "home", "above home"])
def test_wide_folders_are_served_only_with_the_flag(run: Run, serve: Serve, home: Path, folder: str) -> None:
    path = {"top": "/", "home": str(home), "above home": str(home.parent)}[folder]
    assert FLAG in refused(run("serve", ".", cwd=path))
    for arguments, variables in (([FLAG], {}), ([], {"FILES_API_MCP_ALLOW_WIDE_ROOT": "1"})):
        assert serve(".", *arguments, cwd=path, **variables).endswith(f"roots {path}, wide roots allowed\n")


def test_without_a_root_wide_working_directories_are_never_shared(serve: Serve, home: Path) -> None:
    (home.parent / "alias").symlink_to(home)
    for folder, flags in (("/", [FLAG]), (home, []), (home.parent, [FLAG]), (home.parent / "alias", [])):
        assert "roots none" in serve(*flags, cwd=folder)
    for folder in ("/", home, home.parent, home.parent / "alias"):
        assert usable_roots([], cwd=Path(folder), homes=[home]) == ()
        assert usable_roots([], cwd=Path(folder), homes=[home], allow_wide=True) == ()
    assert serve(cwd=home / "docs").endswith(f"roots {home / 'docs'}\n")


def test_a_symlinked_home_is_recognized_by_its_real_path(tmp_path: Path, home: Path) -> None:
    (tmp_path / "me").symlink_to(home)
    assert usable_roots([], cwd=home, homes=[tmp_path / "me"]) == ()


def test_the_variable_holds_several_roots(run: Run, serve: Serve, home: Path) -> None:
    one, two = home / "docs", home / "more docs"
    two.mkdir()
    several = os.pathsep.join([str(one), str(two)])
    assert serve(FILES_API_MCP_ROOTS=several).endswith(f"roots {one}, {two}\n")
    # Not set, as an empty variable of any option is.
    assert serve(cwd=home, FILES_API_MCP_ROOTS="").count("roots none") == 1
    assert serve(str(one), FILES_API_MCP_ROOTS=str(two)).endswith(f"roots {one}\n")
    for holed in (f"{one}{os.pathsep * 2}{two}", f"{one}{os.pathsep}", os.pathsep, " "):
        assert "ROOT is empty" in refused(run("serve", FILES_API_MCP_ROOTS=holed))


def test_a_root_that_is_a_file_or_cannot_be_reached_is_wrong_usage(run: Run, home: Path) -> None:
    write(home / "file", "text")
    (home / "loop").symlink_to("loop")
    os.mkfifo(home / "pipe")
    for root in ("file", "file/", "file/below", "pipe", "/dev/null"):
        assert "is not a folder" in refused(run("serve", root, cwd=home))
    for root in ("loop", "x" * 300):
        assert "cannot be opened" in refused(run("serve", root, cwd=home))


@pytest.mark.parametrize("root", ["${workspaceFolder}", "$HOME_DOCUMENTS", "%USERPROFILE%", "{{folder}}/docs"])
def test_a_root_that_the_host_did_not_fill_in_is_wrong_usage(run: Run, root: str) -> None:
    assert "placeholder that the host did not replace" in refused(run("serve", root))
    assert "placeholder" in refused(run("list", "--data-dir", "${DATA}"))


def test_an_unknown_home_stops_no_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert usable_roots(["~nobody-has-this-name"], cwd=tmp_path, homes=home_folders()) == (
        tmp_path / "~nobody-has-this-name",
    )


def test_the_doctor_names_a_root_that_does_not_exist(run: Run, home: Path) -> None:
    done = run("doctor", "docs", "later", cwd=home)
    assert done.returncode == 1
    assert f"ok    root {home / 'docs'}" in done.stdout
    assert f"FAIL  root {home / 'later'} does not exist. Create it" in done.stdout


def test_install_writes_the_flag_that_the_folder_needs(run: Run, home: Path) -> None:
    for root in ("~", "/", ".."):
        assert FLAG in refused(run("install", "cursor", root, cwd=home))
    assert not (home / ".cursor").exists()
    done = run("install", "cursor", "~", FLAG, cwd=home)
    assert done.returncode == 0, done.stderr
    entry = json.loads((home / ".cursor" / "mcp.json").read_text())["mcpServers"]["files"]
    assert entry["args"][:5] == ["serve", str(home), "--backend", "local", "--data-dir"]
    assert entry["args"][-1] == FLAG


def test_single_files_of_the_home_folder_need_no_flag_but_all_of_it_does(run: Run, home: Path) -> None:
    notes = write(home / "notes.txt", "The harbour opens at six.")
    for whole in ("~", str(home), "/", "."):
        expanded = os.path.expandvars(whole.replace("~", str(home)))
        assert FLAG in refused(run("upload", expanded, "--backend", "local", cwd=home))
    done = run("upload", str(notes), "--backend", "local")
    assert done.returncode == 0, done.stderr
    file_id = done.stdout.split("\t")[0]
    asked = run("ask", "When does the harbour open?", str(notes), "--backend", "local")
    assert "opens at six" in asked.stdout, asked.stderr
    saved = run("download", file_id, "--save-as", str(home / "copy.txt"), "--backend", "local")
    assert saved.returncode == 0, saved.stderr
    whole = run("upload", str(home), FLAG, "--backend", "local")
    assert "notes.txt" in whole.stdout
    assert "copy.txt" in whole.stdout


@pytest.mark.anyio
async def test_a_missing_root_is_opened_later_over_stdio(tmp_path: Path) -> None:
    later = tmp_path / "later"
    log = tmp_path / "stderr"
    command = '"$@" 2>"$0"'
    arguments = ["serve", str(later), "--data-dir", str(tmp_path / "data"), "--backend", "local"]
    server = StdioServerParameters(command="sh", args=["-c", command, str(log), *COMMAND, *arguments])
    async with Client(server) as client:
        early = await client.call_tool("upload_file", {"path": "notes.md"})
        assert "does not exist yet" in text_of(early)
        await to_thread.run_sync(write, later / "notes.md", "The harbour opens at six.")
        stored = await client.call_tool("upload_file", {"path": "notes.md"})
        assert not stored.is_error, text_of(stored)
    warning, summary = (await to_thread.run_sync(log.read_text)).splitlines()
    assert warning == f"files-api-mcp: warning: ROOT {later} does not exist. It is opened when it appears."
    assert summary.endswith(f"roots {later}")


@pytest.mark.anyio
async def test_a_missing_root_is_opened_later_over_http(tmp_path: Path) -> None:
    later = tmp_path / "later"
    with served(tmp_path, "http", root=later) as running:
        assert f"warning: ROOT {later} does not exist" in running.errors
        async with running.agent() as agent:
            later.symlink_to("/")
            assert "[outside_roots]" in await agent.error("upload_file", path="etc/hostname")
            later.unlink()
            await to_thread.run_sync(write, later / "notes.md", "The harbour opens at six.")
            stored = await agent.data("upload_file", path=str(later / "notes.md"))
            assert stored["files"][0]["filename"] == "notes.md"
