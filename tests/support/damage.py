"""Stores with known files, and what is left of them after damage."""

from collections.abc import Mapping
from pathlib import Path

from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.local.store import LocalStore, open_store
from tests.support.snapshots import freeze_bytes, text_file

Known = dict[str, tuple[str, bytes]]
"""Names and bytes of files by their ids, oldest first."""


async def build_store(data: Path, count: int, *, deleted: int = 0) -> Known:
    """A store of so many files, after as many deletions."""
    known: Known = {}
    async with open_store(data) as store:
        for number in range(count + deleted):
            name, content = f"{number} {'x' * 100}.txt", f"content {number // 2 * 2} {'y' * number}".encode()
            uploaded = await store.upload(freeze_bytes(data / "spool", content), text_file(name))
            known[uploaded.record.id] = name, content
        for file_id in [*known][:deleted]:
            await store.delete(file_id)
            del known[file_id]
    return known


async def read(store: LocalStore, file_id: str) -> bytes:
    async with store.download(file_id) as (_, chunks):
        return b"".join([chunk async for chunk in chunks])


async def assert_served(data: Path, known: Mapping[str, tuple[str, bytes]]) -> None:
    """Every file is listed once, in the order of upload, with its name and its bytes."""
    async with open_store(data) as store:
        page = await store.list(limit=1000)
        assert [file.id for file in page.files] == [*known][::-1]
        for file in page.files:
            assert (file.filename, await read(store, file.id)) == known[file.id]


async def refused(store: LocalStore, file_id: str) -> FilesError | None:
    """The error of a download; None if it works."""
    try:
        await read(store, file_id)
    except FilesError as exc:
        return exc
    return None
