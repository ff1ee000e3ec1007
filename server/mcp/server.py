"""What clients may ask for beside tools: resources, completions and prompts, loaded when they are first asked for."""

import logging
import secrets
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from importlib.metadata import version
from typing import Any

from mcp.server import MCPServer
from mcp.server.context import ServerMiddleware, ServerRequestContext
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError
from mcp.server.mcpserver.tools import Tool
from mcp.server.request_state import RequestStateSecurity
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CompleteRequestParams,
    CompleteResult,
    GetPromptResult,
    ListResourcesResult,
    PaginatedRequestParams,
    Prompt,
    ResourceTemplate,
    SubscribeRequestParams,
    UnsubscribeRequestParams,
)
from pydantic import AnyUrl

from files_api_mcp.backends.base import Backend
from files_api_mcp.backends.errors import FileExpired, FilesError, InvalidArgument, NotFound, expected_in
from files_api_mcp.server.mcp.subscriptions import Changes
from files_api_mcp.tools.context import Dependencies
from files_api_mcp.tools.principal import principal_in

__all__ = ["FilesServer"]

_log = logging.getLogger(__name__)


class FilesServer(MCPServer[Dependencies]):
    """The SDK's server with files as resources.

    Its own lists of resources are fixed at start, so the handlers are replaced. An operator who leaves out a tool
    leaves out what would tell the same: list_files goes with the list and completions, describe_file with a file's
    metadata, read_document with its text.
    """

    def __init__(
        self,
        tools: Mapping[str, Tool],
        *,
        instructions: str,
        lifespan: Callable[[MCPServer[Dependencies]], AbstractAsyncContextManager[Dependencies]],
        changes: Changes,
        state_keys: Sequence[str],
        middleware: Iterable[ServerMiddleware[Any]],
    ) -> None:
        super().__init__(
            "files",
            title="Files",
            instructions=instructions,
            version=version("files-api-mcp"),
            tools=list(tools.values()),
            lifespan=lifespan,
            subscriptions=changes,
            request_state_security=_state_security(state_keys),
            middleware=[*middleware, changes.middleware],
        )
        self._offered = frozenset(tools)
        answer = self._lowlevel_server.add_request_handler
        answer("resources/subscribe", SubscribeRequestParams, changes.watch)
        answer("resources/unsubscribe", UnsubscribeRequestParams, changes.unwatch)
        if "list_files" in tools:
            answer("resources/list", PaginatedRequestParams, _list_resources)
            answer("completion/complete", CompleteRequestParams, self._complete)

    async def list_resource_templates(self) -> list[ResourceTemplate]:
        """The one template: a file by its id."""
        if "describe_file" not in self._offered:
            return []
        from files_api_mcp.server.mcp.resources import file_template

        return [file_template()]

    async def read_resource(
        self, uri: AnyUrl | str, context: Context[Dependencies, Any] | None = None
    ) -> Iterable[ReadResourceContents]:
        """A file's metadata, and the beginning of its text.

        Raises:
            ResourceNotFoundError: There is no such file (any more).
            ResourceError: It cannot be read now.
        """
        if context is None or "describe_file" not in self._offered:
            raise ResourceNotFoundError("Unknown resource.")
        from files_api_mcp.server.mcp.resources import file_contents

        try:
            with _answered():
                return await file_contents(context, str(uri), with_text="read_document" in self._offered)
        except MCPError as exc:
            # The SDK tells its client of these in the shape that the specification wants for resources.
            kind = ResourceNotFoundError if exc.code == INVALID_PARAMS else ResourceError
            raise kind(exc.message) from exc

    async def list_prompts(self) -> list[Prompt]:
        """The ready questions, where there is a tool that answers them."""
        from files_api_mcp.server.mcp.prompts import listed

        return listed(self._offered)

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: Context[Dependencies, Any] | None = None
    ) -> GetPromptResult:
        """One of them, about these files.

        Raises:
            MCPError: There is no such prompt, or its arguments are wrong.
        """
        from files_api_mcp.server.mcp.prompts import written

        if context is None:
            raise MCPError(INTERNAL_ERROR, "Prompts are written for clients.")
        with _answered():
            opened = await _opened(context.request_context)
            return await written(name, arguments or {}, opened.files, self._offered)

    async def _complete(
        self, ctx: ServerRequestContext[Dependencies, Any], params: CompleteRequestParams
    ) -> CompleteResult:
        from files_api_mcp.server.mcp.completions import completed

        with _answered():
            opened = await _opened(ctx)
            return CompleteResult(completion=await completed(params, opened.files, self._offered))


def _state_security(keys: Sequence[str]) -> RequestStateSecurity:
    """Seals what a request leaves with its client, for that principal alone. Without keys it uses one of its own, which
    no other process knows."""

    def principal(ctx: ServerRequestContext[Any, Any]) -> str:
        return principal_in(ctx).name

    return RequestStateSecurity(keys=keys or [secrets.token_bytes(32)], bind_principal=principal)


async def _list_resources(
    ctx: ServerRequestContext[Dependencies, Any], params: PaginatedRequestParams
) -> ListResourcesResult:
    from files_api_mcp.server.mcp.resources import resource_page

    with _answered():
        opened = await _opened(ctx)
        return await resource_page(opened.files, params.cursor)


async def _opened(ctx: ServerRequestContext[Dependencies, Any]) -> Backend:
    return await ctx.lifespan_context.open(principal_in(ctx))


@contextmanager
def _answered() -> Generator[None]:
    """Answer an expected failure with a protocol error that says what to do; any other says nothing of its cause.

    The SDK would mask an error in the newer era and show its text, whatever it is, in the older.
    """
    try:
        yield
    except MCPError:
        raise
    except Exception as exc:
        failure = expected_in(exc)
        if failure is None:
            _log.exception("A request failed unexpectedly")
            raise MCPError(INTERNAL_ERROR, "Internal server error") from exc
        raise MCPError(_code(failure), failure.text) from exc


def _code(failure: FilesError) -> int:
    return INVALID_PARAMS if isinstance(failure, (InvalidArgument, NotFound, FileExpired)) else INTERNAL_ERROR
