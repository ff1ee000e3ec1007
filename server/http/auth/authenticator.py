"""Authenticator: identifies the principal that sent a request."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from files_api_mcp.server.http.auth.bearer import BearerAuthenticator
from files_api_mcp.server.http.settings import PATHS, HttpSettings

__all__ = ["Authenticator", "choose_authenticator"]


class Authenticator(Protocol):
    """Authenticates requests. `public_paths` are prefixes of paths that need no token; `routes` are its own routes."""

    @property
    def public_paths(self) -> tuple[str, ...]: ...
    @property
    def routes(self) -> Mapping[str, Callable[[Request], Awaitable[Response]]]: ...

    async def authenticate(self, scope: Scope) -> Response | dict[str, Any]:
        """Returns the entries to add to the request's scope, or the error response."""
        ...


def choose_authenticator(http: HttpSettings, base_url: str) -> Authenticator:
    """The authenticator for these settings. The modules of OAuth are imported only when it is used."""
    if http.oauth is None:
        return BearerAuthenticator(http.token)
    from files_api_mcp.server.http.auth.jwks import Issuer
    from files_api_mcp.server.http.auth.oauth import OAuthAuthenticator, ProtectedResource

    url = f"{base_url}{PATHS[http.transport]}"
    audiences = (url, f"{url}/") if http.oauth.audience is None else (http.oauth.audience,)
    return OAuthAuthenticator(Issuer(http.oauth.issuer, http.oauth.keys_url), ProtectedResource(url, audiences))
