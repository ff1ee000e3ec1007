"""`files-api-mcp verify`: names each damage, repairs what can be repaired, and says so by its exit code."""

import json
import shutil
import sqlite3
from pathlib import Path

import anyio
import pytest

from tests.support.damage import Known, build_store
from tests.support.keyed_command import run


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Known]:
    data = tmp_path_factory.mktemp("built") / "data"

    async def build() -> Known:
        return await build_store(data, 3)

    return data, anyio.run(build)


@pytest.fixture
def data(built: tuple[Path, Known], tmp_path: Path) -> Path:
    return shutil.copytree(built[0], tmp_path / "data")


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_sound_folder_is_one_line_and_nothing_changes(data: Path) -> None:
    before = files_below(data)
    shown = run("verify", "--read-data", "--data-dir", str(data))
    assert shown.returncode == 0, shown.stderr
    (line,) = shown.stdout.splitlines()
    assert line.startswith("3 files, 33 bytes in ")
    assert line.endswith(": every byte was compared with its hash.")
    assert files_below(data) == before


def test_damage_is_named_and_repaired(data: Path, built: tuple[Path, Known]) -> None:
    first, second, third = built[1]
    connection = sqlite3.connect(data / "files.db")
    with connection:
        connection.execute("UPDATE files SET filename = 'wrong.txt' WHERE id = ?", (first,))
    connection.close()
    next((data / "blobs").rglob(f"*.{second}.json")).unlink()
    (data / "blobs").joinpath(*content_path(data, third)).unlink()
    before = files_below(data)

    shown = run("verify", "--data-dir", str(data))
    assert shown.returncode == 1
    rows = {tuple(line.split("\t")[:3]) for line in shown.stdout.splitlines() if "\t" in line}
    assert rows == {("DAMAGED", "row", first), ("DAMAGED", "sidecar", second), ("DAMAGED", "content", third)}
    assert "Run `files-api-mcp verify --repair`" in shown.stderr
    assert files_below(data) == before

    repaired = run("verify", "--repair", "--json", "--data-dir", str(data))
    assert repaired.returncode == 1
    result = json.loads(repaired.stdout)
    assert (result["sound"], result["files"]) == (False, 3)
    outcomes = {(one["part"], one["file_id"], one["repaired"]) for one in result["damages"]}
    assert outcomes == {("row", first, True), ("sidecar", second, True), ("content", third, False)}


def content_path(data: Path, file_id: str) -> tuple[str, str]:
    sidecar = next((data / "blobs").rglob(f"*.{file_id}.json"))
    return sidecar.parent.name, sidecar.name.partition(".")[0]


def test_an_empty_or_missing_folder_is_sound(tmp_path: Path) -> None:
    shown = run("verify", "--data-dir", str(tmp_path / "data"))
    assert shown.returncode == 0
    assert shown.stdout.startswith("0 files, 0 bytes in ")
    assert not (tmp_path / "data").exists()
