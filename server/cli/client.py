"""ToolClient: calls the tools as an agent does, in this process and without MCP."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from files_api_mcp.backends.committed import Committed
from files_api_mcp.server.cli.messages import for_command_line
from files_api_mcp.server.cli.output import CommandError
from files_api_mcp.server.collection import run_event_loop

if TYPE_CHECKING:
    from pydantic import BaseModel

    from files_api_mcp.backends.progress.call_progress import CallProgress
    from files_api_mcp.server.cli.progress import ProgressCallback
    from files_api_mcp.server.settings import Settings
    from files_api_mcp.tools.context import Call, Dependencies

__all__ = ["ToolClient", "with_tools"]

_T = TypeVar("_T")
_EXPECTED = (CommandError, BrokenPipeError)


class ToolClient:
    """Calls tools, leaving out arguments that are None."""

    def __init__(self, deps: "Dependencies") -> None:
        self._deps = deps

    async def data(
        self, tool: Callable[..., Awaitable[Any]], progress: "ProgressCallback | None" = None, **arguments: Any
    ) -> dict[str, Any]:
        """Returns a tool's structured result, as an agent gets it.

        Raises:
            CommandError: The tool failed.
        """
        result: BaseModel = await self.result(tool, progress, **arguments)
        return result.model_dump(mode="json", exclude_none=True)

    async def result(
        self, tool: Callable[..., Awaitable[_T]], progress: "ProgressCallback | None" = None, **arguments: Any
    ) -> _T:
        """Returns a tool's whole result.

        Raises:
            CommandError: The tool failed.
        """
        from files_api_mcp.tools.arguments.signature import check_arguments
        from files_api_mcp.tools.context import failure_in

        given = {name: value for name, value in arguments.items() if value is not None}
        try:
            return await tool(self.call(progress), **check_arguments(tool, given))
        except Exception as exc:
            raise CommandError(for_command_line(failure_in(exc).text)) from exc

    def call(self, progress: "ProgressCallback | None") -> "Call":
        """A call by the person at the command line, who sees its progress."""
        from files_api_mcp.tools.context import Call

        # The command asks before it calls.
        return Call(self._deps, _Person(progress), confirmed=True)


class _Person:
    """Whoever typed the command. Implements Caller."""

    can_confirm = True
    """Whether the tool's question is asked is up to the command."""

    can_show_links = False

    def __init__(self, progress: "ProgressCallback | None") -> None:
        self._report = progress

    @property
    def progress(self) -> "CallProgress":
        """Shows progress on the terminal."""
        from files_api_mcp.backends.models import silent
        from files_api_mcp.backends.progress.call_progress import CallProgress

        return CallProgress(self._report or silent)

    async def notify_files_changed(self, *deleted: str) -> None:
        """Nobody else is connected."""


def with_tools(settings: "Settings", task: Callable[[ToolClient], Awaitable[_T]]) -> _T:
    """Runs `task` with the tools of a server with these settings, and returns its result.

    Raises:
        CommandError: A tool failed.
        BrokenPipeError: The reader of stdout is gone.
    """
    # Imported here, because help and shell completion do not need it.
    from files_api_mcp.server.dependencies import open_dependencies

    async def run() -> _T | CommandError | BrokenPipeError:
        with Committed["_T | CommandError | BrokenPipeError"]() as done:
            async with open_dependencies(settings) as deps:
                # Returned, because a task group would wrap raised ones in an exception group.
                try:
                    done.result = await task(ToolClient(deps))
                except _EXPECTED as exc:
                    done.result = exc
        return done.result

    outcome = run_event_loop(run)
    if isinstance(outcome, _EXPECTED):
        raise outcome
    return outcome
