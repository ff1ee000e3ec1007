"""How the server is reached over HTTP: read once from the command line and a passed environment, then frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from files_api_mcp.server.http.allowed_hosts import (
    checked_host,
    checked_issuer,
    checked_origin,
    checked_url,
    is_loopback,
)
from files_api_mcp.server.http.auth.bearer import Token, token_from
from files_api_mcp.server.settings import DEFAULT_MAX_FILE_SIZE, BadSettings

__all__ = ["PATHS", "HttpSettings", "Limits", "OAuth", "http_settings_from"]

DEFAULT_PORT = 8765
PATHS = {"http": "/mcp", "sse": "/sse"}
"""Where clients of each transport connect."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may take of the server: bytes, and seconds."""

    head_bytes: int = 16 * 1024
    """Of a request's line and headers."""
    body_bytes: int = 4 * 1024 * 1024
    """Of a message: what the SDK's transports take."""
    stream_bytes: int = 64 * 1024
    """Of a message whose answer is a stream: held for as long, and many times as large as objects."""
    file_bytes: int = DEFAULT_MAX_FILE_SIZE
    """Of a file that is handed over."""
    head_s: float = 15
    """Until a request's head is complete: after the connection is made, and after an answer."""
    body_s: float = 20
    """For which a body may stand still, and which it may take on top of its bytes at the slowest rate."""
    slowest: float = 4096
    """Bytes a second below which a body is not worth the wait."""
    unread_s: float = 60
    """For which a client may leave its answer unread."""
    connections: int = 1000
    each: int = 200
    """Requests being answered, streams among them, and sessions: of one principal, where there are several."""
    grace_s: float = 0.8
    """For which calls may go on once the server is to stop; then they are cancelled, and stores closed."""


@dataclass(frozen=True, slots=True)
class OAuth:
    """The authorization server whose tokens are taken. `audience` is the name that it has for this server, None: the
    URL by which clients reach it; `keys_url` is where its keys are, None: where its metadata says."""

    issuer: str
    audience: str | None = None
    keys_url: str | None = None


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """What the operator decided about the network. Without a token or OAuth, `host` is a loopback address. `public_url`
    is where clients reach the server; None: where it listens."""

    transport: Literal["http", "sse"] = "http"
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    token: Token | None = field(default=None, repr=False)
    oauth: OAuth | None = None
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    public_url: str | None = None


def http_settings_from(options: Mapping[str, Any], environment: Mapping[str, str]) -> HttpSettings:
    """What the options of `serve` come to.

    Raises:
        BadSettings: They cannot be used, or would let anybody in.
    """
    host = str(options["host"]).removeprefix("[").removesuffix("]")
    variable = options["token_env"]
    token = None if variable is None else token_from(environment, variable)
    oauth = _oauth_from(options)
    if token is not None and oauth is not None:
        raise BadSettings("A server has one way to tell who calls. Give --token-env or --oauth-issuer.")
    if token is None and oauth is None and not is_loopback(host):
        raise BadSettings(
            f"Whoever reaches {host or 'every address'} could use this server. Set a token with --token-env, or leave "
            "--host at 127.0.0.1."
        )
    if oauth is not None and options["public_url"] is None and not is_loopback(host):
        raise BadSettings("Tokens are for one address: with --oauth-issuer give the server's own with --public-url.")
    return HttpSettings(
        transport=options["transport"],
        # By its address: a name may come to mean another one, and the token was not asked for.
        host="127.0.0.1" if host.lower() == "localhost" else host,
        port=options["port"],
        token=token,
        oauth=oauth,
        allowed_hosts=tuple(checked_host(text) for text in options["allowed_host"]),
        allowed_origins=tuple(checked_origin(text) for text in options["allowed_origin"]),
        public_url=None if options["public_url"] is None else checked_url(options["public_url"]),
    )


def _oauth_from(options: Mapping[str, Any]) -> OAuth | None:
    issuer: str | None = options.get("oauth_issuer")
    if issuer is None:
        for name in ("oauth_audience", "oauth_keys_url"):
            if options.get(name) is not None:
                raise BadSettings(f"--{name.replace('_', '-')} says more of an issuer. Name it with --oauth-issuer.")
        return None
    keys_url: str | None = options.get("oauth_keys_url")
    return OAuth(
        issuer=checked_issuer("--oauth-issuer", issuer),
        audience=options.get("oauth_audience"),
        keys_url=None if keys_url is None else checked_issuer("--oauth-keys-url", keys_url),
    )
