"""Workspaces: one per API key, each in its own folder, opened on first use."""

import hashlib
import hmac
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from anyio import to_thread
from anyio.abc import TaskGroup

from files_api_mcp.backends.documents.workers import DocumentWorkers
from files_api_mcp.backends.local.store import LocalStore, open_store
from files_api_mcp.backends.search.engine import SearchEngine, open_search_engine
from files_api_mcp.backends.search.runtime import SearchRuntime
from files_api_mcp.backends.staging.spool import Spool, open_spool
from files_api_mcp.backends.storage.folders import make_private
from files_api_mcp.server.emulator.responses import ApiError
from files_api_mcp.server.emulator.upload_form import FormReceiver
from files_api_mcp.server.lazy import LazyResource

__all__ = ["Workspace", "Workspaces"]

_MAX_WORKSPACES = 1000


@dataclass(frozen=True, slots=True)
class Workspace:
    """The stores of one workspace. `inline` holds inline documents for the length of their request."""

    id: str
    store: LocalStore
    engine: SearchEngine
    inline: LocalStore
    inline_engine: SearchEngine
    spool: Spool
    forms: FormReceiver


class Workspaces:
    """Finds the workspace of a key. With `keys`, only these are accepted; without, any key is."""

    def __init__(self, data_dir: Path, keys: Sequence[str], owner: TaskGroup, workers: DocumentWorkers) -> None:
        self._data_dir = data_dir
        self._keys = tuple(keys)
        self._owner = owner
        self._workers = workers
        self._opened: dict[str, LazyResource[Workspace]] = {}

    async def for_key(self, key: str) -> Workspace:
        """The workspace of a key.

        Raises:
            ApiError: The key is missing or not accepted (401), or too many workspaces are open (529).
        """
        if not key:
            raise ApiError(401, "x-api-key header is required")
        if self._keys and not any(hmac.compare_digest(key.encode(), known.encode()) for known in self._keys):
            raise ApiError(401, "invalid x-api-key")
        name = hashlib.sha256(key.encode()).hexdigest()[:24]
        if name not in self._opened:
            if len(self._opened) >= _MAX_WORKSPACES:
                raise ApiError(529, "Too many workspaces are open")
            self._opened[name] = LazyResource(lambda: self._open(name), self._owner)
        return await self._opened[name].get()

    def close(self) -> None:
        """Starts closing all workspaces; the owner's task group waits for the end."""
        for opened in self._opened.values():
            opened.close()

    @asynccontextmanager
    async def _open(self, name: str) -> AsyncGenerator[Workspace]:
        folder = self._data_dir / "workspaces" / name
        await to_thread.run_sync(make_private, self._data_dir, folder.parent, folder)
        async with AsyncExitStack() as stack:
            store = await stack.enter_async_context(open_store(folder))
            engine = await stack.enter_async_context(open_search_engine(folder, store, SearchRuntime(self._workers)))
            store.on_delete(engine.forget)
            spool = await stack.enter_async_context(open_spool(folder / "spool"))
            inline = await stack.enter_async_context(open_store(spool.folder / "inline"))
            inline_engine = await stack.enter_async_context(
                open_search_engine(spool.folder / "inline", inline, SearchRuntime(self._workers))
            )
            yield Workspace(
                id=f"wrkspc_{name}",
                store=store,
                engine=engine,
                inline=inline,
                inline_engine=inline_engine,
                spool=spool,
                forms=FormReceiver(spool),
            )
