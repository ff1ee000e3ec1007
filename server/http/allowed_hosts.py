"""Under which names the server may be addressed, and which web pages may address it: exact matches, no patterns."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from files_api_mcp.server.settings import BadSettings

__all__ = [
    "Doors",
    "checked_host",
    "checked_issuer",
    "checked_origin",
    "checked_url",
    "doors_of",
    "is_loopback",
    "origin_of",
    "url_host",
]

_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_PORT = re.compile(r":[0-9]++$")
_ORIGIN = re.compile(rf"[a-z][a-z0-9+.-]*://{_HOST.pattern}")
_URL = re.compile(rf"(https?://{_HOST.pattern})(?:/[A-Za-z0-9._~/-]*)?")
_HTTP_PORT = 80
_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Doors:
    """What `Host` and `Origin` may say, as bytes. A name without a port stands for the scheme's own port."""

    hosts: frozenset[bytes]
    origins: frozenset[bytes]

    def admits_host(self, value: bytes) -> bool:
        """Host names know no case (RFC 9110); all else counts: port, trailing dot, user info, spelling of addresses."""
        return value.lower() in self.hosts

    def admits_origin(self, value: bytes) -> bool:
        """Browsers write origins in one way only, so they are compared as they come."""
        return value in self.origins


def doors_of(port: int, hosts: Iterable[str], origins: Iterable[str]) -> Doors:
    """The doors of a server on a port: its loopback names, what the operator added, and the pages that the server
    shows under its loopback names."""
    own = [f"{name}:{port}" for name in _LOOPBACK_NAMES]
    if port == _HTTP_PORT:
        own += _LOOPBACK_NAMES
    return Doors(
        hosts=frozenset(host.lower().encode() for host in (*own, *hosts)),
        origins=frozenset(origin.encode() for origin in (*(f"http://{host}" for host in own), *origins)),
    )


def checked_host(text: str) -> str:
    """A host as `Host` headers name it.

    Raises:
        BadSettings: It is no name or address, with or without a port; patterns are not.
    """
    if not _HOST.fullmatch(text.lower()):
        raise BadSettings(
            f"--allowed-host {text} is not a host. Give it as clients address it: files.example.com or 10.0.0.5:8765."
        )
    return text.lower()


def checked_origin(text: str) -> str:
    """An origin as browsers write it.

    Raises:
        BadSettings: It is none: scheme and host, with a port where it is not the scheme's own, and nothing after.
    """
    if not _ORIGIN.fullmatch(text):
        raise BadSettings(
            f"--allowed-origin {text} is not an origin. Give scheme and host alone, as in https://app.example.com."
        )
    return text


def checked_url(text: str) -> str:
    """The address under which clients reach the server, without a slash at its end.

    Raises:
        BadSettings: It is none, or has a query, user info or anything else beside scheme, host and path.
    """
    if not _URL.fullmatch(text):
        raise BadSettings(f"--public-url {text} is not an address like https://files.example.com or one below it.")
    return text.rstrip("/")


def checked_issuer(option: str, text: str) -> str:
    """An address of the authorization server, as it is written: issuers are compared by the letter.

    Raises:
        BadSettings: It is none, or what comes from there could be changed on the way.
    """
    if not _URL.fullmatch(text):
        raise BadSettings(f"{option} {text} is not an address like https://login.example.com.")
    host = _PORT.sub("", text.partition("://")[2].partition("/")[0]).strip("[]")
    if not text.startswith("https://") and not is_loopback(host):
        raise BadSettings(f"{option} {text} could be changed on the way. Give an https address.")
    return text


def origin_of(url: str) -> str:
    """The origin of the pages at an address that was checked."""
    found = _URL.fullmatch(url)
    return found[1] if found else ""


def is_loopback(host: str) -> bool:
    """Whether an address to listen on can be reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def url_host(host: str) -> str:
    """An address as URLs write it."""
    return f"[{host}]" if ":" in host else host
