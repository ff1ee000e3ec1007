"""`files-api-mcp serve`."""

import os
from typing import Any

import click

from files_api_mcp.server.cli.options import (
    ALLOW_SENSITIVE,
    ALLOW_WIDE_ROOT,
    DATA_DIR,
    EXPIRES_IN_HOURS,
    LOG_LEVEL,
    MAX_FILE_SIZE,
    READ_ONLY,
    ROOTS,
    SEMANTIC_MODEL,
    backend_options,
    option,
    settings_from,
)
from files_api_mcp.server.cli.paths import warn_about_missing_roots

__all__ = ["serve"]


@click.command()
@ROOTS
@option(
    "--transport",
    type=click.Choice(["stdio", "http", "sse"]),
    default="stdio",
    show_default=True,
    help="Transport: stdio, Streamable HTTP (at /mcp) or SSE (at /sse, deprecated).",
)
@option("--host", default="127.0.0.1", show_default=True, help="http, sse: address to listen on.")
@option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="http, sse: port to listen on; 0: any free port.",
)
@option("--token-env", metavar="NAME", help="http, sse: variable holding the bearer token that clients must send.")
@option(
    "--oauth-issuer",
    metavar="URL",
    help="http, sse: accept access tokens (JWT) from this authorization server; each subject sees only its own files.",
)
@option(
    "--oauth-audience",
    metavar="NAME",
    help="Audience required in tokens; default: the URL that clients connect to.",
)
@option("--oauth-keys-url", metavar="URL", help="URL of the issuer's keys (JWKS); default: from its metadata.")
@option(
    "--state-key-env",
    metavar="NAME",
    help="http, sse: variable holding comma-separated keys (32+ characters), the same on all replicas; the first one "
    "encrypts.",
)
@option(
    "--allowed-host",
    multiple=True,
    metavar="HOST",
    help="http, sse: additional host name, with port, that clients may use (repeatable).",
)
@option(
    "--allowed-origin",
    multiple=True,
    metavar="ORIGIN",
    help="http, sse: origin of web pages that may connect, such as https://app.example.com (repeatable).",
)
@option(
    "--public-url",
    metavar="URL",
    help="http, sse: URL of this server for clients, for links and paths; default: http://HOST:PORT.",
)
@backend_options
@DATA_DIR
@READ_ONLY
@option(
    "--confirm-deletes",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Ask the user before deleting, and before a download replaces a file: if the client supports it (auto), "
    "always (or refuse), or never.",
)
@option("--tools", metavar="A,B", help="Offer only these tools.")
@option("--exclude-tools", metavar="C,D", help="Do not offer these tools.")
@MAX_FILE_SIZE
@EXPIRES_IN_HOURS
@ALLOW_SENSITIVE
@ALLOW_WIDE_ROOT
@SEMANTIC_MODEL
@LOG_LEVEL
def serve(roots: tuple[str, ...], **options: Any) -> None:
    """Serve MCP. ROOTs are the folders that agents may read from and save to.

    With no ROOT, the current folder is used, unless it is /, your home folder or a folder above it. Over HTTP there is
    no default. A ROOT that does not exist is opened when it appears. FILES_API_MCP_ROOTS also sets ROOTs, separated as
    in PATH.
    """
    settings = settings_from(roots, options)
    warn_about_missing_roots(settings.roots)
    if options["transport"] == "stdio":
        from files_api_mcp.server.stdio.server import serve_stdio

        serve_stdio(settings)
        return
    from files_api_mcp.server.http.server import serve_http
    from files_api_mcp.server.http.settings import http_settings_from

    serve_http(settings, http_settings_from(options, os.environ))
