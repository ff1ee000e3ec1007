"""How the server is reached over HTTP: read once from the command line and a passed environment, then frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from files_api_mcp.server.http.doors import checked_host, checked_origin, checked_url, is_loopback
from files_api_mcp.server.http.token import Token, token_from
from files_api_mcp.server.settings import DEFAULT_MAX_FILE_SIZE, BadSettings

__all__ = ["HttpSettings", "Limits", "http_settings_from"]

DEFAULT_PORT = 8765


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may take of the server: bytes, and seconds."""

    head_bytes: int = 16 * 1024
    """Of a request's line and headers."""
    body_bytes: int = 4 * 1024 * 1024
    """Of a message: what the SDK's transports take."""
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
    grace_s: float = 1.5
    """For which calls may go on once the server was told to stop."""


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """What the operator decided about the network. Without a token, `host` is a loopback address. `public_url` is
    where clients reach the server; None: where it listens."""

    transport: Literal["http", "sse"] = "http"
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    token: Token | None = field(default=None, repr=False)
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
    if token is None and not is_loopback(host):
        raise BadSettings(
            f"Whoever reaches {host or 'every address'} could use this server. Set a token with --token-env, or leave "
            "--host at 127.0.0.1."
        )
    return HttpSettings(
        transport=options["transport"],
        # By its address: a name may come to mean another one, and the token was not asked for.
        host="127.0.0.1" if host.lower() == "localhost" else host,
        port=options["port"],
        token=token,
        allowed_hosts=tuple(checked_host(text) for text in options["allowed_host"]),
        allowed_origins=tuple(checked_origin(text) for text in options["allowed_origin"]),
        public_url=None if options["public_url"] is None else checked_url(options["public_url"]),
    )
