"""The emulator on a real loopback socket, in the test's event loop, and our client for it."""

import hashlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from anyio import to_thread
from starlette.types import ASGIApp

from files_api_mcp.backends.anthropic.endpoint import Endpoint, endpoint_from
from files_api_mcp.backends.anthropic.files.upload import Timing
from files_api_mcp.backends.anthropic.workspace import Workspace, open_workspace
from files_api_mcp.backends.staging.spool import open_spool
from files_api_mcp.server.emulator.app import EmulatorSettings, emulator
from files_api_mcp.server.http.listener import listen, uvicorn_server

KEY = "sk-ant-canary-0123456789abcdef"
QUICK = Timing(call_s=2.0, upload_s=6.0, reply_s=1.0, looks=(0.0, 0.1, 0.3))


def workspace_of(key: str) -> str:
    """The name of the emulator's folder for the files of a key."""
    return hashlib.sha256(key.encode()).hexdigest()[:24]


@asynccontextmanager
async def emulated(
    data_dir: Path, *, around: Callable[[ASGIApp], ASGIApp] | None = None, **settings: object
) -> AsyncGenerator[str]:
    """Run an emulator; yields its base URL. `around` can wrap it in middleware."""
    listener = listen("127.0.0.1", 0)
    async with emulator(EmulatorSettings(data_dir, **settings)) as application:  # type: ignore[arg-type]
        # Reads its own template from disk.
        server = await to_thread.run_sync(uvicorn_server, around(application) if around else application)
        async with anyio.create_task_group() as group:
            group.start_soon(server.serve, [listener])
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            finally:
                server.should_exit = True


def endpoint(base_url: str, key: str = KEY) -> Endpoint:
    return endpoint_from({"ANTHROPIC_API_KEY": key}, base_url=base_url)


@asynccontextmanager
async def opened(
    base_url: str,
    data_dir: Path,
    *,
    key: str = KEY,
    timing: Timing = QUICK,
    rate_limit: int = 1_000_000,
    principal: str = "",
) -> AsyncGenerator[Workspace]:
    """Our client for this server, with short waits."""
    await to_thread.run_sync(lambda: data_dir.mkdir(parents=True, exist_ok=True))
    async with (
        open_spool(data_dir / "spool") as spool,
        open_workspace(
            endpoint(base_url, key), data_dir, spool, timing=timing, rate_limit=rate_limit, principal=principal
        ) as workspace,
    ):
        yield workspace
