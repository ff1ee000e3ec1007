"""`files-api-mcp serve`."""

import os
from typing import Any

import click

from files_api_mcp.server.cli.options import (
    ALLOW_SENSITIVE,
    ALLOW_WIDE_ROOT,
    DATA_DIR,
    LOG_LEVEL,
    MAX_FILE_SIZE,
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
    help="How clients connect: their pipe, Streamable HTTP at /mcp, or SSE at /sse, which the protocol deprecates.",
)
@option("--host", default="127.0.0.1", show_default=True, help="http, sse: the address to listen on.")
@option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="http, sse: the port; 0: any free one.",
)
@option("--token-env", metavar="NAME", help="http, sse: the variable with the bearer token that clients must send.")
@option(
    "--oauth-issuer",
    metavar="URL",
    help="http, sse: take access tokens (JWT) of this authorization server; each of its subjects sees their own files.",
)
@option(
    "--oauth-audience",
    metavar="NAME",
    help="The audience that tokens must name; default: the URL by which clients connect.",
)
@option("--oauth-keys-url", metavar="URL", help="Where the issuer's keys are; default: as its metadata says.")
@option(
    "--state-key-env",
    metavar="NAME",
    help="http, sse: the variable with a key of 32 or more characters, the same for all replicas; several with commas, "
    "of which the first seals.",
)
@option(
    "--allowed-host",
    multiple=True,
    metavar="HOST",
    help="http, sse: a name, with its port, that clients may address beside this machine's own (repeatable).",
)
@option(
    "--allowed-origin",
    multiple=True,
    metavar="ORIGIN",
    help="http, sse: where web pages that may call come from, as in https://app.example.com (repeatable).",
)
@option(
    "--public-url",
    metavar="URL",
    help="http, sse: where clients reach this server, for the links to hand over files; default: http://HOST:PORT.",
)
@backend_options
@DATA_DIR
@option("--read-only", is_flag=True, help="Offer no tool that writes: no upload, download or delete.")
@option(
    "--confirm-deletes",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Ask the person before deleting: where the client can, always (else refuse), or never.",
)
@option("--tools", metavar="A,B", help="Offer these tools alone.")
@option("--exclude-tools", metavar="C,D", help="Leave these tools out.")
@MAX_FILE_SIZE
@ALLOW_SENSITIVE
@ALLOW_WIDE_ROOT
@SEMANTIC_MODEL
@LOG_LEVEL
def serve(roots: tuple[str, ...], **options: Any) -> None:
    """Serve MCP. ROOTs are the folders that agents may read from and save to.

    Without a ROOT, agents may use the working directory, unless that is /, your home folder or a folder above it.
    Over HTTP there is no default. A ROOT that does not exist is opened when it appears. FILES_API_MCP_ROOTS holds
    ROOTs too, separated as in PATH.
    """
    settings = settings_from(roots, options)
    warn_about_missing_roots(settings.roots)
    if options["transport"] == "stdio":
        from files_api_mcp.server.stdio import serve_stdio

        serve_stdio(settings)
        return
    from files_api_mcp.server.http.server import serve_http
    from files_api_mcp.server.http.settings import http_settings_from

    serve_http(settings, http_settings_from(options, os.environ))
