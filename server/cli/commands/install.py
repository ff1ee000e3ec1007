"""`files-api-mcp install`."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from files_api_mcp.backends.errors import FilesError
from files_api_mcp.server.cli.options import (
    ALLOW_SENSITIVE,
    ALLOW_WIDE_ROOT,
    DATA_DIR,
    ROOTS,
    backend_options,
    option,
)
from files_api_mcp.server.cli.output import say
from files_api_mcp.server.install.hosts import HOSTS

__all__ = ["install"]

_OWN = frozenset({"host", "roots", "dry_run", "scope", "name", "config", "write_key"})
"""Parameters of this command; every other one that is given is the server's, and passed on to it."""


@click.command()
@click.argument("host", type=click.Choice(list(HOSTS)))
@ROOTS
@click.option("--dry-run", is_flag=True, help="Print what would be written, and write nothing.")
@click.option(
    "--scope",
    type=click.Choice(["user", "project"]),
    default="user",
    show_default=True,
    help="For all your projects, or for the one in the working directory.",
)
@click.option("--name", default="files", show_default=True, help="What the host calls the server.")
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The host's configuration, where it is in no usual place.",
)
@click.option(
    "--write-key",
    is_flag=True,
    help="Write the key of ANTHROPIC_API_KEY (or ANTHROPIC_AUTH_TOKEN) itself into your user configuration.",
)
@backend_options
@DATA_DIR
@option("--read-only", is_flag=True, help="Offer no tool that writes: no upload, download or delete.")
@ALLOW_SENSITIVE
@ALLOW_WIDE_ROOT
@click.pass_context
def install(ctx: click.Context, host: str, roots: tuple[str, ...], **options: Any) -> None:
    """Add this server to HOST's configuration, for agents that may read the ROOTs.

    All else in the file stays as it is, and the file as it was is kept beside it. A key is not written: with
    --backend anthropic the entry refers to the variable that holds yours, where the host can.

    \b
    files-api-mcp install claude-desktop ~/Documents
    files-api-mcp install vscode --scope project --dry-run
    """
    from files_api_mcp.server.cli.commands.installing import install_in, print_entry
    from files_api_mcp.server.install.launcher import launcher
    from files_api_mcp.server.install.places import Machine
    from files_api_mcp.server.install.plan import order_for

    machine = Machine(sys.platform, os.environ, Path.home(), Path.cwd())
    try:
        order = order_for(
            HOSTS[host],
            roots,
            options,
            machine,
            launcher=launcher(machine.environment),
            passed_on=list(_passed_on(ctx)),
        )
        (print_entry if options["dry_run"] else install_in)(order)
    except FilesError as exc:
        say(f"files-api-mcp: {exc.text}")
        sys.exit(1)


def _passed_on(ctx: click.Context) -> Iterator[str]:
    """The server's own options, as they were given here or by their variables, which the host does not know."""
    for parameter in ctx.command.params:
        name = parameter.name or ""
        value = ctx.params.get(name)
        if name in _OWN or value in (None, False) or ctx.get_parameter_source(name) is ParameterSource.DEFAULT:
            continue
        yield parameter.opts[0]
        if value is not True:
            yield str(value.expanduser().resolve()) if isinstance(value, Path) else str(value)
