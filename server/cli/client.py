"""ToolClient: calls the tools in this process as an agent does."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from files_api_mcp.backends.committed import Committed
from files_api_mcp.server.cli.messages import for_command_line
from files_api_mcp.server.cli.output import CommandError

if TYPE_CHECKING:
    from mcp import Client
    from mcp.client.session import ElicitationFnT
    from mcp.types import CallToolResult

    from files_api_mcp.server.cli.progress import ProgressCallback
    from files_api_mcp.server.settings import Settings

__all__ = ["ToolClient", "with_tools"]

_T = TypeVar("_T")
_EXPECTED = (CommandError, BrokenPipeError)


class ToolClient:
    """Calls tools by name, leaving out arguments that are None."""

    def __init__(self, client: "Client") -> None:
        self._client = client

    async def data(self, tool: str, progress: "ProgressCallback | None" = None, **arguments: Any) -> dict[str, Any]:
        """Returns a tool's structured result.

        Raises:
            CommandError: The tool failed.
        """
        result = await self.result(tool, progress, **arguments)
        assert result.structured_content is not None
        return result.structured_content

    async def result(self, tool: str, progress: "ProgressCallback | None" = None, **arguments: Any) -> "CallToolResult":
        """Returns a tool's whole result.

        Raises:
            CommandError: The tool failed.
        """
        given = {name: value for name, value in arguments.items() if value is not None}
        result = await self._client.call_tool(tool, given, progress_callback=progress)
        if result.is_error:
            text = " ".join(block.text for block in result.content if block.type == "text")
            raise CommandError(for_command_line(text))
        return result


def with_tools(
    settings: "Settings",
    task: Callable[[ToolClient], Awaitable[_T]],
    elicitation_callback: "ElicitationFnT | None" = None,
) -> _T:
    """Runs `task` with the tools of a server with these settings, and returns its result.

    `elicitation_callback` answers the tools' questions to the user.

    Raises:
        CommandError: A tool failed.
        BrokenPipeError: The reader of stdout is gone.
    """
    # Imported here, because they take a second, and help and shell completion do not need them.
    import anyio
    from mcp import Client

    from files_api_mcp.server.app import build_server

    server = build_server(settings)

    async def run() -> _T | CommandError | BrokenPipeError:
        with Committed["_T | CommandError | BrokenPipeError"]() as done:
            async with Client(server, elicitation_callback=elicitation_callback) as client:
                # Returned, because the client's task groups would wrap raised ones in exception groups.
                try:
                    done.result = await task(ToolClient(client))
                except _EXPECTED as exc:
                    done.result = exc
        return done.result

    outcome = anyio.run(run)
    if isinstance(outcome, _EXPECTED):
        raise outcome
    return outcome
