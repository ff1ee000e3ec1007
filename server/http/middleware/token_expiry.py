"""How long what a token opened may stay open."""

import time

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from files_api_mcp.server.http.asgi import EXPIRES, asks_for_stream

__all__ = ["Lifetimes"]

_GRACE_S = 600.0
"""For calls: what was begun in time may be finished."""


class Lifetimes:
    """Ends streams with the token that opened them, and calls a while after."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        expires = scope.get(EXPIRES)
        if expires is None:
            await self._app(scope, receive, send)
            return
        started = ended = gone = False

        async def watched(message: Message) -> None:
            nonlocal started, ended
            if gone:
                return
            started = started or message["type"] == "http.response.start"
            ended = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        left = expires - time.time() + (0 if asks_for_stream(scope) else _GRACE_S)
        ends = anyio.current_time() + max(0.0, left)

        async def until_then() -> Message:
            nonlocal gone
            with anyio.move_on_after(ends - anyio.current_time()):
                return await receive()
            # Applications know how to end when their client has gone.
            gone = True
            return {"type": "http.disconnect"}

        await self._app(scope, until_then, watched)
        if started and not ended:
            # In order, so that the client comes back, with a new token.
            await send({"type": "http.response.body", "body": b"", "more_body": False})
