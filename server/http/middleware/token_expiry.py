"""TokenExpiryMiddleware: ends streams and calls when their token expires."""

import time

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from files_api_mcp.server.http.asgi import EXPIRES, is_stream_request

__all__ = ["TokenExpiryMiddleware"]

_GRACE_S = 600.0
"""Seconds that a call may continue after its token expired, because the token was valid when the call began."""


class TokenExpiryMiddleware:
    """Ends a stream when its token expires, and a call ten minutes later."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        expires = scope.get(EXPIRES)
        if expires is None:
            await self._app(scope, receive, send)
            return
        started = ended = expired = False

        async def watched_send(message: Message) -> None:
            nonlocal started, ended
            if expired:
                return
            started = started or message["type"] == "http.response.start"
            ended = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        left = expires - time.time() + (0 if is_stream_request(scope) else _GRACE_S)
        deadline = anyio.current_time() + max(0.0, left)

        async def receive_until_expiry() -> Message:
            nonlocal expired
            with anyio.move_on_after(deadline - anyio.current_time()):
                return await receive()
            # Applications already end cleanly when their client disconnects.
            expired = True
            return {"type": "http.disconnect"}

        await self._app(scope, receive_until_expiry, watched_send)
        if started and not ended:
            # A clean end makes the client reconnect, with a new token.
            await send({"type": "http.response.body", "body": b"", "more_body": False})
