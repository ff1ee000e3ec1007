"""Bearer authentication with one shared token, kept only as a digest."""

import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from files_api_mcp.backends.validation import is_placeholder
from files_api_mcp.server.http.asgi import bearer_token, json_error
from files_api_mcp.server.settings import BadSettings
from files_api_mcp.tools.principal import DEFAULT_PRINCIPAL, PRINCIPAL

__all__ = ["BearerAuthenticator", "Token", "token_from"]

_VALID_TOKEN = re.compile(r"[\x21-\x7e]+")


class Token:
    """The digest of a bearer token. The token itself is not kept, so nothing can print it."""

    __slots__ = ("_digest",)

    def __init__(self, value: str) -> None:
        self._digest = hashlib.sha256(value.encode()).digest()

    def matches(self, given: bytes) -> bool:
        """Compares in constant time, so the duration reveals neither content nor length."""
        return hmac.compare_digest(hashlib.sha256(given).digest(), self._digest)

    def __repr__(self) -> str:
        return "Token(***)"


def token_from(environment: Mapping[str, str], variable: str) -> Token:
    """Reads the token from the variable that the operator named.

    Raises:
        BadSettings: The variable is not set, is empty, or has characters that no header can carry.
    """
    value = environment.get(variable, "")
    if not value:
        raise BadSettings(f"--token-env names {variable}, which is empty or not set. Set it to the token.")
    if is_placeholder(value):
        raise BadSettings(f"{variable}, which --token-env names, is a placeholder, not a token. Put the token there.")
    if not _VALID_TOKEN.fullmatch(value):
        raise BadSettings(
            f"The token in {variable} contains spaces, line breaks or non-ASCII characters. Choose another token."
        )
    return Token(value)


class BearerAuthenticator:
    """Accepts every request that has the token, or every request if there is no token. All are the same principal."""

    public_paths: tuple[str, ...] = ()

    def __init__(self, token: Token | None) -> None:
        self.routes: dict[str, Callable[[Request], Awaitable[Response]]] = {}
        self._token = token

    async def authenticate(self, scope: Scope) -> Response | dict[str, Any]:
        """See Authenticator."""
        if self._token is not None:
            given = bearer_token(scope)
            if given is None:
                return json_error(401, "A bearer token is required.", {"www-authenticate": "Bearer"})
            if not self._token.matches(given):
                challenge = {"www-authenticate": 'Bearer error="invalid_token"'}
                return json_error(401, "The bearer token is wrong.", challenge)
        return {PRINCIPAL: DEFAULT_PRINCIPAL}
