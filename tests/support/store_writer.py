"""A process that uploads to a shared store: `store_writer.py DATA_DIR NAME COUNT [same] [batches]`.

Prints one line per upload: its outcome (stored, reused, unfrozen or an error code), the id or -, and the filename. With
`same`, all processes upload the same files; with `batches`, ten files at a time.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import anyio

from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.local.store import LocalStore, open_store
from files_api_mcp.backends.models import Snapshot, UploadedFile
from tests.support.snapshots import freeze_bytes, text_file

TASKS = 4
BATCH = 10


async def write(store: LocalStore, data: Path, names: Sequence[str], batch: int) -> None:
    for start in range(0, len(names), batch):
        frozen = [(name, one) for name in names[start : start + batch] if (one := freeze(data, name))]
        try:
            outcomes = await outcomes_of(store, frozen)
        finally:
            for _, snapshot in frozen:
                snapshot.path.unlink(missing_ok=True)
        for (name, _), outcome in zip(frozen, outcomes, strict=True):
            if isinstance(outcome, FilesError):
                print(f"[{outcome.code}]", "-", name, flush=True)
            else:
                print("reused" if outcome.reused else "stored", outcome.record.id, name, flush=True)


def freeze(data: Path, name: str) -> Snapshot | None:
    try:
        return freeze_bytes(data / "spool", name.encode())
    except OSError:
        print("unfrozen", "-", name, flush=True)
        return None


async def outcomes_of(store: LocalStore, frozen: Sequence[tuple[str, Snapshot]]) -> Sequence[UploadedFile | FilesError]:
    if len(frozen) != 1:
        return await store.upload_many([(snapshot, text_file(name)) for name, snapshot in frozen])
    ((name, snapshot),) = frozen
    try:
        return [await store.upload(snapshot, text_file(name))]
    except FilesError as exc:
        return [exc]


async def main(data: Path, writer: str, count: int, *, same: bool, batch: int) -> None:
    prefix = "same" if same else writer
    async with open_store(data) as store, anyio.create_task_group() as group:
        for task in range(TASKS):
            names = [f"{prefix}-{number}.txt" for number in range(task, count, TASKS)]
            group.start_soon(write, store, data, names, batch)


if __name__ == "__main__":
    options = sys.argv[4:]
    anyio.run(
        lambda: main(
            Path(sys.argv[1]),
            sys.argv[2],
            int(sys.argv[3]),
            same="same" in options,
            batch=BATCH if "batches" in options else 1,
        )
    )
