"""The API's address and credential, set at startup and never by a caller."""

import hashlib
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.validation import is_placeholder, is_unexpanded

__all__ = ["DEFAULT_BASE_URL", "Dialect", "Endpoint", "endpoint_from", "has_key"]

DEFAULT_BASE_URL = "https://api.anthropic.com"
_LOOPBACK_KEY = "loopback"
"""Sent to a server on this machine if no key is set; it is not a secret."""

_HOST_NAME = re.compile(r"(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?")

Dialect = Literal["auto", "ga", "beta"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A base URL and its credential, which is left out of the repr."""

    base_url: str
    auth_header: str
    auth_value: str = field(repr=False)
    workspace_id: str | None = None
    proxy: str | None = field(default=None, repr=False)

    @property
    def key(self) -> str:
        """The secret itself, to be masked in texts."""
        return self.auth_value.removeprefix("Bearer ")

    @property
    def fingerprint(self) -> str:
        """A hash that identifies this credential at this URL without revealing it."""
        identity = f"{self.base_url}\0{self.auth_value}\0{self.workspace_id or ''}"
        return hashlib.blake2b(identity.encode(), digest_size=12, person=b"files-api-mcp").hexdigest()

    @property
    def is_loopback(self) -> bool:
        return _is_loopback(urlsplit(self.base_url).hostname or "")


def has_key(environment: Mapping[str, str]) -> bool:
    """Whether the environment has a credential. An empty variable counts as unset."""
    return any(environment.get(name, "").strip() for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"))


def endpoint_from(
    environment: Mapping[str, str], *, base_url: str | None = None, workspace_id: str | None = None
) -> Endpoint:
    """Read the endpoint from the environment: ANTHROPIC_API_KEY, else ANTHROPIC_AUTH_TOKEN, and ANTHROPIC_BASE_URL
    unless `base_url` is given.

    The only other variables are HTTPS_PROXY and NO_PROXY: headers never come from the environment.

    Raises:
        InvalidArgument: There is no key, the URL is neither https nor on this machine, or the proxy URL is invalid.
    """
    if is_unexpanded(base_url or environment.get("ANTHROPIC_BASE_URL") or ""):
        raise _bad_url("is a placeholder that the host did not replace")
    url = _base_url((base_url or environment.get("ANTHROPIC_BASE_URL") or "").strip() or DEFAULT_BASE_URL)
    loopback = _is_loopback(urlsplit(url).hostname or "")
    header, value = _credential(environment, loopback=loopback)
    if workspace_id is not None and not _is_header_text(workspace_id):
        raise InvalidArgument("The workspace id has invalid characters.", "Check --workspace-id.")
    return Endpoint(url, header, value, workspace_id, None if loopback else _proxy(url, environment))


def _credential(environment: Mapping[str, str], *, loopback: bool) -> tuple[str, str]:
    key = environment.get("ANTHROPIC_API_KEY", "").strip()
    token = environment.get("ANTHROPIC_AUTH_TOKEN", "").strip()
    if not key and not token and loopback:
        key = _LOOPBACK_KEY
    if not key and not token:
        raise InvalidArgument(
            "The anthropic backend needs a key, but neither ANTHROPIC_API_KEY nor ANTHROPIC_AUTH_TOKEN is set.",
            "Set one of them, or use --backend local.",
        )
    name = "ANTHROPIC_API_KEY" if key else "ANTHROPIC_AUTH_TOKEN"
    # A gateway on this machine may use any word as its key.
    if is_unexpanded(key or token) or (not loopback and is_placeholder(key or token)):
        raise InvalidArgument(
            f"{name} is a placeholder, not a key.",
            "Put the key itself into the host's configuration if the host does not expand variables, or use "
            "--backend local.",
        )
    if not _is_header_text(key or token):
        raise InvalidArgument(
            f"{name} contains characters that are not allowed in a key.", "Set it again, without quotes or line breaks."
        )
    # All versions of the API and all gateways accept this header for keys; both headers together are rejected.
    return ("x-api-key", key) if key else ("authorization", f"Bearer {token}")


def _is_header_text(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def _base_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _bad_url("is not a URL") from None
    host = parts.hostname or ""
    # An address that the HTTP library cannot use must fail here, at startup.
    if not _is_header_text(text) or (host and not _is_host(parts)):
        raise _bad_url("contains characters that are not allowed in a URL")
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise _bad_url("is not an http or https URL")
    if parts.username is not None or parts.query or parts.fragment:
        raise _bad_url("must not contain a user, a query or a fragment")
    if parts.scheme == "http" and not _is_loopback(host):
        raise _bad_url("must be https: over plain http, others could read the key and the files")
    path = parts.path.rstrip("/")
    # All request paths begin with /v1, so a /v1 at the end of the base URL would be doubled.
    return f"{parts.scheme}://{parts.netloc.lower()}{path.removesuffix('/v1')}"


def _bad_url(why: str) -> InvalidArgument:
    return InvalidArgument(f"The base URL {why}.", "Check --base-url and ANTHROPIC_BASE_URL.")


def _is_host(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    if "[" in parts.netloc:
        return "%" not in host and _address(host) is not None
    return len(host) < 254 and bool(_HOST_NAME.fullmatch(host))


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _proxy(url: str, environment: Mapping[str, str]) -> str | None:
    host = urlsplit(url).hostname or ""
    for name in (part.strip().lstrip(".").lower() for part in _variable(environment, "no_proxy").split(",")):
        if name and (name == "*" or host == name or host.endswith(f".{name}")):
            return None
    proxy = _variable(environment, "https_proxy").strip()
    if not proxy:
        return None
    # Like curl, treat an address without a scheme as an HTTP proxy.
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    if not _is_proxy(proxy):
        raise InvalidArgument("HTTPS_PROXY is not the address of an HTTP proxy.", "Set it to http://HOST:PORT.")
    return proxy


def _is_proxy(text: str) -> bool:
    try:
        parts = urlsplit(text)
        usable = parts.port != 0
    except ValueError:
        return False
    return usable and parts.scheme in ("http", "https") and _is_header_text(text) and _is_host(parts)


def _variable(environment: Mapping[str, str], name: str) -> str:
    return environment.get(name, "") or environment.get(name.upper(), "")
