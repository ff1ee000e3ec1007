"""`files-api-mcp install`."""

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from files_api_mcp.backends.registry import BACKENDS
from files_api_mcp.server.cli.exit_codes import run
from files_api_mcp.server.cli.options import (
    ALLOW_SENSITIVE,
    ALLOW_WIDE_ROOT,
    AS_JSON,
    DATA_DIR,
    HOST_CONFIG,
    HOST_NAME,
    READ_ONLY,
    ROOTS,
    backend_options,
)
from files_api_mcp.server.cli.output import print_json, print_line, print_row, print_source, say
from files_api_mcp.server.install.config import Configuration, Found
from files_api_mcp.server.install.config_file import locked, read_host_file, replace_host_file
from files_api_mcp.server.install.hosts import HOSTS, Machine
from files_api_mcp.server.install.plan import InstallPlan, entry_for, plan_for

__all__ = ["install", "install_entry"]

_OWN_PARAMETERS = frozenset(
    {"host", "roots", "dry_run", "scope", "name", "config", "write_key", "backend", "list_hosts", "as_json"}
)
"""Parameters of this command; all others are options of the server, and become part of its command line."""

_HIDDEN_KEY = "***"


@click.command()
@click.argument("host", type=click.Choice(list(HOSTS)), required=False)
@ROOTS
@click.option("--list", "list_hosts", is_flag=True, help="Show every host, and where its entry sends files.")
@AS_JSON
@click.option("--dry-run", is_flag=True, help="Print what would be written, without changing anything.")
@click.option(
    "--scope",
    type=click.Choice(["user", "project"]),
    default="user",
    show_default=True,
    help="Install for all your projects, or only for the project in the current folder.",
)
@HOST_NAME
@HOST_CONFIG
@click.option(
    "--write-key",
    is_flag=True,
    help="Write the key itself, from ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN, to your user configuration.",
)
@backend_options
@DATA_DIR
@READ_ONLY
@ALLOW_SENSITIVE
@ALLOW_WIDE_ROOT
@click.pass_context
def install(ctx: click.Context, host: str | None, roots: tuple[str, ...], **options: Any) -> None:
    """Add this server to HOST's configuration, with the ROOTs that agents may read.

    Other settings in the file are kept, and the original file is backed up next to it.

    The entry keeps files on this machine (--backend local), even if the host has an API key in its environment. With
    --backend anthropic, files go to the API; the entry refers to the variable that holds your key, if the host supports
    that. --write-key writes the key itself, and means --backend anthropic too.

    \b
    files-api-mcp install claude-desktop ~/Documents
    files-api-mcp install vscode --scope project --dry-run
    files-api-mcp install --list
    """
    from files_api_mcp.server.install.launcher import launcher

    if not options["list_hosts"] and host is None:
        raise click.UsageError(f"Name a HOST: {', '.join(HOSTS)}. To see which have the server, add --list.")

    def task() -> int:
        machine = Machine(sys.platform, os.environ, Path.home(), Path.cwd())
        if host is None or options["list_hosts"]:
            _print_hosts(options["name"], machine, as_json=options["as_json"])
            return 0
        command = launcher(machine.environment)
        if ctx.get_parameter_source("backend") is ParameterSource.DEFAULT:
            options["backend"] = _pinned_backend(options["write_key"])
        server_options = ["--backend", options["backend"], *_server_options(ctx)]
        plan = plan_for(HOSTS[host], roots, options, machine, launcher=command, server_options=server_options)
        (_print_entry if options["dry_run"] else install_entry)(plan)
        return 0

    sys.exit(run(task))


def _print_hosts(name: str, machine: Machine, *, as_json: bool) -> None:
    """Prints each host's configuration file, and the backend and folders of its entry."""
    from files_api_mcp.server.install.installed import host_states

    states = list(host_states(name, machine))
    if as_json:
        print_json({"hosts": [state.as_json() for state in states]})
        return
    for state in states:
        print_row([state.host.name, state.state, state.backend, ", ".join(state.roots), str(state.path)])


def _pinned_backend(writes_key: bool) -> str:  # noqa: FBT001 - read from one option
    """The backend of an entry that names none. A key in the host's environment must not decide where files go."""
    return next(backend.name for backend in BACKENDS.values() if backend.reaches_api is writes_key)


def _server_options(ctx: click.Context) -> Iterator[str]:
    """The server's options that were set, including those set by variables that the host will not have."""
    for parameter in ctx.command.params:
        name = parameter.name or ""
        value = ctx.params.get(name)
        is_default = ctx.get_parameter_source(name) is ParameterSource.DEFAULT
        if name in _OWN_PARAMETERS or value in (None, False) or is_default:
            continue
        yield parameter.opts[0]
        if value is not True:
            yield str(value.expanduser().resolve()) if isinstance(value, Path) else str(value)


def install_entry(plan: InstallPlan) -> None:
    """Writes the entry to the host's configuration, unless it is already there, and prints the next step.

    Raises:
        FilesError: The configuration cannot be read or written; nothing was changed.
    """
    entry = plan.entry()
    with locked(plan.path):
        old = read_host_file(plan.path)
        configuration = Configuration(plan.host, plan.path, old.text())
        found = configuration.find(plan.name, entry)
        if found == "the same":
            print_line(f"Nothing to do: {plan.host.title} already has this server, in {plan.path}")
            return
        new = configuration.with_entry(plan.name, entry)
        backup = replace_host_file(old, new.encode(), private=plan.writes_key)
    _print_installed(plan, found, backup)


def _print_entry(plan: InstallPlan) -> None:
    """Prints the new entry with any key hidden, and its destination on stderr. Changes nothing.

    Raises:
        FilesError: The configuration cannot be read or changed; the entry is printed first.
    """
    entry = shown = plan.entry()
    if plan.key is not None and plan.writes_key:
        shown = entry_for(plan.host, plan.command, replace(plan.key, value=_HIDDEN_KEY))
    source = Configuration(plan.host, plan.path).with_entry(plan.name, shown)
    print_source(source, toml=plan.host.syntax == "toml")
    configuration = Configuration(plan.host, plan.path, read_host_file(plan.path).text())
    configuration.with_entry(plan.name, entry)
    messages = {
        "nothing": f"This would be added to {plan.path}",
        "the same": f"Nothing to do: {plan.path} already has this entry",
        "another": f"This would replace another `{plan.name}` in {plan.path}, after a backup of the file",
    }
    say(messages[configuration.find(plan.name, entry)])
    say(plan.destination)
    _warn(plan)


def _print_installed(plan: InstallPlan, found: Found, backup: Path | None) -> None:
    print_line(f"Installed `{plan.name}` in {plan.host.title}: {plan.path}")
    if found == "another":
        print_line(f"It replaces another `{plan.name}`.")
    if backup is not None:
        print_line(f"Backup of the original file: {backup}")
    print_line(plan.destination)
    print_line(plan.host.next_step)
    if plan.project:
        print_line(f"The entry contains paths of this machine. {plan.host.trust}".rstrip())
    _warn(plan)


def _warn(plan: InstallPlan) -> None:
    """Says on stderr that the entry names no folder, if so."""
    if not plan.roots and not plan.project:
        say(
            "Warning: the entry names no folder. Agents may use only the folder in which the host starts the server, "
            "and none if that is /, your home folder or a folder above it. To name one, run: files-api-mcp install "
            f"{plan.host.name} ~/Documents"
        )
