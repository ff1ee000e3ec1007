"""Damage that `verify --read-data` must find, each named by its part and its file."""

import random
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from anyio import to_thread

from benchmarks.byte_damage import cut, flip_bit, overwrite, zero
from benchmarks.store_damage.corruption import Sound
from files_api_mcp.backends.damage import DamagedPart
from files_api_mcp.backends.local.settings import LocalSettings
from files_api_mcp.backends.models import silent
from files_api_mcp.backends.search.index.schema import index_path

__all__ = ["KINDS", "injected_round"]

Expected = tuple[DamagedPart, str | None]
"""The part, and the id of the file if the damage is about one."""


def _content(sound: Sound, folder: Path, chance: random.Random) -> Expected:
    file_id, path = _file(sound, folder, chance)
    _change_file(path, chance)
    return "content", file_id


def _swap(sound: Sound, folder: Path, chance: random.Random) -> Expected:
    (file_id, one), (_, two) = chance.sample([_path(sound, folder, each) for each in sound.files], 2)
    mine, theirs = one.read_bytes(), two.read_bytes()
    one.write_bytes(theirs)
    two.write_bytes(mine)
    return "content", file_id


def _sidecar(sound: Sound, folder: Path, chance: random.Random) -> Expected:
    file_id, path = _file(sound, folder, chance)
    _change_file(path.with_name(f"{path.name}.{file_id}.json"), chance)
    return "sidecar", file_id


def _row(sound: Sound, folder: Path, chance: random.Random) -> Expected:
    file_id = chance.choice([*sound.files])
    change = chance.choice(
        [
            "filename = filename || 'x'",
            "size_bytes = size_bytes + 1",
            "mime_type = 'text/html'",
            "title = NULL",
            "created_us = created_us + 1",
            "expires_us = 1",
            "has_content = 0",
            "seal = seal + 1",
            "source_path = '/etc/passwd'",
            "downloadable = 0",
        ]
    )
    _execute(folder / "files.db", f"UPDATE files SET {change} WHERE id = ?", file_id)
    return "row", file_id


def _table(sound: Sound, folder: Path, chance: random.Random) -> Expected:  # noqa: ARG001
    path = folder / "files.db"
    if chance.random() < 0.2:
        path.unlink()
    else:
        content = bytearray(path.read_bytes())
        (cut if chance.random() < 0.5 else zero)(content, chance)
        path.write_bytes(content)
    return "database", None


def _index(sound: Sound, folder: Path, chance: random.Random) -> Expected:
    file_id = chance.choice([*sound.files])
    record = sound.files[file_id].record
    document = f"(SELECT id FROM document WHERE key = '{record.sha256} {record.mime_type}')"
    change = chance.choice(
        [
            "UPDATE page SET text = x'00' WHERE document = {}",
            "DELETE FROM page WHERE document = {}",
            "UPDATE posting SET data = data || x'00' WHERE document = {}",
            "DELETE FROM posting WHERE document = {}",
            "UPDATE document SET passages = x'00' WHERE id = {}",
        ]
    )
    _execute(index_path(folder), change.format(document))
    return "index", file_id


def _stray(sound: Sound, folder: Path, chance: random.Random) -> Expected:  # noqa: ARG001
    name = chance.randbytes(32).hex()
    path = folder / "blobs" / name[:2] / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"stray")
    return "leftover", None


KINDS: dict[str, Callable[[Sound, Path, random.Random], Expected]] = {
    "content": _content,
    "swapped content": _swap,
    "sidecar": _sidecar,
    "row": _row,
    "table": _table,
    "index": _index,
    "stray content": _stray,
}


async def injected_round(sound: Sound, number: int, seed: int) -> str | None:
    """Damage a copy of the folder and verify it; returns a sentence if the damage is not found as it should be."""
    chance = random.Random(f"{seed} {number}")
    name = [*KINDS][number % len(KINDS)]
    folder = Path(await to_thread.run_sync(tempfile.mkdtemp)) / "data"
    try:
        await to_thread.run_sync(shutil.copytree, sound.folder, folder)
        expected = await to_thread.run_sync(KINDS[name], sound, folder, chance)
        found = await LocalSettings.verify(folder, read_data=True, repair=False, progress=silent)
    finally:
        await to_thread.run_sync(shutil.rmtree, folder.parent)
    if any((one.part, one.file_id) == expected for one in found.damages):
        return None
    return f"injection {number} ({name}): {expected} is not among {found.damages}"


def _file(sound: Sound, folder: Path, chance: random.Random) -> tuple[str, Path]:
    return _path(sound, folder, chance.choice([*sound.files]))


def _path(sound: Sound, folder: Path, file_id: str) -> tuple[str, Path]:
    digest = str(sound.files[file_id].record.sha256)
    return file_id, folder / "blobs" / digest[:2] / digest


def _change_file(path: Path, chance: random.Random) -> None:
    if chance.random() < 0.2:
        path.unlink()
        return
    content = bytearray(path.read_bytes())
    while bytes(content) == path.read_bytes():
        chance.choice((flip_bit, overwrite, cut))(content, chance)
    path.write_bytes(content)


def _execute(path: Path, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql, values)
