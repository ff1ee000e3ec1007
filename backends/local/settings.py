"""Settings of the local backend, and how to open and check it."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from files_api_mcp.backends.backend_options import BackendOption, Credential

if TYPE_CHECKING:
    from files_api_mcp.backends.base import Backend
    from files_api_mcp.backends.damage import Verification
    from files_api_mcp.backends.findings import Finding, Spent
    from files_api_mcp.backends.models import Progress
    from files_api_mcp.backends.search.runtime import SearchRuntime

__all__ = ["LocalSettings"]


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """Files on this machine. There is nothing to set. Implements BackendSettings."""

    name: ClassVar[str] = "local"
    reaches_api: ClassVar[bool] = False
    options: ClassVar[Sequence[BackendOption]] = ()

    @classmethod
    def is_configured(cls, environment: Mapping[str, str]) -> bool:  # noqa: ARG003 - part of the protocol
        """Whether it is configured: always, because it needs no configuration."""
        return True

    @classmethod
    def from_options(cls, environment: Mapping[str, str], options: Mapping[str, Any]) -> Self:  # noqa: ARG003
        """The same settings, whatever is given."""
        return cls()

    @classmethod
    def credential(cls, environment: Mapping[str, str], options: Mapping[str, Any]) -> Credential | None:  # noqa: ARG003
        """None: it needs no key."""
        return None

    @property
    def secret(self) -> str | None:
        """None: it needs no key."""
        return None

    def describe(self) -> str:
        """The backend's name."""
        return self.name

    @asynccontextmanager
    async def open(self, data_dir: Path, runtime: "SearchRuntime", principal: str = "") -> "AsyncGenerator[Backend]":
        """Open the store and its index. Each principal has a separate store below `data_dir`."""
        from anyio import to_thread

        from files_api_mcp.backends.base import Backend
        from files_api_mcp.backends.local.store import open_store
        from files_api_mcp.backends.search.batch_answerer import SequentialBatchAnswerer
        from files_api_mcp.backends.search.engine import open_search_engine
        from files_api_mcp.backends.staging.spool import open_spool
        from files_api_mcp.backends.storage.folders import make_private

        home = data_dir
        if principal:
            home = home / "principals" / principal
            await to_thread.run_sync(make_private, data_dir, home.parent, home)
        async with (
            open_store(home) as store,
            open_spool(home / "spool") as spool,
            open_search_engine(home, store, runtime) as engine,
        ):
            store.on_delete(engine.forget)
            yield Backend(
                files=store,
                answerer=engine,
                reader=engine,
                finder=engine.finder,
                tables=engine.tables,
                batches=SequentialBatchAnswerer(engine),
                spool=spool,
            )

    async def check(self, data_dir: Path) -> "list[Finding]":
        """Compare the files of the store with the disk; changes nothing."""
        from files_api_mcp.backends.errors import FilesError
        from files_api_mcp.backends.findings import Finding
        from files_api_mcp.backends.local.repair.verification import verify_store

        where = f"data folder {data_dir}"
        backend = Finding(good=True, text="backend local: files and questions stay on this machine; no key is needed")
        try:
            found = await verify_store(data_dir)
        except FilesError as exc:
            return [backend, Finding(good=False, text=f"{where}: {exc.text}")]
        if found.is_sound:
            return [backend, Finding(good=True, text=f"{where}: {found.files} files, {found.content_bytes:,} bytes")]
        advice = "Run `files-api-mcp verify` to see it, and `files-api-mcp verify --repair` to mend it."
        return [backend, Finding(good=False, text=f"{where}: damage found. {advice}")]

    @classmethod
    async def verify(cls, data_dir: Path, *, read_data: bool, repair: bool, progress: "Progress") -> "Verification":
        """Compare the table of files, the content, the sidecars and the index of each store in the folder."""
        from files_api_mcp.backends.local.repair.verification import verify_stores

        return await verify_stores(data_dir, read_data=read_data, repair=repair, progress=progress)

    @classmethod
    def spending(cls, data_dir: Path) -> "list[Spent]":  # noqa: ARG003
        """Nothing: answers on this machine cost nothing."""
        return []

    def recent(self, data_dir: Path, prefix: str, limit: int) -> list[tuple[str, str]]:
        """The newest files whose ids begin with `prefix`: ids and names."""
        from files_api_mcp.backends.local.schema import RECENT_FILES
        from files_api_mcp.backends.storage.peek import peek

        return peek(data_dir / "files.db", RECENT_FILES, prefix, limit)
