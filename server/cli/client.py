"""The tools, called as an agent calls them: server and client in one process, so that people get what agents get."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import anyio
from mcp import Client
from mcp.client.session import ElicitationFnT
from mcp.server import MCPServer
from mcp.types import CallToolResult, TextContent

from files_api_mcp.server.app import build_server
from files_api_mcp.server.cli.messages import for_people
from files_api_mcp.server.cli.output import CommandError
from files_api_mcp.server.cli.progress import Report
from files_api_mcp.server.settings import Settings

__all__ = ["Tools", "with_tools"]

_T = TypeVar("_T")
_ENDS = (CommandError, BrokenPipeError)


class Tools:
    """Calls tools by name; arguments that are None are left out."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def data(self, tool: str, report: Report | None = None, **arguments: Any) -> dict[str, Any]:
        """A tool's structured result.

        Raises:
            CommandError: The tool failed.
        """
        result = await self.result(tool, report, **arguments)
        assert result.structured_content is not None
        return result.structured_content

    async def result(self, tool: str, report: Report | None = None, **arguments: Any) -> CallToolResult:
        """A tool's whole result.

        Raises:
            CommandError: The tool failed.
        """
        given = {name: value for name, value in arguments.items() if value is not None}
        result = await self._client.call_tool(tool, given, progress_callback=report)
        if result.is_error:
            text = " ".join(block.text for block in result.content if isinstance(block, TextContent))
            raise CommandError(for_people(text))
        return result


def with_tools(settings: Settings, work: Callable[[Tools], Awaitable[_T]], answer: ElicitationFnT | None = None) -> _T:
    """What `work` returns, done with the tools of a server with these settings, which is closed at the end. With
    `answer`, that answers what the tools would have the person asked.

    Raises:
        CommandError: A tool failed.
        BrokenPipeError: Nobody reads what `work` prints.
    """
    outcome = anyio.run(_done, build_server(settings), work, answer)
    if isinstance(outcome, _ENDS):
        raise outcome
    return outcome


async def _done(
    server: MCPServer[Any], work: Callable[[Tools], Awaitable[_T]], answer: ElicitationFnT | None
) -> _T | CommandError | BrokenPipeError:
    async with Client(server, elicitation_callback=answer) as client:
        # Raised from here, it would come out in the groups of the client's tasks.
        try:
            return await work(Tools(client))
        except _ENDS as exc:
            return exc
