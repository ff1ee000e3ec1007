"""BodyLimitMiddleware: limits the size of a request body and the time it may take."""

from collections.abc import Callable

import anyio
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from files_api_mcp.server.http.asgi import header_values, is_stream_request, json_error
from files_api_mcp.server.http.settings import Limits

__all__ = ["BodyLimitMiddleware"]


class BodyLimitMiddleware:
    """Rejects bodies that are too large or too slow. A declared length over the limit is rejected before reading.

    The application gets only complete bodies. `streamed_bytes` returns the limit of a path whose body is read as it
    arrives, and None for other paths. A streaming application sees a disconnect when the limit is hit; its response is
    then replaced by the reason.
    """

    def __init__(self, app: ASGIApp, limits: Limits, streamed_bytes: Callable[[str], int | None]) -> None:
        self._app = app
        self._limits = limits
        self._streamed_bytes = streamed_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        streamed = self._streamed_bytes(scope["path"])
        usual = self._limits.stream_request_bytes if is_stream_request(scope) else self._limits.body_bytes
        limit = usual if streamed is None else streamed
        if not all(_is_up_to(limit, length) for length in header_values(scope, b"content-length")):
            await _too_large(limit)(scope, receive, send)
            return
        body = _Body(receive, send, self._limits, limit)
        if streamed is None:
            content = await body.read()
            if content is not None:
                await self._app(scope, _replay(content, receive), send)
        else:
            await self._app(scope, body.receive, body.send)
        if body.error is not None and not body.answered:
            await body.error(scope, receive, send)


class _Body:
    """The body of one request, as far as it has been received."""

    def __init__(self, receive: Receive, send: Send, limits: Limits, limit: int) -> None:
        self.error: Response | None = None
        self.answered = False
        self._receive = receive
        self._send = send
        self._limits = limits
        self._limit = limit
        self._received = 0
        self._waited = 0.0
        self._complete = False

    async def read(self) -> bytes | None:
        """The whole body; None if it was rejected or the client left."""
        pieces: list[bytes] = []
        while not self._complete:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                return None
            pieces.append(message.get("body", b""))
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def receive(self) -> Message:
        if self._complete:
            return await self._receive()
        if self.error is not None:
            return {"type": "http.disconnect"}
        message = await self._next()
        if message is None:
            self.error = json_error(408, "The request body arrived too slowly.", {"connection": "close"})
            return {"type": "http.disconnect"}
        self._received += len(message.get("body", b""))
        if self._received > self._limit:
            self.error = _too_large(self._limit)
            return {"type": "http.disconnect"}
        self._complete = message["type"] == "http.request" and not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if self.error is None or self.answered:
            self.answered = True
            await self._send(message)

    async def _next(self) -> Message | None:
        """The next piece; None if it arrives too late. Only time spent waiting for the client counts."""
        limits = self._limits
        left = limits.body_timeout_s + self._received / limits.min_body_rate - self._waited
        began = anyio.current_time()
        message: Message | None = None
        with anyio.CancelScope(deadline=began + max(0.0, min(left, limits.body_timeout_s))):
            message = await self._receive()
        if message is None or message.get("more_body"):
            self._waited += anyio.current_time() - began
        return message


def _is_up_to(limit: int, length: bytes) -> bool:
    return length.isdigit() and len(length) <= len(str(limit)) and int(length) <= limit


def _replay(body: bytes, receive: Receive) -> Receive:
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay


def _too_large(limit: int) -> Response:
    return json_error(413, f"The request body is too large; the limit is {limit} bytes.")
