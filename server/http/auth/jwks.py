"""Issuer: finds and caches the signing keys of the authorization server."""

import time
from collections.abc import Callable
from typing import Any, cast

import anyio
import httpx2
import jwt

from files_api_mcp.server.http.allowed_hosts import is_loopback

__all__ = ["Issuer", "IssuerUnavailable"]

_REFRESH_S = 3600.0
_VALID_S = 24 * 3600.0
"""Seconds that cached keys stay valid while the issuer is unreachable."""
_REFETCH_S = 30.0
"""Minimum time between two fetches, because anyone can send a token with an unknown key id."""
_RETRY_S = 5.0
"""Minimum time between two fetches while there is no valid key."""
_TIMEOUT_S = 5.0
_MAX_BYTES = 512 * 1024


class IssuerUnavailable(Exception):
    """The issuer's keys cannot be fetched now, so tokens cannot be checked."""


class Issuer:
    """The issuer's public keys, fetched when first needed and refreshed every hour.

    They come from the URL in the issuer's metadata (RFC 8414, OpenID Connect Discovery) or from `keys_url`. Redirects
    are not followed.
    """

    def __init__(self, url: str, keys_url: str | None = None, *, now: Callable[[], float] = time.monotonic) -> None:
        self.url = url
        self._keys_url = keys_url
        self._now = now
        self._keys: list[dict[str, Any]] = []
        self._fetched = self._tried = float("-inf")
        self._fetching = anyio.Lock()

    async def key(self, key_id: str | None, algorithm: str) -> jwt.PyJWK | None:
        """The key with this id for this algorithm; without an id, the only key. None if there is no such key.

        Raises:
            IssuerUnavailable: The issuer does not answer, or its answer has no keys.
        """
        # A caller with a known key does not wait for a fetch that another caller's unknown key started.
        if self._needs_fetch(key_id) or not self._is_valid() or self._find(key_id) is None:
            async with self._fetching:
                if self._needs_fetch(key_id):
                    await self._fetch()
        if not self._is_valid():
            raise IssuerUnavailable("A recent fetch of its keys failed.")
        found = self._find(key_id)
        if found is None or found.get("alg", algorithm) != algorithm:
            return None
        try:
            return jwt.PyJWK(found, algorithm)
        except jwt.PyJWTError:
            return None

    def _needs_fetch(self, key_id: str | None) -> bool:
        now = self._now()
        if self._find(key_id) is not None and now - self._fetched < _REFRESH_S:
            return False
        return now - self._tried >= (_REFETCH_S if self._is_valid() else _RETRY_S)

    def _is_valid(self) -> bool:
        return self._now() - self._fetched < _VALID_S

    def _find(self, key_id: str | None) -> dict[str, Any] | None:
        if key_id is None:
            return self._keys[0] if len(self._keys) == 1 else None
        return next((key for key in self._keys if key.get("kid") == key_id), None)

    async def _fetch(self) -> None:
        self._tried = self._now()
        try:
            with anyio.fail_after(2 * _TIMEOUT_S):
                async with httpx2.AsyncClient(follow_redirects=False, timeout=_TIMEOUT_S) as client:
                    self._keys = _signing_keys(await _json(client, await self._find_keys_url(client)))
        except (httpx2.HTTPError, TimeoutError, ValueError) as exc:
            if not self._is_valid():
                raise IssuerUnavailable(str(exc)) from exc
            return
        self._fetched = self._now()

    async def _find_keys_url(self, client: httpx2.AsyncClient) -> str:
        if self._keys_url is not None:
            return self._keys_url
        for url in _metadata_urls(self.url):
            try:
                metadata = await _json(client, url)
            except (httpx2.HTTPStatusError, ValueError):
                continue
            keys_url = metadata.get("jwks_uri")
            # Without this check, metadata copied from another issuer would make us trust its keys (RFC 8414, 3.3).
            if metadata.get("issuer") == self.url and isinstance(keys_url, str) and _is_secure(keys_url, self.url):
                return keys_url
        raise ValueError("The issuer's metadata does not give the URL of its keys.")


def _metadata_urls(issuer: str) -> list[str]:
    url = httpx2.URL(issuer)
    path = url.path.rstrip("/")
    root = str(url.copy_with(path="/")).rstrip("/")
    return [
        f"{root}/.well-known/oauth-authorization-server{path}",
        f"{root}{path}/.well-known/openid-configuration",
        f"{root}/.well-known/openid-configuration{path}",
    ]


def _is_secure(keys_url: str, issuer: str) -> bool:
    """Whether keys from this URL can be trusted: its transport is as secure as the issuer's."""
    url = httpx2.URL(keys_url)
    return url.scheme == "https" or (url.scheme == "http" and is_loopback(url.host) and issuer.startswith("http://"))


async def _json(client: httpx2.AsyncClient, url: str) -> dict[str, Any]:
    async with client.stream("GET", url, headers={"accept": "application/json"}) as reply:
        if not reply.is_success:
            raise httpx2.HTTPStatusError(f"{url} answered {reply.status_code}", request=reply.request, response=reply)
        body = b""
        async for piece in reply.aiter_bytes():
            body += piece
            if len(body) > _MAX_BYTES:
                raise ValueError(f"The response of {url} is larger than {_MAX_BYTES} bytes")
    found = httpx2.Response(200, content=body).json()
    if not isinstance(found, dict):
        raise ValueError(f"The response of {url} is not a JSON object")  # noqa: TRY004 - bad data, not a bad argument
    return cast("dict[str, Any]", found)


def _signing_keys(keys: dict[str, Any]) -> list[dict[str, Any]]:
    """The public signing keys of a key set. Symmetric keys are left out, as they can also sign."""
    listed = cast("list[object]", keys["keys"]) if isinstance(keys.get("keys"), list) else []
    entries = [cast("dict[str, Any]", entry) for entry in listed if isinstance(entry, dict)]
    found = [entry for entry in entries if entry.get("kty") != "oct" and entry.get("use", "sig") == "sig"]
    if not found:
        raise ValueError("The issuer has no public signing key.")
    return found
