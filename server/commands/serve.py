"""`files-api-mcp serve`."""

from pathlib import Path
from typing import Any

import click

from files_api_mcp.server.options import (
    ALLOW_SENSITIVE,
    DATA_DIR,
    LOG_LEVEL,
    MAX_FILE_SIZE,
    ROOTS,
    SEMANTIC_MODEL,
    backend_options,
    option,
    settings_from,
)

__all__ = ["serve"]


@click.command()
@ROOTS
@option(
    "--transport",
    type=click.Choice(["stdio", "http", "sse"]),
    default="stdio",
    show_default=True,
    help="How clients connect. Only stdio is built so far.",
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
@SEMANTIC_MODEL
@LOG_LEVEL
def serve(roots: tuple[Path, ...], **options: Any) -> None:
    """Serve MCP. ROOTs are the folders that agents may read from.

    Without a ROOT it is the working directory, unless that is / or your home folder.
    """
    settings = settings_from(roots, options)
    from files_api_mcp.server.transports import serve_stdio

    serve_stdio(settings)
