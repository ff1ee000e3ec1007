"""`files-api-mcp demo`."""

import os
import sys
from pathlib import Path

import click

from files_api_mcp.server.settings import backend_from

__all__ = ["demo"]


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[FILE]...")
@click.option("--question", "-q", multiple=True, help="Ask this of the files instead of a question made from them.")
@click.option(
    "--backend", type=click.Choice(["local", "anthropic"]), default="local", show_default=True, help="As for serve."
)
@click.option("--base-url", metavar="URL", help="As for serve, such as that of a running emulator.")
def demo(files: tuple[Path, ...], question: tuple[str, ...], backend: str, base_url: str | None) -> None:
    """Run an agent's whole job on sample documents, or on each FILE, through a real server and client.

    It uploads, lists, describes, asks, reads the cited page and deletes, in a data folder of its own that is
    removed at the end. Exit code 1 says that a step's result was wrong.
    """
    from files_api_mcp.server.cli.commands.demo_merge import run_demo

    backend_from(backend, os.environ, {"base_url": base_url})
    place = ["--backend", backend, *(["--base-url", base_url] if base_url else [])]
    sys.exit(run_demo(files, question, place))
