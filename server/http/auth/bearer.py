"""One bearer token that opens the server, known here by its digest alone."""

import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from files_api_mcp.server.http.asgi import bearer_in
from files_api_mcp.server.http.refusals import refusal
from files_api_mcp.server.settings import BadSettings
from files_api_mcp.tools.principal import DEFAULT_PRINCIPAL, PRINCIPAL

__all__ = ["Token", "TokenGate", "token_from"]

_SENDABLE = re.compile(r"[\x21-\x7e]+")


class Token:
    """Tells whether what a client sent is the token. It cannot be shown: only its digest is kept."""

    __slots__ = ("_digest",)

    def __init__(self, value: str) -> None:
        self._digest = hashlib.sha256(value.encode()).digest()

    def matches(self, given: bytes) -> bool:
        """Compare in a time that tells neither the token's content nor its length."""
        return hmac.compare_digest(hashlib.sha256(given).digest(), self._digest)

    def __repr__(self) -> str:
        return "Token(***)"


def token_from(environment: Mapping[str, str], variable: str) -> Token:
    """The token in the variable that the operator named.

    Raises:
        BadSettings: The variable is not set, is empty, or holds what no header can carry.
    """
    value = environment.get(variable, "")
    if not value:
        raise BadSettings(f"--token-env names {variable}, which is not set or empty. Put the token into it.")
    if not _SENDABLE.fullmatch(value):
        raise BadSettings(
            f"The token in {variable} holds blanks, line ends or characters other than ASCII. Choose another token."
        )
    return Token(value)


class TokenGate:
    """Admits whoever brings the token, or everybody where there is none; all of them are one principal."""

    open_paths: tuple[str, ...] = ()

    def __init__(self, token: Token | None) -> None:
        self.routes: dict[str, Callable[[Request], Awaitable[Response]]] = {}
        self._token = token

    async def admit(self, scope: Scope) -> Response | dict[str, Any]:
        """See Gate."""
        if self._token is not None:
            given = bearer_in(scope)
            if given is None:
                return refusal(401, "A bearer token is required.", {"www-authenticate": "Bearer"})
            if not self._token.matches(given):
                return refusal(401, "The token is wrong.", {"www-authenticate": 'Bearer error="invalid_token"'})
        return {PRINCIPAL: DEFAULT_PRINCIPAL}
