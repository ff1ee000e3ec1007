"""OAuth resource server: authenticates requests by JWT access tokens (RFC 6750, RFC 9068, RFC 9728)."""

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

from files_api_mcp.server.http.asgi import EXPIRES, bearer_token, header_values, json_error
from files_api_mcp.server.http.auth.jwks import Issuer, IssuerUnavailable
from files_api_mcp.server.mcp.authorization import required_scope
from files_api_mcp.tools.principal import PRINCIPAL, SCOPES, Principal

__all__ = ["METADATA_PATH", "OAuthAuthenticator", "ProtectedResource"]

METADATA_PATH = "/.well-known/oauth-protected-resource"

# Only asymmetric algorithms: with HMAC, anyone who can check a token can also sign one.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_TYPES = (None, "jwt", "at+jwt", "application/at+jwt")
_LEEWAY_S = 30
_MAX_SUBJECT = 512
_MAX_EXP = 2**40
"""The latest `exp` that clocks and timers can represent."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ProtectedResource:
    """The resource that tokens must be issued for: the `url` that clients use, and the accepted `aud` values."""

    url: str
    audiences: tuple[str, ...]

    @property
    def metadata_url(self) -> str:
        """The URL of its metadata (RFC 9728): the well-known part goes between host and path."""
        scheme, _, rest = self.url.partition("://")
        host, _, path = rest.partition("/")
        return f"{scheme}://{host}{METADATA_PATH}/{path}"


class OAuthAuthenticator:
    """Accepts tokens that the issuer signed for this resource. Each subject is its own principal."""

    # Clients without a token need the metadata to get one; health checks have no token.
    public_paths = (METADATA_PATH, "/health")

    def __init__(self, issuer: Issuer, resource: ProtectedResource) -> None:
        self.routes = {METADATA_PATH: self._metadata, f"{METADATA_PATH}/{{path:path}}": self._metadata}
        self._issuer = issuer
        self._resource = resource

    async def authenticate(self, scope: Scope) -> Response | dict[str, Any]:
        """See Authenticator."""
        given = bearer_token(scope)
        if given is None:
            return self._challenge(401, "An access token is required.")
        try:
            claims = await self._claims(given)
        except IssuerUnavailable as exc:
            _log.warning("The issuer's keys cannot be fetched: %s", exc)
            return json_error(503, "The authorization server is unreachable. Try again later.", {"retry-after": "30"})
        except jwt.PyJWTError as exc:
            # Escaped and shortened, because the message repeats text from the token's header.
            _log.info("Access token rejected: %.200r", str(exc))
            return self._challenge(401, "The access token is invalid or expired.", "invalid_token")
        scopes = _scopes(claims)
        needed = _required_scope(scope)
        if needed is not None and needed not in scopes:
            return self._challenge(403, f"The token lacks the scope {needed}.", "insufficient_scope", needed)
        user = AuthenticatedUser(_access(claims, scopes))
        # The SDK finds the owner of a session by `user`.
        return {PRINCIPAL: _principal(claims, scopes), EXPIRES: claims["exp"], "user": user}

    async def _metadata(self, _: Request) -> Response:
        """The metadata of the protected resource (RFC 9728)."""
        return JSONResponse(
            {
                "resource": self._resource.url,
                "authorization_servers": [self._issuer.url],
                "scopes_supported": list(SCOPES),
                "bearer_methods_supported": ["header"],
                "resource_name": "Files",
            },
            headers={"cache-control": "public, max-age=3600", "vary": "Origin"},
        )

    async def _claims(self, given: bytes) -> dict[str, Any]:
        head = jwt.get_unverified_header(given)
        algorithm, kind, key_id = head.get("alg"), head.get("typ"), head.get("kid")
        if algorithm not in _ALGORITHMS or (kind.lower() if isinstance(kind, str) else kind) not in _TYPES:
            raise jwt.InvalidAlgorithmError(f"type {kind}, algorithm {algorithm}")
        key = await self._issuer.key(key_id, str(algorithm))
        if key is None:
            raise jwt.InvalidKeyError("unknown signing key")
        claims = jwt.decode(
            given,
            key,
            algorithms=[str(algorithm)],
            audience=self._resource.audiences,
            issuer=self._issuer.url,
            leeway=_LEEWAY_S,
            options={"require": ["exp", "iss", "aud", "sub"], "enforce_minimum_key_length": True},
        )
        if not 0 < len(claims["sub"]) <= _MAX_SUBJECT:
            raise jwt.InvalidTokenError("sub is empty or too long")
        # The library also accepts strings and infinite numbers.
        if not isinstance(claims["exp"], (int, float)) or claims["exp"] > _MAX_EXP:
            raise jwt.InvalidTokenError("exp is not a usable time")
        return claims

    def _challenge(self, status: int, sentence: str, error: str | None = None, scope: str | None = None) -> Response:
        """An error with a challenge that tells clients where to get a token (RFC 6750, 3; RFC 9728, 5.1)."""
        parts = {"error": error, "resource_metadata": self._resource.metadata_url, "scope": scope or " ".join(SCOPES)}
        challenge = ", ".join(f'{name}="{value}"' for name, value in parts.items() if value)
        return json_error(status, sentence, {"www-authenticate": f"Bearer {challenge}"})


def _required_scope(scope: Scope) -> str | None:
    """The scope that the request's headers require. Requests of the older era lack these headers, so the scope is
    checked later, from the message."""
    methods, names = header_values(scope, b"mcp-method"), header_values(scope, b"mcp-name")
    if not methods:
        return None
    return required_scope(methods[0].decode("latin-1"), names[0].decode("latin-1") if names else "")


def _scopes(claims: dict[str, Any]) -> frozenset[str]:
    """The scopes of a token. Issuers write them as a string or a list, in `scope` or `scp`."""
    given: object = claims.get("scope", claims.get("scp", ""))
    if isinstance(given, str):
        return frozenset(given.split())
    if isinstance(given, list):
        return frozenset(item for item in cast("list[object]", given) if isinstance(item, str))
    return frozenset()


def _principal(claims: dict[str, Any], scopes: frozenset[str]) -> Principal:
    # Hashed, because a subject is unique only within its issuer and may have characters that folder names cannot.
    subject = f"{claims['iss']}\n{claims['sub']}".encode("utf-8", "surrogatepass")
    name = hashlib.sha256(subject).hexdigest()[:32]
    return Principal(name, scopes)


def _access(claims: dict[str, Any], scopes: frozenset[str]) -> AccessToken:
    """The identity that the SDK compares to find the owner of a session. It does not contain the token."""
    client = claims.get("client_id", claims.get("azp", ""))
    return AccessToken(
        token="",
        client_id=client if isinstance(client, str) else "",
        scopes=sorted(scopes),
        subject=claims["sub"],
        claims={"iss": claims["iss"]},
    )
