"""Access tokens of an authorization server: the server as a resource server of OAuth (RFC 6750, RFC 9068, RFC 9728)."""

import hashlib
import logging
from dataclasses import dataclass
from typing import Any, cast

import jwt
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from files_api_mcp.server.http.asgi import EXPIRES, bearer_in, values
from files_api_mcp.server.http.auth.jwks import Issuer, IssuerSilent
from files_api_mcp.server.http.refusals import refusal
from files_api_mcp.server.mcp.authorization import scope_for
from files_api_mcp.tools.principal import PRINCIPAL, SCOPES, Principal

__all__ = ["METADATA", "OAuthGate", "Resource"]

METADATA = "/.well-known/oauth-protected-resource"

# None of those by which who can check a token can make one, and not "none".
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_TYPES = (None, "jwt", "at+jwt", "application/at+jwt")
_LEEWAY_S = 30
_LONGEST_CLAIM = 512
_LATEST_END = 2**40
"""A moment with which clocks and timers can still reckon."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Resource:
    """What tokens must be for. `url` is where clients reach it; `audiences` are the names that issuers have for it."""

    url: str
    audiences: tuple[str, ...]

    @property
    def metadata_url(self) -> str:
        """Where RFC 9728 has its metadata: the well-known part goes between host and path."""
        scheme, _, rest = self.url.partition("://")
        host, _, path = rest.partition("/")
        return f"{scheme}://{host}{METADATA}/{path}"


class OAuthGate:
    """Admits who brings a token that the issuer signed for this resource; each subject is a principal of its own."""

    # Whoever has no token yet must learn where to get one; and who watches over the server has none.
    open_paths = (METADATA, "/health")

    def __init__(self, issuer: Issuer, resource: Resource) -> None:
        self.routes = {METADATA: self._metadata, f"{METADATA}/{{path:path}}": self._metadata}
        self._issuer = issuer
        self._resource = resource

    async def admit(self, scope: Scope) -> Response | dict[str, Any]:
        """See Gate."""
        given = bearer_in(scope)
        if given is None:
            return self._refused(401, "An access token is required.")
        try:
            claims = await self._claims(given)
        except IssuerSilent as exc:
            _log.warning("The issuer's keys cannot be had: %s", exc)
            return refusal(503, "The authorization server does not answer. Try again later.", {"retry-after": "30"})
        except jwt.PyJWTError as exc:
            # It repeats what anybody may have written into a token's head.
            _log.info("A token was refused: %.200r", str(exc))
            return self._refused(401, "The access token is not valid here, or not any more.", "invalid_token")
        scopes = _scopes(claims)
        needed = _needed(scope)
        if needed is not None and needed not in scopes:
            return self._refused(403, f"The token lacks the scope {needed}.", "insufficient_scope", needed)
        user = AuthenticatedUser(_access(claims, scopes))
        # `user` is by whom the SDK tells whose a session is.
        return {PRINCIPAL: _principal(claims, scopes), EXPIRES: claims["exp"], "user": user}

    async def _metadata(self, _: Request) -> Response:
        """Where tokens come from and what they can be for (RFC 9728)."""
        return JSONResponse(
            {
                "resource": self._resource.url,
                "authorization_servers": [self._issuer.url],
                "scopes_supported": list(SCOPES),
                "bearer_methods_supported": ["header"],
                "resource_name": "Files",
            },
            headers={"cache-control": "public, max-age=3600", "access-control-allow-origin": "*"},
        )

    async def _claims(self, given: bytes) -> dict[str, Any]:
        head = jwt.get_unverified_header(given)
        algorithm, kind, key_id = head.get("alg"), head.get("typ"), head.get("kid")
        if algorithm not in _ALGORITHMS or (kind.lower() if isinstance(kind, str) else kind) not in _TYPES:
            raise jwt.InvalidAlgorithmError(f"{kind} by {algorithm}")
        key = await self._issuer.key(key_id, str(algorithm))
        if key is None:
            raise jwt.InvalidKeyError("signed with a key that the issuer does not name")
        claims = jwt.decode(
            given,
            key,
            algorithms=[str(algorithm)],
            audience=self._resource.audiences,
            issuer=self._issuer.url,
            leeway=_LEEWAY_S,
            options={"require": ["exp", "iss", "aud", "sub"], "enforce_minimum_key_length": True},
        )
        if not 0 < len(claims["sub"]) <= _LONGEST_CLAIM:
            raise jwt.InvalidTokenError("no subject, or one without end")
        # The library takes what it can make a number of: texts too, and numbers without end.
        if not isinstance(claims["exp"], (int, float)) or claims["exp"] > _LATEST_END:
            raise jwt.InvalidTokenError("its end is no moment")
        return claims

    def _refused(self, status: int, sentence: str, error: str | None = None, scope: str | None = None) -> Response:
        """The answer from which clients learn where to get a token (RFC 6750, section 3; RFC 9728, section 5.1)."""
        parts = {"error": error, "resource_metadata": self._resource.metadata_url, "scope": scope or " ".join(SCOPES)}
        challenge = ", ".join(f'{name}="{value}"' for name, value in parts.items() if value)
        return refusal(status, sentence, {"www-authenticate": f"Bearer {challenge}"})


def _needed(scope: Scope) -> str | None:
    """The scope that the headers of the newer era show a need of; of the older, messages are looked at when read."""
    methods, names = values(scope, b"mcp-method"), values(scope, b"mcp-name")
    return scope_for(methods[0].decode("latin-1"), names[0].decode("latin-1") if names else "") if methods else None


def _scopes(claims: dict[str, Any]) -> frozenset[str]:
    """Issuers write them as one text, or as a list; some call them `scp`."""
    given: object = claims.get("scope", claims.get("scp", ""))
    if isinstance(given, str):
        return frozenset(given.split())
    if isinstance(given, list):
        return frozenset(item for item in cast("list[object]", given) if isinstance(item, str))
    return frozenset()


def _principal(claims: dict[str, Any], scopes: frozenset[str]) -> Principal:
    # A subject is unique with its issuer alone, may hold any character, and need not be readable in folders.
    whole = f"{claims['iss']}\n{claims['sub']}".encode("utf-8", "surrogatepass")
    name = hashlib.sha256(whole).hexdigest()[:32]
    return Principal(name, scopes)


def _access(claims: dict[str, Any], scopes: frozenset[str]) -> AccessToken:
    """What the SDK compares to tell whose a session is; it has no use for the token itself."""
    client = claims.get("client_id", claims.get("azp", ""))
    return AccessToken(
        token="",
        client_id=client if isinstance(client, str) else "",
        scopes=sorted(scopes),
        subject=claims["sub"],
        claims={"iss": claims["iss"]},
    )
