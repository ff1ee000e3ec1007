"""The authorization server that the operator trusts: where its keys are, and which of them signed."""

import time
from collections.abc import Callable
from typing import Any, cast

import anyio
import httpx2
import jwt

from files_api_mcp.server.http.allowed_hosts import is_loopback

__all__ = ["Issuer", "IssuerSilent"]

_FRESH_S = 3600.0
_USABLE_S = 24 * 3600.0
"""For how long keys are believed while the issuer does not answer."""
_BETWEEN_S = 30.0
"""At least, between two requests for keys: anybody can send a token that names an unknown one."""
_SILENT_S = 5.0
"""The same while no key is known that could be believed."""
_PATIENCE_S = 5.0
_MOST_BYTES = 512 * 1024


class IssuerSilent(Exception):
    """The issuer's keys cannot be had now; whether a token is right cannot be told."""


class Issuer:
    """Knows the issuer's public keys, which are fetched when they are first needed and anew each hour.

    They are asked for at the address that the issuer's metadata names (RFC 8414, OpenID Connect Discovery), or at
    `keys_url`. Redirects are not followed.
    """

    def __init__(self, url: str, keys_url: str | None = None, *, now: Callable[[], float] = time.monotonic) -> None:
        self.url = url
        self._keys_url = keys_url
        self._now = now
        self._keys: list[dict[str, Any]] = []
        self._fetched = self._tried = float("-inf")
        self._fetching = anyio.Lock()

    async def key(self, key_id: str | None, algorithm: str) -> jwt.PyJWK | None:
        """The key of this id, for this algorithm; without an id, the only one there is. None: it has no such key.

        Raises:
            IssuerSilent: It does not answer, or not with keys.
        """
        # Whoever has a key that is known does not wait for what another's unknown one makes us ask.
        if self._wants_keys(key_id) or not self._is_usable() or self._known(key_id) is None:
            async with self._fetching:
                if self._wants_keys(key_id):
                    await self._fetch()
        if not self._is_usable():
            raise IssuerSilent("It did not answer a moment ago.")
        found = self._known(key_id)
        if found is None or found.get("alg", algorithm) != algorithm:
            return None
        try:
            return jwt.PyJWK(found, algorithm)
        except jwt.PyJWTError:
            return None

    def _wants_keys(self, key_id: str | None) -> bool:
        now = self._now()
        if self._known(key_id) is not None and now - self._fetched < _FRESH_S:
            return False
        return now - self._tried >= (_BETWEEN_S if self._is_usable() else _SILENT_S)

    def _is_usable(self) -> bool:
        return self._now() - self._fetched < _USABLE_S

    def _known(self, key_id: str | None) -> dict[str, Any] | None:
        if key_id is None:
            return self._keys[0] if len(self._keys) == 1 else None
        return next((key for key in self._keys if key.get("kid") == key_id), None)

    async def _fetch(self) -> None:
        self._tried = self._now()
        try:
            with anyio.fail_after(2 * _PATIENCE_S):
                async with httpx2.AsyncClient(follow_redirects=False, timeout=_PATIENCE_S) as client:
                    self._keys = _usable(await _json(client, await self._where(client)))
        except (httpx2.HTTPError, TimeoutError, ValueError) as exc:
            if not self._is_usable():
                raise IssuerSilent(str(exc)) from exc
            return
        self._fetched = self._now()

    async def _where(self, client: httpx2.AsyncClient) -> str:
        if self._keys_url is not None:
            return self._keys_url
        for place in _metadata_urls(self.url):
            try:
                metadata = await _json(client, place)
            except (httpx2.HTTPStatusError, ValueError):
                continue
            where = metadata.get("jwks_uri")
            # Another issuer's metadata, put here, would have us believe its keys (RFC 8414, section 3.3).
            if metadata.get("issuer") == self.url and isinstance(where, str) and _is_safe(where, self.url):
                return where
        raise ValueError("The issuer has no metadata of its own that names its keys.")


def _metadata_urls(issuer: str) -> list[str]:
    url = httpx2.URL(issuer)
    path = url.path.rstrip("/")
    root = str(url.copy_with(path="/")).rstrip("/")
    return [
        f"{root}/.well-known/oauth-authorization-server{path}",
        f"{root}{path}/.well-known/openid-configuration",
        f"{root}/.well-known/openid-configuration{path}",
    ]


def _is_safe(where: str, issuer: str) -> bool:
    """Whether keys from there can be trusted: as safe on the way as the issuer itself."""
    url = httpx2.URL(where)
    return url.scheme == "https" or (url.scheme == "http" and is_loopback(url.host) and issuer.startswith("http://"))


async def _json(client: httpx2.AsyncClient, url: str) -> dict[str, Any]:
    async with client.stream("GET", url, headers={"accept": "application/json"}) as reply:
        if not reply.is_success:
            raise httpx2.HTTPStatusError(f"{url} answered {reply.status_code}", request=reply.request, response=reply)
        body = b""
        async for piece in reply.aiter_bytes():
            body += piece
            if len(body) > _MOST_BYTES:
                raise ValueError(f"{url} answers with more than {_MOST_BYTES} bytes")
    found = httpx2.Response(200, content=body).json()
    if not isinstance(found, dict):
        raise ValueError(f"{url} answers with no object")  # noqa: TRY004 - what it is does not matter
    return cast("dict[str, Any]", found)


def _usable(keys: dict[str, Any]) -> list[dict[str, Any]]:
    """Public keys that sign. A key that is no pair would let whoever checks tokens make them."""
    listed = cast("list[object]", keys["keys"]) if isinstance(keys.get("keys"), list) else []
    entries = [cast("dict[str, Any]", entry) for entry in listed if isinstance(entry, dict)]
    found = [entry for entry in entries if entry.get("kty") != "oct" and entry.get("use", "sig") == "sig"]
    if not found:
        raise ValueError("The issuer names no key that could have signed a token.")
    return found
