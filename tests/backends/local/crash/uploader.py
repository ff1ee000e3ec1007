"""The victim: uploads and deletes in a shared store, and writes down each promise that it was given.

A line of the journal is one write to a pipe, so it survives the writer: `ready` once the store is open, `+ id sha256`
an upload acknowledged, `? id` a deletion about to be asked for, `- id` a deletion acknowledged.
"""

import hashlib
import os
import random
import secrets
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio

from files_api_mcp.backends.base import Backend
from files_api_mcp.backends.errors import StorageFull
from files_api_mcp.backends.local.store import LocalStore
from files_api_mcp.backends.models import UploadedFile
from files_api_mcp.backends.roots.roots import Roots
from files_api_mcp.backends.staging.spool import Spool, open_spool
from files_api_mcp.tools.context import Dependencies
from files_api_mcp.tools.uploads.folder import FolderUpload, Outcome
from tests.backends.local.crash.planted import open_planted
from tests.support.snapshots import freeze_bytes, hold_bytes, text_file

_TASKS = 2
_MOST_FILES = 200  # that a task keeps, so that a fast machine does not fill the disk of a test
_SHARED = [bytes([letter]) * 5000 for letter in b"abcdef"]


def run_uploader(data: Path, frozen: Path, journal: int, seed: int, bug: str | None, *, batches: bool) -> None:
    """Upload and delete until killed; with `batches`, folders as upload_file does."""
    anyio.run(_upload_folders if batches else _main, data, frozen, journal, random.Random(seed), bug)


async def _upload_folders(data: Path, frozen: Path, journal: int, chance: random.Random, bug: str | None) -> None:
    async with open_planted(data, bug) as store, open_spool(data / "spool") as spool:
        os.write(journal, b"ready\n")
        mine: list[str] = []
        while True:
            folder = frozen / secrets.token_hex(8)
            try:
                hashes = _write_folder(folder, chance)
                mine += await _upload_folder(folder, hashes, store, spool, journal)
                deletions = len(mine) // 8
            except OSError:  # the disk is full
                deletions = len(mine) // 2
            shutil.rmtree(folder)
            for _ in range(deletions):
                await _delete(mine.pop(chance.randrange(len(mine))), store, journal)


def _write_folder(folder: Path, chance: random.Random) -> dict[str, str]:
    """Write files of a batch, or of two; returns their hashes by name."""
    folder.mkdir(parents=True)
    hashes: dict[str, str] = {}
    for number in range(chance.choice([3, 20, 60, 300])):
        # Few are too large to be frozen in memory.
        size = 140_000 if chance.random() < 0.02 else chance.choice([1, 500, 3000])
        content = chance.choice(_SHARED) if chance.random() < 0.2 else chance.randbytes(size)
        (folder / f"{number}.bin").write_bytes(content)
        hashes[f"{number}.bin"] = hashlib.sha256(content).hexdigest()
    return hashes


async def _upload_folder(
    folder: Path, hashes: Mapping[str, str], store: LocalStore, spool: Spool, journal: int
) -> list[str]:
    stored: list[str] = []

    async def take(outcomes: Sequence[tuple[str, Outcome]]) -> None:
        for path, outcome in outcomes:
            if isinstance(outcome, UploadedFile):
                os.write(journal, f"+ {outcome.record.id} {hashes[path]}\n".encode())
                stored.append(outcome.record.id)
            elif not isinstance(outcome, StorageFull):
                raise outcome

    nothing: Any = None
    with Roots([folder]) as roots:
        deps = Dependencies(roots, nothing, allow_sensitive=True, max_file_size=10**6, confirm_deletes="never")
        opened = Backend(store, nothing, nothing, nothing, nothing, nothing, spool)
        await FolderUpload(deps, opened, take).run(".")
    return stored


async def _delete(file_id: str, store: LocalStore, journal: int) -> None:
    os.write(journal, f"? {file_id}\n".encode())
    await store.delete(file_id)
    os.write(journal, f"- {file_id}\n".encode())


async def _main(data: Path, frozen: Path, journal: int, chance: random.Random, bug: str | None) -> None:
    async with open_planted(data, bug) as store, anyio.create_task_group() as group:
        os.write(journal, b"ready\n")
        for _ in range(_TASKS):
            group.start_soon(_work, store, frozen, journal, chance, bug)


async def _work(store: LocalStore, frozen: Path, journal: int, chance: random.Random, bug: str | None) -> None:
    mine: list[str] = []
    while True:
        content = _content(chance)
        sha256 = hashlib.sha256(content).hexdigest()
        if bug == "early_word":
            os.write(journal, f"+ file_early {sha256}\n".encode())
        freeze = chance.choice((freeze_bytes, hold_bytes))
        uploaded = await store.upload(freeze(frozen, content), text_file(f"{chance.randrange(10**6)}.bin"))
        os.write(journal, f"+ {uploaded.record.id} {sha256}\n".encode())
        mine.append(uploaded.record.id)
        if chance.random() < 0.3 or len(mine) > _MOST_FILES:
            await _delete(mine.pop(chance.randrange(len(mine))), store, journal)


def _content(chance: random.Random) -> bytes:
    """Sometimes bytes that others upload too, so that contents are shared, deleted and brought back."""
    if chance.random() < 0.4:
        return chance.choice(_SHARED)
    return chance.randbytes(chance.choice([1, 1000, 50_000]))
