"""Ending what is going on when the server stops: streams at once, calls after a while."""

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from files_api_mcp.server.http.refusals import refusal

__all__ = ["Stoppable"]


class Stoppable:
    """Knows the requests that are being answered, and can end them: an open stream would otherwise hold the server.

    With `endless`, answers are event streams: they end in order, those to a GET at once, as they have no other end.
    Without it, an answer that has begun breaks off, so that no part is taken for the whole. `refused` answers a request
    whose answer had not begun.
    """

    def __init__(self, app: ASGIApp, *, endless: bool = True, refused: ASGIApp | None = None) -> None:
        self._app = app
        self._endless = endless
        self._refused = refused or refusal(503, "The server is stopping.", {"connection": "close"})
        self._running: dict[anyio.CancelScope, bool] = {}
        self._stopping = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = ended = False

        async def watched(message: Message) -> None:
            nonlocal started, ended
            started = started or message["type"] == "http.response.start"
            ended = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        is_stream = self._endless and scope["method"] == "GET"
        if not (self._stopping and is_stream):
            with anyio.CancelScope() as ending:
                self._running[ending] = is_stream
                try:
                    await self._app(scope, receive, watched)
                finally:
                    del self._running[ending]
            if not ending.cancelled_caught or ended:
                return
        if not started:
            await self._refused(scope, receive, send)
        elif self._endless:
            # A stream that ends in order tells its client to come back, one that breaks off may be retried at once.
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def stop(self, grace_s: float) -> None:
        """End the streams, and after a while the calls that are still going on."""
        self._stopping = True
        for ending, is_stream in list(self._running.items()):
            if is_stream:
                ending.cancel()
        await anyio.sleep(grace_s)
        for ending in list(self._running):
            ending.cancel()
