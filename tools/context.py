"""Context of a tool call: dependencies, caller, progress, notifications and failures."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from anyio import CancelScope

from files_api_mcp.backends.base import Backend
from files_api_mcp.backends.committed import Committed
from files_api_mcp.backends.errors import FilesError, expected_in
from files_api_mcp.backends.models import Progress
from files_api_mcp.backends.roots.roots import Roots
from files_api_mcp.tools.links import LinkAnswer
from files_api_mcp.tools.principal import DEFAULT_PRINCIPAL, Principal
from files_api_mcp.tools.uploads.tickets import UploadTickets

if TYPE_CHECKING:
    from files_api_mcp.backends.progress.call_progress import CallProgress

__all__ = ["Call", "Caller", "Dependencies", "failure_in", "subprogress"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Dependencies:
    """The objects that the server gives to its tools.

    `open` returns a principal's backends and opens them on first use. `lifetime_s` is that of all uploaded files; None
    means that they never expire. `uploads` is set only if the server receives uploads over HTTP.
    """

    roots: Roots
    open: Callable[[Principal], Awaitable[Backend]]
    allow_sensitive: bool
    max_file_size: int
    confirm_deletes: Literal["auto", "always", "never"]
    lifetime_s: int | None = None
    uploads: UploadTickets | None = None


class Caller(Protocol):
    """Whoever called a tool: an MCP client, or a person at the command line."""

    @property
    def can_confirm(self) -> bool:
        """Whether it can ask its user a question before the tool runs."""
        ...

    @property
    def can_show_links(self) -> bool:
        """Whether it can show its user a link."""
        ...

    @property
    def progress(self) -> "CallProgress":
        """Shows the progress of the call."""
        ...

    async def notify_files_changed(self, *deleted: str) -> None:
        """Notifies all clients that the list of files changed, and subscribers of deleted files that these are gone."""
        ...


@dataclass(slots=True)
class Call:
    """One call of a tool.

    `confirmed` means that the user was asked to confirm the call and did, `declined` that the user did not.
    `link_answer` is the user's answer to the link that the tool offered when it was called before.
    """

    deps: Dependencies
    caller: Caller
    principal: Principal = DEFAULT_PRINCIPAL
    confirmed: bool = False
    declined: bool = False
    link_answer: LinkAnswer | None = None

    async def backend(self) -> Backend:
        """The caller's backends, opened by the first call that needs them.

        Raises:
            FilesError: They cannot be opened.
        """
        return await self.deps.open(self.principal)

    async def notify_files_changed(self, *deleted: str) -> None:
        """Notifies clients of new and deleted files. A notification that cannot be sent changes nothing: the files are
        stored or deleted."""
        # Shielded: other clients must hear of the change even if this call is cancelled. The sender limits the time.
        with CancelScope(shield=True), Committed[None]() as change:
            change.result = None
            await self.caller.notify_files_changed(*deleted)

    def progress(self) -> Progress:
        """Reports the progress of one operation to the caller."""
        return self.caller.progress.operation()


def failure_in(exc: Exception) -> FilesError:
    """The expected failure in an exception. Any other is logged, and described without its details."""
    failure = expected_in(exc)
    if failure is not None:
        return failure
    _log.error("an unexpected error", exc_info=exc)
    return FilesError("An unexpected error occurred; the server's log has the details.", "Call again.")


def subprogress(progress: Progress, start: float, end: float) -> Progress:
    """Progress of one step, mapped to its share (`start` to `end` of 100) of the whole."""

    async def report(done: float, total: float | None, message: str) -> None:
        share = done / total if total else 0
        await progress(start + (end - start) * min(share, 1), 100, message)

    return report
