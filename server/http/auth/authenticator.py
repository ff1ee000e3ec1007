"""Who finds out whom a request is from."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from files_api_mcp.server.http.auth.bearer import TokenGate
from files_api_mcp.server.http.settings import PATHS, HttpSettings

__all__ = ["Gate", "gate_of"]


class Gate(Protocol):
    """`open_paths` are beginnings of paths that anybody may ask for, `routes` what it answers itself."""

    @property
    def open_paths(self) -> tuple[str, ...]: ...
    @property
    def routes(self) -> Mapping[str, Callable[[Request], Awaitable[Response]]]: ...

    async def admit(self, scope: Scope) -> Response | dict[str, Any]:
        """What the scope of the request is told of its sender, or the refusal."""
        ...


def gate_of(http: HttpSettings, base_url: str) -> Gate:
    """The gate that the operator chose. OAuth's modules are loaded where it is used."""
    if http.oauth is None:
        return TokenGate(http.token)
    from files_api_mcp.server.http.auth.jwks import Issuer
    from files_api_mcp.server.http.auth.oauth import OAuthGate, Resource

    url = f"{base_url}{PATHS[http.transport]}"
    audiences = (url, f"{url}/") if http.oauth.audience is None else (http.oauth.audience,)
    return OAuthGate(Issuer(http.oauth.issuer, http.oauth.keys_url), Resource(url, audiences))
