"""AllowedHosts: exact allow-lists for the Host and Origin headers, without patterns."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from files_api_mcp.server.settings import BadSettings

__all__ = [
    "AllowedHosts",
    "allowed_hosts_for",
    "is_loopback",
    "origin_of",
    "parse_host",
    "parse_issuer",
    "parse_origin",
    "parse_url",
    "path_of",
    "url_host",
]

_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_PORT = re.compile(r":[0-9]++$")
_ORIGIN = re.compile(rf"[a-z][a-z0-9+.-]*://{_HOST.pattern}")
_URL = re.compile(rf"(https?://{_HOST.pattern})(?:/[A-Za-z0-9._~/-]*)?")
_HTTP_PORT = 80
_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """Allowed `Host` and `Origin` values, as bytes. A name without a port means the scheme's default port."""

    hosts: frozenset[bytes]
    origins: frozenset[bytes]

    def allows_host(self, value: bytes) -> bool:
        """Whether the value is allowed, in upper or lower case (RFC 9110). Port, trailing dot, user info and the
        spelling of addresses must match."""
        return value.lower() in self.hosts

    def allows_origin(self, value: bytes) -> bool:
        """Whether the value is allowed. It must match exactly, because browsers write each origin in one way."""
        return value in self.origins


def allowed_hosts_for(port: int, hosts: Iterable[str], origins: Iterable[str]) -> AllowedHosts:
    """The allow-lists of a server on a port: its loopback names and origins, and those that the operator added."""
    own = [f"{name}:{port}" for name in _LOOPBACK_NAMES]
    if port == _HTTP_PORT:
        own += _LOOPBACK_NAMES
    return AllowedHosts(
        hosts=frozenset(host.lower().encode() for host in (*own, *hosts)),
        origins=frozenset(origin.encode() for origin in (*(f"http://{host}" for host in own), *origins)),
    )


def parse_host(text: str) -> str:
    """A host name or address with an optional port, in lower case.

    Raises:
        BadSettings: The text is not a host, for example a pattern.
    """
    if not _HOST.fullmatch(text.lower()):
        raise BadSettings(
            f"--allowed-host {text} is not a host. Write it as clients send it: files.example.com or 10.0.0.5:8765."
        )
    return text.lower()


def parse_origin(text: str) -> str:
    """An origin as browsers write it: scheme and host, and the port unless it is the scheme's default.

    Raises:
        BadSettings: The text is not an origin.
    """
    if not _ORIGIN.fullmatch(text):
        raise BadSettings(
            f"--allowed-origin {text} is not an origin. Use only scheme and host, as in https://app.example.com."
        )
    return text


def parse_url(text: str) -> str:
    """The URL at which clients reach the server, without a trailing slash.

    Raises:
        BadSettings: The text is not a URL of scheme, host and path.
    """
    if not _URL.fullmatch(text):
        raise BadSettings(f"--public-url {text} is not a URL like https://files.example.com.")
    return text.rstrip("/")


def parse_issuer(option: str, text: str) -> str:
    """A URL of the authorization server, unchanged, because issuers are compared exactly.

    Raises:
        BadSettings: The text is not a URL, or not https and not on this machine.
    """
    if not _URL.fullmatch(text):
        raise BadSettings(f"{option} {text} is not a URL like https://login.example.com.")
    host = _PORT.sub("", text.partition("://")[2].partition("/")[0]).strip("[]")
    if not text.startswith("https://") and not is_loopback(host):
        raise BadSettings(f"{option} {text} is not secure. Use an https URL.")
    return text


def origin_of(url: str) -> str:
    """The origin of a URL that `parse_url` returned."""
    found = _URL.fullmatch(url)
    return found[1] if found else ""


def path_of(url: str) -> str:
    """The path of a URL that `parse_url` returned; empty if it has none."""
    return url.removeprefix(origin_of(url))


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a listening address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def url_host(host: str) -> str:
    """An address as written in URLs: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host
