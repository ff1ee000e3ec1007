"""MessageMiddleware: answers bodies that the SDK cannot read, and rewrites those that it reads differently."""

from collections.abc import Sequence

import anyio
from anyio import to_thread
from mcp.types import JSONRPCError, JSONRPCMessage, JSONRPCNotification, JSONRPCRequest
from pydantic_core import to_json
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from files_api_mcp.server.http.asgi import header_values
from files_api_mcp.server.jsonrpc.incoming import read_message
from files_api_mcp.server.jsonrpc.outgoing import encode

__all__ = ["STREAMED_ERRORS", "MessageMiddleware"]

STREAMED_ERRORS = "files_api_mcp.streamed_errors"
"""Key in the ASGI scope: the errors to send on the session's stream. The body of the request is then a placeholder."""

_SHORT_BYTES = 64 * 1024
"""Size of a body that is parsed sooner than a thread starts."""
_PLACEHOLDER = JSONRPCNotification(jsonrpc="2.0", method="notifications/unreadable")


class MessageMiddleware:
    """Reads the body of each POST to `path`.

    Errors are sent as the response, with status 400. With `streamed`, clients expect answers on their session's stream:
    errors with an id are left to it, through the scope, after the SDK has checked the session.

    Requests of one session with the same id run one after the other. The SDK keeps one stream for an id, and would
    leave the first without an answer.
    """

    def __init__(self, app: ASGIApp, path: str, *, streamed: bool) -> None:
        self._app = app
        self._path = path
        self._streamed = streamed
        self._running: dict[tuple[bytes, str], anyio.Event] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST" or scope["path"].rstrip("/") != self._path:
            await self._app(scope, receive, send)
            return
        body = await _whole_body(receive)
        if body is None:
            return
        short = len(body) <= _SHORT_BYTES
        incoming = read_message(body) if short else await to_thread.run_sync(read_message, body)
        if not incoming.errors and incoming.message is not None:
            await self._pass_on(incoming.message, scope, receive, send)
        elif self._streamed and incoming.errors[0].id is not None:
            scope = {**scope, STREAMED_ERRORS: incoming.errors}
            await self._app(scope, _with_body(_PLACEHOLDER, receive), send)
        else:
            if incoming.message is not None:  # It ends a call of ours that waits for the client.
                await self._app(scope, _with_body(incoming.message, receive), _discard)
            await _response(incoming.errors)(scope, receive, send)

    async def _pass_on(self, message: JSONRPCMessage, scope: Scope, receive: Receive, send: Send) -> None:
        sessions = header_values(scope, b"mcp-session-id")
        if self._streamed or not sessions or not isinstance(message, JSONRPCRequest):
            await self._app(scope, _with_body(message, receive), send)
            return
        key = sessions[0], str(message.id)
        while (running := self._running.get(key)) is not None:
            await running.wait()
        ended = self._running[key] = anyio.Event()
        try:
            await self._app(scope, _with_body(message, receive), send)
        finally:
            del self._running[key]
            ended.set()


async def _whole_body(receive: Receive) -> bytes | None:
    """The body; None if the client left."""
    pieces: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(pieces)


def _with_body(message: JSONRPCMessage, receive: Receive) -> Receive:
    # Pydantic's own JSON would write null, which means "not given", for a number that is too large (1e999).
    body = to_json(message.model_dump(by_alias=True, exclude_unset=True))
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay


async def _discard(_: Message) -> None:
    pass


def _response(errors: Sequence[JSONRPCError]) -> Response:
    encoded = b",".join(map(encode, errors))
    body = encoded if len(errors) == 1 else b"[%b]" % encoded
    return Response(body, 400, {"cache-control": "no-store"}, media_type="application/json")
