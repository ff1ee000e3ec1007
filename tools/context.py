"""What tools are given: dependencies by type, progress, and the one way to report failures and results."""

import json
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import anyio
from anyio import CancelScope
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, TextContent
from pydantic import BaseModel

from files_api_mcp.backends.base import Answerer, BatchAnswerer, FilesBackend, Reader
from files_api_mcp.backends.errors import FilesError, expected_in
from files_api_mcp.backends.models import Progress
from files_api_mcp.backends.roots.roots import Roots
from files_api_mcp.backends.staging.snapshot import Spool
from files_api_mcp.tools.principal import Principal, principal_of
from files_api_mcp.tools.upload_tickets import Uploads
from files_api_mcp.tools.uris import uri_of

__all__ = [
    "Backends",
    "Dependencies",
    "announce",
    "backends",
    "dependencies",
    "progress_to",
    "reported",
    "respond",
    "stage",
]

_PROGRESS_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Backends:
    """What is open while files are being worked on."""

    files: FilesBackend
    answerer: Answerer
    reader: Reader
    batches: BatchAnswerer
    spool: Spool


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What the server hands to its tools. `open` gives a principal's backends, opened on first use; `uploads` is there
    where bytes can be taken over the network."""

    roots: Roots
    open: Callable[[Principal], Awaitable[Backends]]
    allow_sensitive: bool
    max_file_size: int
    confirm_deletes: Literal["auto", "always", "never"]
    uploads: Uploads | None = None


def dependencies(ctx: Context[Dependencies]) -> Dependencies:
    """What the server handed over: taken from the context, as `Resolve` would cost every call a third of its time."""
    return ctx.request_context.lifespan_context


async def backends(ctx: Context[Dependencies]) -> Backends:
    """The caller's backends, opened by the first call that needs them.

    Raises:
        FilesError: They cannot be opened.
    """
    return await dependencies(ctx).open(principal_of(ctx))


async def announce(ctx: Context[Any], *gone: str) -> None:
    """Tell the clients that listen that the list of files is another one, and those who watch a file that it is gone.

    Somebody else's wish, so the caller's cancellation does not end it; how long it takes is bounded by who tells.
    """
    with CancelScope(shield=True):
        await ctx.notify_resources_changed()
        for file_id in gone:
            await ctx.notify_resource_updated(uri_of(file_id))


@contextmanager
def reported() -> Generator[None]:
    """Show an expected failure to the model as `[code] sentence. next step.`; anything else stays a crash,
    which the SDK logs and masks."""
    try:
        yield
    except (FilesError, ExceptionGroup) as exc:
        # A task group wraps even a single failure.
        failure = expected_in(exc)
        if failure is None:
            raise
        raise ToolError(failure.text) from exc


def progress_to(ctx: Context[Any]) -> Progress:
    """Progress that reaches the client: it only ever grows, as MCP asks, and at most ten words a second are sent
    beside the first and the last."""
    last_sent, furthest = float("-inf"), float("-inf")

    async def report(done: float, total: float | None, message: str) -> None:
        nonlocal last_sent, furthest
        now = anyio.current_time()
        if done <= furthest or (done != total and now - last_sent < _PROGRESS_EVERY_S):
            return
        last_sent, furthest = now, done
        await ctx.report_progress(done, total, message)

    return report


def stage(progress: Progress, start: float, end: float) -> Progress:
    """The part of a whole (0 to 100) that one step of several fills."""

    async def report(done: float, total: float | None, message: str) -> None:
        share = done / total if total else 0
        await progress(start + (end - start) * min(share, 1), 100, message)

    return report


def respond(result: BaseModel) -> CallToolResult:
    """One result in both channels: structured, and as the same JSON in compact text.

    Some hosts show the model only the one, some only the other; the SDK's own text is indented, which costs
    tokens.
    """
    data = result.model_dump(mode="json", exclude_none=True)
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=data)
