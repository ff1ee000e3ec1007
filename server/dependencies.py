"""Opens what the tools depend on: the roots and the backends. It knows nothing of MCP, and commands use it too."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias

import anyio
from anyio import to_thread

from files_api_mcp.backends.base import Backend
from files_api_mcp.backends.errors import PermissionDenied
from files_api_mcp.backends.roots.roots import Roots
from files_api_mcp.backends.roots.wide_folders import WideFolders, home_folders
from files_api_mcp.server.lazy import LazyResource
from files_api_mcp.server.settings import Settings
from files_api_mcp.tools.context import Dependencies
from files_api_mcp.tools.principal import DEFAULT_PRINCIPAL, Principal
from files_api_mcp.tools.uploads.tickets import UploadTickets

if TYPE_CHECKING:
    from files_api_mcp.backends.search.runtime import SearchRuntime
    from files_api_mcp.server.tenants import Tenants

__all__ = ["OpenBackend", "open_backend", "open_dependencies", "open_roots", "open_shared_dependencies"]

OpenBackend: TypeAlias = Callable[[], AbstractAsyncContextManager[Backend]]


@asynccontextmanager
async def open_dependencies(
    settings: Settings, opener: OpenBackend | None = None, *, uploads: UploadTickets | None = None
) -> AsyncGenerator[Dependencies]:
    """Opens the dependencies of tools: the roots at once, the backend when a tool first needs it."""
    async with anyio.create_task_group() as owner:
        opened = LazyResource(opener or (lambda: open_backend(settings)), owner)
        try:
            async with _dependencies(settings, lambda _: opened.get(), uploads) as deps:
                yield deps
        finally:
            opened.close()


@asynccontextmanager
async def open_shared_dependencies(
    settings: Settings, *, uploads: UploadTickets | None = None, require_principal: bool = False
) -> "AsyncGenerator[tuple[Dependencies, Tenants]]":
    """Opens the dependencies of several principals. Each has its own backend; all share the search runtime.

    With `require_principal`, the default principal gets no backend, because callers must not share files.
    """
    from files_api_mcp.server.tenants import Tenants

    async with _open_runtime(settings) as runtime, anyio.create_task_group() as owner:

        def opener(principal: Principal) -> AbstractAsyncContextManager[Backend]:
            if require_principal and principal == DEFAULT_PRINCIPAL:
                raise PermissionDenied("The caller is not authenticated.", "Sign in again.")
            return settings.backend.open(settings.data_dir, runtime, principal.name)

        tenants = Tenants(opener, owner)
        try:
            async with _dependencies(settings, tenants.open, uploads) as deps:
                yield deps, tenants
        finally:
            tenants.close()


@asynccontextmanager
async def _dependencies(
    settings: Settings, opener: Callable[[Principal], Awaitable[Backend]], uploads: UploadTickets | None
) -> AsyncGenerator[Dependencies]:
    with await to_thread.run_sync(open_roots, settings) as roots:
        yield Dependencies(
            roots=roots,
            open=opener,
            allow_sensitive=settings.allow_sensitive,
            max_file_size=settings.max_file_size,
            confirm_deletes=settings.confirm_deletes,
            lifetime_s=None if settings.expires_in_hours is None else settings.expires_in_hours * 3600,
            uploads=uploads,
        )


def open_roots(settings: Settings) -> Roots:
    """Opens the folders that agents may read from. They never include our own data folder."""
    return Roots(
        settings.roots,
        max_file_size=settings.max_file_size,
        allow_sensitive=settings.allow_sensitive,
        private=[settings.data_dir],
        wide=None if settings.allow_wide_root else WideFolders(home_folders()),
        named=settings.name_roots,
    )


@asynccontextmanager
async def open_backend(settings: Settings, principal: str = "") -> AsyncGenerator[Backend]:
    """Opens the backend of the settings, with its own search runtime."""
    async with (
        _open_runtime(settings) as runtime,
        settings.backend.open(settings.data_dir, runtime, principal) as backend,
    ):
        yield backend


@asynccontextmanager
async def _open_runtime(settings: Settings) -> "AsyncGenerator[SearchRuntime]":
    # Imported here, because a server that only lists its tools does not need them.
    from files_api_mcp.backends.search.runtime import open_runtime
    from files_api_mcp.backends.search.semantic.similarity import enabled_similarity, own_similarity

    own = settings.semantic_model
    similarity = enabled_similarity(settings.data_dir) if own is None else await to_thread.run_sync(own_similarity, own)
    async with open_runtime(similarity) as runtime:
        yield runtime
