"""PathPrefixMiddleware: serves all routes below the path of the public URL too."""

from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["PathPrefixMiddleware"]


class PathPrefixMiddleware:
    """Removes the prefix from paths, so that a reverse proxy may pass the path on with the prefix or without it."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        """`prefix` begins with a slash and does not end with one."""
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path.startswith(f"{self._prefix}/"):
            scope = {**scope, "path": path[len(self._prefix) :]}
        await self._app(scope, receive, send)
