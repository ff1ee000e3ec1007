"""GracefulShutdown: ends running requests when the server stops, streams at once and calls after a grace period."""

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from files_api_mcp.server.http.asgi import json_error

__all__ = ["GracefulShutdown"]


class GracefulShutdown:
    """Tracks running requests and can end them, because an open stream would keep the server from stopping.

    With `endless`, responses are event streams: they end cleanly, and those to a GET end at once because they never end
    by themselves. Without it, a response that has started is cut off, so that no client mistakes a part for the whole.
    `refused` answers a request whose response has not started.
    """

    def __init__(self, app: ASGIApp, *, endless: bool = True, refused: ASGIApp | None = None) -> None:
        self._app = app
        self._endless = endless
        self._refused = refused or json_error(
            503, "The server is stopping.", {"connection": "close", "retry-after": "5"}
        )
        self._running: dict[anyio.CancelScope, bool] = {}
        self._stopping = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = ended = False

        async def watched_send(message: Message) -> None:
            nonlocal started, ended
            started = started or message["type"] == "http.response.start"
            ended = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        is_stream = self._endless and scope["method"] == "GET"
        if not (self._stopping and is_stream):
            with anyio.CancelScope() as request:
                self._running[request] = is_stream
                try:
                    await self._app(scope, receive, watched_send)
                finally:
                    del self._running[request]
            if not request.cancelled_caught or ended:
                return
        if not started:
            await self._refused(scope, receive, send)
        elif self._endless:
            # After a clean end the client reconnects later; after a cut it may retry at once.
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def stop(self, grace_s: float) -> None:
        """Ends the streams at once, and the calls that still run after `grace_s`."""
        self._stopping = True
        for request, is_stream in list(self._running.items()):
            if is_stream:
                request.cancel()
        await anyio.sleep(grace_s)
        for request in list(self._running):
            request.cancel()
