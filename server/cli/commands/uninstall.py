"""`files-api-mcp uninstall`."""

import os
import sys
from pathlib import Path
from typing import Any

import click

from files_api_mcp.server.cli.exit_codes import run
from files_api_mcp.server.cli.options import HOST_CONFIG, HOST_NAME
from files_api_mcp.server.cli.output import print_line
from files_api_mcp.server.install.config import Configuration
from files_api_mcp.server.install.config_file import locked, read_host_file, replace_host_file
from files_api_mcp.server.install.hosts import HOSTS, Host, Machine, project_file, user_file
from files_api_mcp.server.settings import BadSettings

__all__ = ["uninstall"]


@click.command()
@click.argument("host", type=click.Choice(list(HOSTS)))
@click.option("--dry-run", is_flag=True, help="Print what would be removed, without changing anything.")
@click.option(
    "--scope",
    type=click.Choice(["user", "project"]),
    default="user",
    show_default=True,
    help="Remove it for all your projects, or only for the project in the current folder.",
)
@HOST_NAME
@HOST_CONFIG
def uninstall(host: str, **options: Any) -> None:
    """Remove this server from HOST's configuration.

    Everything else in the file is kept, and the original file is backed up next to it. Stored files are not touched.

    \b
    files-api-mcp uninstall claude-desktop
    """

    def task() -> int:
        machine = Machine(sys.platform, os.environ, Path.home(), Path.cwd())
        _remove(HOSTS[host], _path(HOSTS[host], options, machine), options["name"], dry_run=options["dry_run"])
        return 0

    sys.exit(run(task))


def _path(host: Host, options: dict[str, Any], machine: Machine) -> Path:
    if options["config"]:
        return machine.cwd / options["config"].expanduser()
    if options["scope"] == "user":
        return user_file(host, machine)
    project = project_file(host, machine)
    if project is None:
        raise BadSettings(f"{host.title} has no project configuration. Omit --scope.")
    return project


def _remove(host: Host, path: Path, name: str, *, dry_run: bool) -> None:
    """Removes the entry and says so.

    Raises:
        FilesError: The configuration cannot be read or written; nothing was changed.
    """
    nothing = f"Nothing to do: {host.title} has no server `{name}` in {path}"
    if not path.exists():
        print_line(nothing)
        return
    with locked(path):
        old = read_host_file(path)
        configuration = Configuration(host, path, old.text())
        if configuration.entry(name) is None:
            print_line(nothing)
            return
        new = configuration.without_entry(name)
        if dry_run:
            print_line(f"This would remove `{name}` from {path}, after a backup of the file")
            return
        backup = replace_host_file(old, new.encode(), private=False)
    print_line(f"Removed `{name}` from {host.title}: {path}")
    print_line(f"Backup of the original file: {backup}")
    print_line("Restart the host, or start a new session. Stored files are kept; `files-api-mcp list` shows them.")
