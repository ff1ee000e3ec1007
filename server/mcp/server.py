"""FilesServer: the SDK's server with our resources, completions and prompts, imported on first use."""

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
from mcp.shared._stream_protocols import ReadStream, WriteStream
from mcp.shared.exceptions import MCPError
from mcp.shared.message import SessionMessage
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
from files_api_mcp.server.mcp.principal import principal_in
from files_api_mcp.server.mcp.subscriptions import Subscriptions
from files_api_mcp.tools.context import Dependencies

__all__ = ["FilesServer"]

_log = logging.getLogger(__name__)


class FilesServer(MCPServer[Dependencies]):
    """The SDK's server with files as resources.

    The SDK's lists of resources are fixed at start, so we replace its handlers. Excluding a tool also removes the
    features that reveal the same data: without list_files there is no resource list and no completion, without
    describe_file no metadata of a file, without read_document no text.
    """

    def __init__(
        self,
        tools: Mapping[str, Tool],
        *,
        instructions: str,
        lifespan: Callable[[MCPServer[Dependencies]], AbstractAsyncContextManager[Dependencies]],
        subscriptions: Subscriptions,
        state_keys: Sequence[str],
        middleware: Sequence[ServerMiddleware[Any]],
    ) -> None:
        super().__init__(
            "files",
            title="Files",
            instructions=instructions,
            version=version("files-api-mcp"),
            tools=list(tools.values()),
            lifespan=lifespan,
            subscriptions=subscriptions,
            request_state_security=_state_security(state_keys),
            middleware=list(middleware),
        )
        self._lowlevel_server.get_tool_input_schema = _schema_with_headers
        self._offered = frozenset(tools)
        add_handler = self._lowlevel_server.add_request_handler
        add_handler("resources/subscribe", SubscribeRequestParams, subscriptions.watch)
        add_handler("resources/unsubscribe", UnsubscribeRequestParams, subscriptions.unwatch)
        if "list_files" in tools:
            add_handler("resources/list", PaginatedRequestParams, _list_resources)
            add_handler("completion/complete", CompleteRequestParams, self._complete)

    async def serve(
        self, read_stream: ReadStream[SessionMessage | Exception], write_stream: WriteStream[SessionMessage]
    ) -> None:
        """Serves one client until its stream of messages ends."""
        server = self._lowlevel_server
        await server.run(read_stream, write_stream, server.create_initialization_options())

    async def list_resource_templates(self) -> list[ResourceTemplate]:
        """The only template: a file by id."""
        if "describe_file" not in self._offered:
            return []
        from files_api_mcp.server.mcp.resources import file_resource_template

        return [file_resource_template()]

    async def read_resource(
        self, uri: AnyUrl | str, context: Context[Dependencies, Any] | None = None
    ) -> Iterable[ReadResourceContents]:
        """A file's metadata and the beginning of its text.

        Raises:
            ResourceNotFoundError: The file does not exist or was deleted.
            ResourceError: It cannot be read now.
        """
        if context is None or "describe_file" not in self._offered:
            raise ResourceNotFoundError("Unknown resource.")
        from files_api_mcp.server.mcp.resources import read_file_resource

        try:
            with _protocol_errors():
                return await read_file_resource(context, str(uri), with_text="read_document" in self._offered)
        except MCPError as exc:
            # The SDK reports these two types as the specification requires for resources.
            kind = ResourceNotFoundError if exc.code == INVALID_PARAMS else ResourceError
            raise kind(exc.message) from exc

    async def list_prompts(self) -> list[Prompt]:
        """The prompts, if a tool that answers them is offered."""
        from files_api_mcp.server.mcp.prompts import list_prompts

        return list_prompts(self._offered)

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: Context[Dependencies, Any] | None = None
    ) -> GetPromptResult:
        """A prompt about the files in its arguments.

        Raises:
            MCPError: The prompt does not exist, or its arguments are invalid.
        """
        from files_api_mcp.server.mcp.prompts import render_prompt

        if context is None:
            raise MCPError(INTERNAL_ERROR, "Prompts need a client request.")
        with _protocol_errors():
            backend = await _backend(context.request_context)
            return await render_prompt(name, arguments or {}, backend.files, self._offered)

    async def _complete(
        self, ctx: ServerRequestContext[Dependencies, Any], params: CompleteRequestParams
    ) -> CompleteResult:
        from files_api_mcp.server.mcp.completions import complete_argument

        with _protocol_errors():
            backend = await _backend(ctx)
            return CompleteResult(completion=await complete_argument(params, backend.files, self._offered))


def _schema_with_headers(_: str) -> None:
    """None: no argument of a tool is repeated in a header. The SDK would search the tool's schema for one in each call
    over HTTP."""


def _state_security(keys: Sequence[str]) -> RequestStateSecurity:
    """Encrypts the state that a request leaves with its client, for that principal only. Without keys it uses a random
    key, which no other process knows."""

    def principal(ctx: ServerRequestContext[Any, Any]) -> str:
        return principal_in(ctx).name

    return RequestStateSecurity(keys=keys or [secrets.token_bytes(32)], bind_principal=principal)


async def _list_resources(
    ctx: ServerRequestContext[Dependencies, Any], params: PaginatedRequestParams
) -> ListResourcesResult:
    from files_api_mcp.server.mcp.resources import list_resources

    with _protocol_errors():
        backend = await _backend(ctx)
        return await list_resources(backend.files, params.cursor)


async def _backend(ctx: ServerRequestContext[Dependencies, Any]) -> Backend:
    return await ctx.lifespan_context.open(principal_in(ctx))


@contextmanager
def _protocol_errors() -> Generator[None]:
    """Turns an expected failure into a protocol error with its next step, and any other into one that hides its cause.

    Without this, the SDK hides every error text in the newer era and shows every one in the older.
    """
    try:
        yield
    except MCPError:
        raise
    except Exception as exc:
        failure = expected_in(exc)
        if failure is None:
            _log.exception("Unexpected error in a request")
            raise MCPError(INTERNAL_ERROR, "Internal server error") from exc
        raise MCPError(_code(failure), failure.text) from exc


def _code(failure: FilesError) -> int:
    return INVALID_PARAMS if isinstance(failure, (InvalidArgument, NotFound, FileExpired)) else INTERNAL_ERROR
