"""The MCP client behind a call: what it can show its user, and how it hears of progress and changes."""

from typing import Any

from mcp.server.mcpserver import Context
from mcp.types import ElicitationCapability

from files_api_mcp.backends.progress.call_progress import CallProgress
from files_api_mcp.server.mcp.principal import principal_in
from files_api_mcp.server.mcp.progress import progress_of
from files_api_mcp.tools.context import Call, Dependencies
from files_api_mcp.tools.formatting import file_uri

__all__ = ["asks_in_results", "call_in"]

# The first protocol version in which the result of a call can ask the client for input.
_INPUT_REQUIRED_SINCE = "2026-07-28"


def call_in(ctx: Context[Dependencies]) -> Call:
    """The call that a request makes."""
    # Not a `Resolve` parameter: that would make every call a third slower.
    request = ctx.request_context
    return Call(request.lifespan_context, _McpClient(ctx), principal_in(request))


def asks_in_results(ctx: Context[Any]) -> bool:
    """Whether the result of a call asks the client for input, in this protocol version. In older ones the server sends
    a request of its own."""
    return (ctx.protocol_version or "") >= _INPUT_REQUIRED_SINCE


class _McpClient:
    """Implements Caller."""

    def __init__(self, ctx: Context[Dependencies]) -> None:
        self._ctx = ctx
        self._progress = progress_of(ctx.request_context)

    @property
    def can_confirm(self) -> bool:
        """Whether it can show a form, in this protocol version."""
        elicitation = self._elicitation()
        # An empty object means form mode: older clients know no other.
        return elicitation is not None and (elicitation.form is not None or elicitation.url is None)

    @property
    def can_show_links(self) -> bool:
        """Whether it can show a link, in this protocol version."""
        elicitation = self._elicitation()
        return elicitation is not None and elicitation.url is not None

    @property
    def progress(self) -> CallProgress:
        """Sends progress notifications."""
        return self._progress

    async def notify_files_changed(self, *deleted: str) -> None:
        """Notifies all clients of this principal."""
        await self._ctx.notify_resources_changed()
        for file_id in deleted:
            await self._ctx.notify_resource_updated(file_uri(file_id))

    def _elicitation(self) -> ElicitationCapability | None:
        """How the client can ask its user; None if it cannot."""
        capabilities = self._ctx.client_capabilities
        can_be_asked = asks_in_results(self._ctx) or self._ctx.session.can_send_request
        return capabilities.elicitation if capabilities is not None and can_be_asked else None
