"""Real commands on a data folder that others could read: afterwards they can read nothing in it."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters

from tests.server.emulator.sdk.running import clean_environment, emulator
from tests.support import fork_server
from tests.support.agent import text_of, write
from tests.support.fork_server import COMMAND
from tests.support.http_server import served

pytestmark = pytest.mark.slow

KEY = "sk-ant-canary-0123456789abcdef"


@contextmanager
def umask_of_nothing() -> Generator[None]:
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return write(tmp_path / "root" / "notes.md", "# Notes\n\nThe harbour opens at six.\n")


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that holds a file and its index."""
    folder = tmp_path_factory.mktemp("used")
    notes = write(folder / "notes.md", "# Notes\n\nThe harbour opens at six.\n")
    run(folder / "data", "ask", "When does it open?", str(notes))
    return folder / "data"


@pytest.fixture(params=["new", "open to all", "used and opened to all"])
def data(request: pytest.FixtureRequest, tmp_path: Path, used: Path) -> Path:
    folder = tmp_path / "data"
    if request.param == "used and opened to all":
        shutil.copytree(used, folder)
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o777 if path.is_dir() else 0o644)
    elif request.param == "open to all":
        folder.mkdir()
        folder.chmod(0o777)
    return folder


def run(data: Path, *arguments: str, **variables: str) -> str:
    done = fork_server.run(
        [*COMMAND, *arguments],
        env={**clean_environment(), "FILES_API_MCP_DATA_DIR": str(data), **variables},
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=120,
        umask=0,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def open_to_others(data: Path) -> dict[str, str]:
    """The modes of what is not 0700 for a folder or 0600 for a file, in the data folder and itself."""
    found: dict[str, str] = {}
    for path in (data, *data.rglob("*")):
        mode = stat.S_IMODE(path.lstat().st_mode)
        if mode != (0o700 if path.is_dir() else 0o600):
            found[str(path.relative_to(data))] = oct(mode)
    return found


def test_the_local_backend(data: Path, notes: Path) -> None:
    assert "opens at six" in run(data, "ask", "When does it open?", str(notes))
    assert {path.name for path in data.iterdir()} >= {"files.db", "blobs", "spool"}
    assert list(data.glob("index*.db"))
    assert open_to_others(data) == {}


def test_a_server_that_is_only_started(data: Path, notes: Path) -> None:
    run(data, "serve", str(notes.parent))
    assert open_to_others(data) == {}


@pytest.mark.anyio
async def test_a_running_server(data: Path, notes: Path) -> None:
    with umask_of_nothing():
        server = StdioServerParameters(
            command=sys.executable,
            args=[*COMMAND[1:], "serve", "--backend", "local", "--data-dir", str(data), str(notes.parent)],
        )
        async with Client(server) as client:
            stored = await client.call_tool("upload_file", {"path": "notes.md"})
            assert not stored.is_error, text_of(stored)
            await client.call_tool("ask_document", {"question": "When does it open?"})
            # While it runs, too.
            assert open_to_others(data) == {}


@pytest.mark.anyio
async def test_a_server_over_http(tmp_path: Path, notes: Path) -> None:
    with umask_of_nothing():
        (tmp_path / "data").mkdir(mode=0o777)
        with served(tmp_path, "http", root=notes.parent) as running:
            async with running.agent() as agent:
                await agent.data("upload_file", path="notes.md")
                await agent.data("ask_document", question="When does it open?")
                assert open_to_others(running.data_dir) == {}


def test_the_emulator_and_the_backend_at_the_api(tmp_path: Path, notes: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "emulator" / "data"
    theirs.parent.mkdir()
    questions = write(tmp_path / "questions.txt", "When does it open?\n")
    with umask_of_nothing():
        for folder in (ours, theirs):
            folder.mkdir(mode=0o777)
        with emulator(tmp_path / "emulator", key=KEY) as live:
            api = {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": live.url}
            assert "opens at six" in run(ours, "ask", "When does it open?", str(notes), **api)
            run(ours, "batch", str(notes), "--questions", str(questions), **api)
            inline = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Six."}}
            asked = {"role": "user", "content": [inline, {"type": "text", "text": "When?"}]}
            message = {"model": "claude-opus-4-1", "max_tokens": 100, "messages": [asked]}
            assert live.post_json("/v1/messages", message).status == 200
            assert open_to_others(theirs) == {}
    assert (ours / "ledger.db").exists()
    assert list((ours / "anthropic" / "copies").rglob("*"))
    assert open_to_others(ours) == {}
    assert open_to_others(theirs) == {}


@pytest.mark.skipif(sys.platform != "linux", reason="bind mounts are Linux's")
def test_a_read_only_mount_is_listed_and_a_deletion_is_refused_in_one_line(tmp_path: Path, notes: Path) -> None:
    data = tmp_path / "data"
    run(data, "upload", str(notes))
    data.chmod(0o755)
    script = (
        'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && file=$("$@" list | cut -f 1)'
        ' && "$@" delete --yes "$file"'
    )
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", str(data), *COMMAND],
        env={**clean_environment(), "FILES_API_MCP_DATA_DIR": str(data)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if "not permitted" in done.stderr:
        pytest.skip("mounting is not permitted here")
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("[permission_denied] The data folder is read-only")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("given", ["", " ", "/", "/tmp/.."])
def test_a_data_folder_that_everybody_needs_is_wrong_usage(tmp_path: Path, given: str) -> None:
    done = fork_server.run(
        [*COMMAND, "list", "--data-dir", given],
        env=clean_environment(),
        cwd=tmp_path,
        text=True,
        timeout=300,
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("files-api-mcp: --data-dir ")
    assert done.stderr.count("\n") == 1
