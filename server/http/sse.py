"""The older SSE transport: a stream of answers per client, and a path for its messages."""

import contextvars
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import anyio
from mcp.server.sse import SseServerTransport
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared._stream_protocols import ReadStream, WriteStream
from mcp.shared.message import ServerMessageMetadata, SessionMessage
from mcp.types import JSONRPCError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from files_api_mcp.server.http.middleware.messages import STREAMED_ERRORS
from files_api_mcp.server.http.settings import PATHS
from files_api_mcp.server.mcp.server import FilesServer

__all__ = ["MESSAGES_PATH", "sse_app"]

MESSAGES_PATH = "/messages"


def sse_app(server: FilesServer, prefix: str, max_body_bytes: int, security: TransportSecuritySettings) -> Starlette:
    """Like the SDK's application, but its streams also send the errors that MessageMiddleware leaves to them.

    Clients send their messages to a path that begins with `prefix`, the path of the public URL.
    """
    transport = SseServerTransport(f"{MESSAGES_PATH}/", security, max_body_bytes)

    async def connect(request: Request) -> Response:
        send = request._send  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        # The SDK reads from the scope only where clients find the messages' path.
        scope = {**request.scope, "root_path": prefix}
        async with transport.connect_sse(scope, request.receive, send) as (messages, answers):
            await server.serve(_Messages(messages, answers), answers)
        return Response()

    return Starlette(
        routes=[
            *(Route(path, connect, methods=["GET"]) for path in (PATHS["sse"], f"{PATHS['sse']}/")),
            Mount(f"{MESSAGES_PATH}/", app=transport.handle_post_message),
        ]
    )


class _Messages:
    """A client's messages, without those that are answered here with errors. Implements the SDK's ReadStream."""

    def __init__(self, messages: ReadStream[SessionMessage | Exception], answers: WriteStream[SessionMessage]) -> None:
        self._messages = messages
        self._answers = answers

    @property
    def last_context(self) -> contextvars.Context | None:
        """The context of the last message's sender, in which the SDK runs its handler."""
        return getattr(self._messages, "last_context", None)

    async def receive(self) -> SessionMessage | Exception:
        while True:
            item = await self._messages.receive()
            errors = _streamed_errors(item)
            if not errors:
                return item
            for error in errors:
                await self._answers.send(SessionMessage(error))

    async def aclose(self) -> None:
        await self._messages.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        await self.aclose()


def _streamed_errors(item: SessionMessage | Exception) -> Sequence[JSONRPCError]:
    metadata = item.metadata if isinstance(item, SessionMessage) else None
    request: Any = metadata.request_context if isinstance(metadata, ServerMessageMetadata) else None
    return request.scope.get(STREAMED_ERRORS, ()) if request is not None else ()
