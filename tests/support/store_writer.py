"""A process that uploads to a shared store: `store_writer.py DATA_DIR NAME COUNT [same]`.

Prints one line per upload: its outcome (stored, reused, unfrozen or an error code), the id or -, and the filename. With
`same`, all processes upload the same files.
"""

import sys
from pathlib import Path

import anyio

from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.local.store import LocalStore, open_store
from tests.support.snapshots import freeze_bytes, text_file

TASKS = 4


async def write(store: LocalStore, data: Path, names: list[str]) -> None:
    for name in names:
        try:
            frozen = freeze_bytes(data / "spool", name.encode())
        except OSError:
            print("unfrozen", "-", name, flush=True)
            continue
        try:
            uploaded = await store.upload(frozen, text_file(name))
            outcome = ("reused" if uploaded.reused else "stored", uploaded.record.id)
        except FilesError as exc:
            outcome = (f"[{exc.code}]", "-")
        finally:
            frozen.path.unlink(missing_ok=True)
        print(*outcome, name, flush=True)


async def main(data: Path, writer: str, count: int, *, same: bool) -> None:
    prefix = "same" if same else writer
    async with open_store(data) as store, anyio.create_task_group() as group:
        for task in range(TASKS):
            names = [f"{prefix}-{number}.txt" for number in range(task, count, TASKS)]
            group.start_soon(write, store, data, names)


if __name__ == "__main__":
    anyio.run(lambda: main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), same="same" in sys.argv[4:]))
