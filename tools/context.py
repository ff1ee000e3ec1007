"""Context of a tool call: dependencies, progress, notifications, errors and results."""

import json
import logging
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

from files_api_mcp.backends.base import Backend
from files_api_mcp.backends.committed import Committed
from files_api_mcp.backends.errors import FilesError, expected_in
from files_api_mcp.backends.models import Progress
from files_api_mcp.backends.roots.roots import Roots
from files_api_mcp.tools.formatting import file_uri
from files_api_mcp.tools.principal import Principal, principal_of
from files_api_mcp.tools.upload_tickets import UploadTickets

__all__ = [
    "Dependencies",
    "backends",
    "dependencies",
    "failure_in",
    "notify_files_changed",
    "progress_to",
    "subprogress",
    "tool_errors",
    "tool_result",
]

_log = logging.getLogger(__name__)

_PROGRESS_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Dependencies:
    """The objects that the server gives to its tools.

    `open` returns a principal's backends and opens them on first use. `uploads` is set only if the server receives
    uploads over HTTP.
    """

    roots: Roots
    open: Callable[[Principal], Awaitable[Backend]]
    allow_sensitive: bool
    max_file_size: int
    confirm_deletes: Literal["auto", "always", "never"]
    uploads: UploadTickets | None = None


def dependencies(ctx: Context[Dependencies]) -> Dependencies:
    """The server's dependencies."""
    # Not a `Resolve` parameter: that would make every call a third slower.
    return ctx.request_context.lifespan_context


async def backends(ctx: Context[Dependencies]) -> Backend:
    """The caller's backends, opened by the first call that needs them.

    Raises:
        FilesError: They cannot be opened.
    """
    return await dependencies(ctx).open(principal_of(ctx))


async def notify_files_changed(ctx: Context[Any], *deleted: str) -> None:
    """Notifies clients that the list of files changed, and subscribers of deleted files that these are gone.

    A notification that cannot be sent changes nothing: the files are stored or deleted."""
    # Shielded: other clients must hear of the change even if this call is cancelled. The sender limits the time.
    with CancelScope(shield=True), Committed[None]() as change:
        change.result = None
        await ctx.notify_resources_changed()
        for file_id in deleted:
            await ctx.notify_resource_updated(file_uri(file_id))


@contextmanager
def tool_errors() -> Generator[None]:
    """Turns an expected failure into a ToolError, shown as `[code] Sentence. Next step.`

    Any other exception stays a crash: the SDK logs it and hides its text.
    """
    try:
        yield
    except (FilesError, ExceptionGroup) as exc:
        # A task group wraps even a single failure.
        failure = expected_in(exc)
        if failure is None:
            raise
        raise ToolError(failure.text) from exc


def failure_in(exc: Exception) -> FilesError:
    """The expected failure in an exception. Any other is logged, and described without its details."""
    failure = expected_in(exc)
    if failure is not None:
        return failure
    _log.error("an unexpected error", exc_info=exc)
    return FilesError("An unexpected error occurred; the server's log has the details.", "Call again.")


def progress_to(ctx: Context[Any]) -> Progress:
    """Reports progress to the client. Progress only grows, as MCP requires, with at most ten notifications a second
    between the first and the last. A report that cannot be sent changes nothing."""
    last_sent, furthest = float("-inf"), float("-inf")

    async def report(done: float, total: float | None, message: str) -> None:
        nonlocal last_sent, furthest
        now = anyio.current_time()
        if done <= furthest or (done != total and now - last_sent < _PROGRESS_EVERY_S):
            return
        last_sent, furthest = now, done
        try:
            await ctx.report_progress(done, total, message)
        except Exception:  # noqa: BLE001 - the work must not depend on who watches it
            _log.debug("progress could not be reported", exc_info=True)

    return report


def subprogress(progress: Progress, start: float, end: float) -> Progress:
    """Progress of one step, mapped to its share (`start` to `end` of 100) of the whole."""

    async def report(done: float, total: float | None, message: str) -> None:
        share = done / total if total else 0
        await progress(start + (end - start) * min(share, 1), 100, message)

    return report


def tool_result(result: BaseModel) -> CallToolResult:
    """A result as structured content, and as the same JSON in compact text.

    Some hosts show the model only the structure, some only the text. The SDK's own text is indented, which costs
    tokens.
    """
    data = result.model_dump(mode="json", exclude_none=True)
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=data)
