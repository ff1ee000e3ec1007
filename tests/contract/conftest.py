"""The backends that the contract suite runs over, each with a way to freeze bytes for it."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from files_api_mcp.backends.base import FilesBackend
from files_api_mcp.backends.local.store import open_store
from files_api_mcp.backends.models import Snapshot
from tests.contract.memory.backend import MemoryFiles
from tests.support.emulator import KEY, emulated, opened, workspace_of
from tests.support.snapshots import freeze_bytes

Freeze = Callable[[bytes], Snapshot]


@pytest.fixture
def freeze(tmp_path: Path) -> Freeze:
    return lambda content: freeze_bytes(tmp_path / "frozen", content)


@dataclass(frozen=True, slots=True)
class Place:
    """A backend, and a look at the bytes that it holds, whether or not it gives them back."""

    files: FilesBackend
    gives_back: bool
    bytes_of: Callable[[str], Awaitable[bytes]]


@pytest.fixture(params=["local", "anthropic", "memory"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Place]:
    """An empty backend. A new one joins the suite by its name here."""
    opener = {"local": _local, "anthropic": _anthropic, "memory": _memory}[request.param]
    async with opener(tmp_path) as opened_place:
        yield opened_place


@pytest.fixture
def files(place: Place) -> FilesBackend:
    return place.files


@asynccontextmanager
async def _local(folder: Path) -> AsyncGenerator[Place]:
    async with open_store(folder / "data") as store:
        yield Place(store, gives_back=True, bytes_of=partial(read, store))


@asynccontextmanager
async def _anthropic(folder: Path) -> AsyncGenerator[Place]:
    """The client against the emulator, which like the API gives no upload back; its store shows what it holds."""
    async with (
        emulated(folder / "emulator") as base_url,
        opened(base_url, folder / "data") as place,
        open_store(folder / "emulator" / "workspaces" / workspace_of(KEY)) as store,
    ):
        yield Place(place.files, gives_back=False, bytes_of=partial(read, store))


@asynccontextmanager
async def _memory(folder: Path) -> AsyncGenerator[Place]:
    files = MemoryFiles(folder)
    yield Place(files, gives_back=True, bytes_of=partial(read, files))


async def read(files: FilesBackend, file_id: str) -> bytes:
    async with files.download(file_id) as (_, chunks):
        return b"".join([chunk async for chunk in chunks])
