"""The launcher survives an emptied cache."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from files_api_mcp.server.install.launcher import launcher, source_of
from tests.support.agent import write

ROOT = Path(__file__).resolve().parents[3]
TELL = """
import json, sys
from files_api_mcp.backends.errors import FilesError
from files_api_mcp.server.install.launcher import launcher
try:
    print(json.dumps(launcher({"UV": sys.argv[1], "PATH": sys.argv[2]})))
except FilesError as exc:
    print(json.dumps(exc.text))
"""


def test_an_installed_executable_is_found_in_any_environment() -> None:
    (executable,) = launcher({})
    assert Path(executable).name == "files-api-mcp"
    assert os.access(executable, os.X_OK)


@pytest.fixture
def cached_python(tmp_path: Path) -> Path:
    """A Python with the package and its executable in an environment that lies in a cache, as uvx makes them."""
    write(tmp_path / "cache" / "CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n")
    environment = tmp_path / "cache" / "archive-v0" / "x7"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True, timeout=300)
    (packages,) = (environment / "lib").glob("python*/site-packages")
    ours = Path(sysconfig.get_path("purelib"))
    write(packages / "all.pth", f"import site; site.addsitedir({str(ours)!r})\n")
    (record,) = ours.glob("files_api_mcp-*.dist-info")
    shutil.copytree(record, packages / record.name)
    write(environment / "bin" / "files-api-mcp", "#!/bin/sh\n").chmod(0o755)
    return environment / "bin" / "python"


def told(python: Path, *arguments: str) -> list[str] | str:
    run = [str(python), "-c", TELL, *arguments]
    return json.loads(subprocess.run(run, cwd="/", capture_output=True, timeout=300, check=True).stdout)


def test_from_a_cache_the_launcher_is_uvx_next_to_the_running_uv(cached_python: Path, tmp_path: Path) -> None:
    for folder in ("first", "shims"):
        write(tmp_path / folder / "uvx", "#!/bin/sh\n").chmod(0o755)
    again = ["--from", str(ROOT), "files-api-mcp"]
    assert told(cached_python, str(tmp_path / "first" / "uv"), str(tmp_path / "shims")) == [
        str(tmp_path / "first" / "uvx"),
        *again,
    ]
    assert told(cached_python, "", str(tmp_path / "shims")) == [str(tmp_path / "shims" / "uvx"), *again]


def test_without_an_installed_executable_or_uvx_the_next_step_is_given(cached_python: Path, tmp_path: Path) -> None:
    said = told(cached_python, "", str(tmp_path))
    assert isinstance(said, str)
    assert said.startswith("[not_found] ")
    assert "uv tool install files-api-mcp" in said


@pytest.mark.parametrize(
    ("record", "source"),
    [
        (None, None),
        ('{"url": "file:///opt/my%20clone", "dir_info": {}}', "/opt/my clone"),
        ('{"url": "https://example.com/a.whl", "archive_info": {}}', "https://example.com/a.whl"),
        (
            '{"url": "https://example.com/r.git", "vcs_info": {"vcs": "git", "commit_id": "0a", '
            '"requested_revision": "v1"}}',
            "git+https://example.com/r.git@v1",
        ),
        (
            '{"url": "https://example.com/r.git", "vcs_info": {"vcs": "git", "commit_id": "0a"}}',
            "git+https://example.com/r.git",
        ),
    ],
)
def test_uvx_fetches_the_same_source_again(record: str | None, source: str | None) -> None:
    assert source_of(record) == source
