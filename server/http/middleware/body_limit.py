"""How much a request's body may hold, and how long it may take."""

from collections.abc import Callable

import anyio
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from files_api_mcp.server.http.asgi import asks_for_stream
from files_api_mcp.server.http.refusals import refusal
from files_api_mcp.server.http.settings import Limits

__all__ = ["BoundedBodies"]


class BoundedBodies:
    """Refuses a body that is too large, before it is read where it says its length, and one that comes too slowly.

    Applications see a body when it is there as a whole, and none that broke off. `streamed` names the exceptions: how
    much a path takes that reads its body as it comes; such an application is told that the client has gone, and what
    it answers to that is dropped in favour of the reason.
    """

    def __init__(self, app: ASGIApp, limits: Limits, streamed: Callable[[str], int | None]) -> None:
        self._app = app
        self._limits = limits
        self._streamed = streamed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        streamed = self._streamed(scope["path"])
        usual = self._limits.stream_bytes if asks_for_stream(scope) else self._limits.body_bytes
        most = usual if streamed is None else streamed
        lengths = [value for key, value in scope["headers"] if key == b"content-length"]
        if any(not length.isdigit() or len(length) > len(str(most)) or int(length) > most for length in lengths):
            await _too_large(most)(scope, receive, send)
            return
        body = _Body(receive, send, self._limits, most)
        if streamed is None:
            whole = await body.whole()
            if whole is not None:
                await self._app(scope, _replayed(whole, receive), send)
        else:
            await self._app(scope, body.receive, body.send)
        if body.refused is not None and not body.answered:
            await body.refused(scope, receive, send)


class _Body:
    """One request's body, as far as it was taken."""

    def __init__(self, receive: Receive, send: Send, limits: Limits, most: int) -> None:
        self.refused: Response | None = None
        self.answered = False
        self._receive = receive
        self._send = send
        self._limits = limits
        self._most = most
        self._taken = 0
        self._waited = 0.0
        self._complete = False

    async def whole(self) -> bytes | None:
        """All of it; None when it was refused, or the client left."""
        pieces: list[bytes] = []
        while not self._complete:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                return None
            pieces.append(message.get("body", b""))
        return b"".join(pieces)

    async def receive(self) -> Message:
        if self._complete:
            return await self._receive()
        if self.refused is not None:
            return {"type": "http.disconnect"}
        message = await self._next()
        if message is None:
            self.refused = refusal(408, "The body came too slowly.", {"connection": "close"})
            return {"type": "http.disconnect"}
        self._taken += len(message.get("body", b""))
        if self._taken > self._most:
            self.refused = _too_large(self._most)
            return {"type": "http.disconnect"}
        self._complete = message["type"] == "http.request" and not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if self.refused is None or self.answered:
            self.answered = True
            await self._send(message)

    async def _next(self) -> Message | None:
        """The next piece; None when it does not come. Only waiting counts: the application may take its time."""
        limits = self._limits
        left = limits.body_s + self._taken / limits.slowest - self._waited
        began = anyio.current_time()
        message: Message | None = None
        with anyio.move_on_after(max(0.0, min(left, limits.body_s))):
            message = await self._receive()
        self._waited += anyio.current_time() - began
        return message


def _replayed(body: bytes, receive: Receive) -> Receive:
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay


def _too_large(most: int) -> Response:
    return refusal(413, f"The body is too large; the limit is {most} bytes.")
