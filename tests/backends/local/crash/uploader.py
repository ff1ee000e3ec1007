"""The victim: uploads and deletes in a shared store, and writes down each promise that it was given.

A line of the journal is one write to a pipe, so it survives the writer: `ready` once the store is open, `+ id sha256`
an upload acknowledged, `? id` a deletion about to be asked for, `- id` a deletion acknowledged.
"""

import hashlib
import os
import random
from pathlib import Path

import anyio

from files_api_mcp.backends.local.store import LocalStore
from tests.backends.local.crash.planted import open_planted
from tests.support.snapshots import freeze_bytes, text_file

_TASKS = 2
_SHARED = [bytes([letter]) * 5000 for letter in b"abcdef"]


def run_uploader(data: Path, frozen: Path, journal: int, seed: int, bug: str | None) -> None:
    """Upload and delete until killed."""
    anyio.run(_main, data, frozen, journal, random.Random(seed), bug)


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
        uploaded = await store.upload(freeze_bytes(frozen, content), text_file(f"{chance.randrange(10**6)}.bin"))
        os.write(journal, f"+ {uploaded.record.id} {sha256}\n".encode())
        mine.append(uploaded.record.id)
        if chance.random() < 0.3:
            file_id = mine.pop(chance.randrange(len(mine)))
            os.write(journal, f"? {file_id}\n".encode())
            await store.delete(file_id)
            os.write(journal, f"- {file_id}\n".encode())


def _content(chance: random.Random) -> bytes:
    """Sometimes bytes that others upload too, so that contents are shared, deleted and brought back."""
    if chance.random() < 0.4:
        return chance.choice(_SHARED)
    return chance.randbytes(chance.choice([1, 1000, 50_000]))
