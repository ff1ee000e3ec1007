"""HttpSettings and Limits: read once from the command line and environment, then frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from files_api_mcp.backends.validation import MAX_FILE_SIZE
from files_api_mcp.server.http.allowed_hosts import (
    is_loopback,
    parse_host,
    parse_issuer,
    parse_origin,
    parse_url,
)
from files_api_mcp.server.http.auth.bearer import Token, token_from
from files_api_mcp.server.settings import BadSettings
from files_api_mcp.server.shutdown import GRACE_S

__all__ = ["PATHS", "HttpSettings", "Limits", "OAuthSettings", "http_settings_from"]

DEFAULT_PORT = 8765
PATHS = {"http": "/mcp", "sse": "/sse"}
"""The path at which clients of each transport connect."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one client, in bytes and seconds."""

    header_bytes: int = 16 * 1024
    """Size of the request line and headers."""
    body_bytes: int = 4 * 1024 * 1024
    """Size of a message; the same limit as in the SDK's transports."""
    stream_request_bytes: int = 64 * 1024
    """Size of a message that opens a stream. It stays in memory with the stream, as objects many times its size."""
    file_bytes: int = MAX_FILE_SIZE
    """Size of an uploaded file."""
    header_timeout_s: float = 15
    """Time until the headers are complete, from the connection or the last response."""
    body_timeout_s: float = 20
    """Time that a body may stall; also the time it may take beyond its bytes at `min_body_rate`."""
    min_body_rate: float = 4096
    """Bytes per second that a body must reach."""
    write_timeout_s: float = 60
    """Time that a client may leave its response unread."""
    max_connections: int = 1000
    max_sessions: int = 1000
    """Sessions of all principals. Beyond them, a new one takes the place of the longest idle one."""
    per_principal: int = 200
    """Open requests (streams included), and sessions, of one principal if there are several."""
    grace_s: float = GRACE_S
    """Time that running calls get to finish once the server must stop."""


@dataclass(frozen=True, slots=True)
class OAuthSettings:
    """The authorization server whose tokens are accepted.

    `audience` is this server's name there; None means the URL at which clients reach it. `keys_url` is the URL of the
    signing keys; None means the one in the issuer's metadata.
    """

    issuer: str
    audience: str | None = None
    keys_url: str | None = None


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """The operator's network settings. Without a token or OAuth, `host` is a loopback address.

    `public_url` is the URL at which clients reach the server; None means its listening address.
    """

    transport: Literal["http", "sse"] = "http"
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    token: Token | None = field(default=None, repr=False)
    oauth: OAuthSettings | None = None
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    public_url: str | None = None


def http_settings_from(options: Mapping[str, Any], environment: Mapping[str, str]) -> HttpSettings:
    """The settings for the options of `serve`.

    Raises:
        BadSettings: An option is invalid, options conflict, or anyone could use the server.
    """
    host = str(options["host"]).removeprefix("[").removesuffix("]")
    variable = options["token_env"]
    token = None if variable is None else token_from(environment, variable)
    oauth = _oauth_from(options)
    if token is not None and oauth is not None:
        raise BadSettings("Use either --token-env or --oauth-issuer, not both.")
    if token is None and oauth is None and not is_loopback(host):
        raise BadSettings(
            f"Without a token, anyone who can reach {host or 'any address'} could use this server. Set one with "
            "--token-env, or keep --host at 127.0.0.1."
        )
    if oauth is not None and options["public_url"] is None and not is_loopback(host):
        raise BadSettings("--oauth-issuer requires --public-url unless --host is a loopback address.")
    return HttpSettings(
        transport=options["transport"],
        # As an address, because the name could resolve to another one, and there may be no token.
        host="127.0.0.1" if host.lower() == "localhost" else host,
        port=options["port"],
        token=token,
        oauth=oauth,
        allowed_hosts=tuple(parse_host(text) for text in options["allowed_host"]),
        allowed_origins=tuple(parse_origin(text) for text in options["allowed_origin"]),
        public_url=None if options["public_url"] is None else parse_url(options["public_url"]),
    )


def _oauth_from(options: Mapping[str, Any]) -> OAuthSettings | None:
    issuer: str | None = options.get("oauth_issuer")
    if issuer is None:
        for name in ("oauth_audience", "oauth_keys_url"):
            if options.get(name) is not None:
                raise BadSettings(f"--{name.replace('_', '-')} requires --oauth-issuer.")
        return None
    keys_url: str | None = options.get("oauth_keys_url")
    return OAuthSettings(
        issuer=parse_issuer("--oauth-issuer", issuer),
        audience=options.get("oauth_audience"),
        keys_url=None if keys_url is None else parse_issuer("--oauth-keys-url", keys_url),
    )
