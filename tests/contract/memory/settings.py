"""Settings of the in-memory backend, and how to open and check it."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from files_api_mcp.backends.backend_options import BackendOption, Credential
from files_api_mcp.backends.base import Backend
from files_api_mcp.backends.damage import Verification
from files_api_mcp.backends.findings import Finding, Spent
from files_api_mcp.backends.models import Progress
from files_api_mcp.backends.search.batch_answerer import SequentialBatchAnswerer
from files_api_mcp.backends.search.engine import open_search_engine
from files_api_mcp.backends.search.runtime import SearchRuntime
from files_api_mcp.backends.staging.spool import open_spool
from tests.contract.memory.backend import MemoryFiles

__all__ = ["MemorySettings"]


@dataclass(frozen=True, slots=True)
class MemorySettings:
    """Files that last as long as the server. Implements BackendSettings."""

    name: ClassVar[str] = "memory"
    reaches_api: ClassVar[bool] = False
    options: ClassVar[Sequence[BackendOption]] = ()

    @classmethod
    def is_configured(cls, environment: Mapping[str, str]) -> bool:
        """Never: you choose it by name."""
        return False

    @classmethod
    def from_options(cls, environment: Mapping[str, str], options: Mapping[str, Any]) -> Self:
        """The same settings, whatever is given."""
        return cls()

    @classmethod
    def credential(cls, environment: Mapping[str, str], options: Mapping[str, Any]) -> Credential | None:
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
    async def open(self, data_dir: Path, runtime: SearchRuntime, principal: str = "") -> AsyncGenerator[Backend]:
        """Open an empty backend. Search and reading are the same as for every backend."""
        async with open_spool(data_dir / "spool") as spool:
            files = MemoryFiles(data_dir / "spool")
            async with open_search_engine(data_dir, files, runtime) as engine:
                files.on_delete(engine.forget)
                yield Backend(
                    files=files,
                    answerer=engine,
                    reader=engine,
                    finder=engine.finder,
                    tables=engine.tables,
                    batches=SequentialBatchAnswerer(engine),
                    spool=spool,
                )

    async def check(self, data_dir: Path) -> list[Finding]:
        """Nothing can be wrong."""
        return [Finding(good=True, text="backend memory: files are gone when the server ends")]

    @classmethod
    async def verify(cls, data_dir: Path, *, read_data: bool, repair: bool, progress: Progress) -> Verification:
        """Nothing is kept in the folder."""
        return Verification()

    @classmethod
    def spending(cls, data_dir: Path) -> list[Spent]:
        """Nothing: answers cost nothing."""
        return []

    def recent(self, data_dir: Path, prefix: str, limit: int) -> list[tuple[str, str]]:
        """None: another process sees none of the files."""
        return []
