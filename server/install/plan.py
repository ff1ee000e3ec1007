"""What is to be installed, settled from the command line before anything is touched."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.registry import BACKENDS
from files_api_mcp.backends.roots.wide import home_folders
from files_api_mcp.server.install.entry import Entry, Key, entry_for
from files_api_mcp.server.install.hosts import Host
from files_api_mcp.server.install.places import Machine, project_file, user_file
from files_api_mcp.server.settings import BadSettings, absent_roots, usable_roots

__all__ = ["Order", "order_for"]

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Order:
    """What to install where: `command` is the server's whole command line, `roots` whether it has folders."""

    host: Host
    path: Path
    name: str
    command: tuple[str, ...]
    roots: bool = False
    project: bool = False
    key: Key | None = None

    @property
    def writes_key(self) -> bool:
        """Whether the key itself is to stand in the file."""
        return self.key is not None and self.key.value is not None

    def entry(self) -> Entry:
        """What the host's configuration is to hold."""
        return entry_for(self.host, self.command, self.key)


def order_for(
    host: Host,
    roots: Sequence[str],
    options: Mapping[str, Any],
    machine: Machine,
    *,
    launcher: Sequence[str],
    passed_on: Sequence[str],
) -> Order:
    """The order that this command line comes to.

    Raises:
        BadSettings: It asks for what the host has not, for a key where none may be, or for folders that are none.
    """
    _check(host, options)
    project = options["scope"] == "project"
    folders = _folders(roots, machine, allow_wide=options["allow_wide_root"])
    in_project = [host.project_root] if project and host.project_root and not folders else []
    key, address = _key(host, options, machine.environment)
    return Order(
        host,
        _path(host, options, machine),
        options["name"],
        (*launcher, "serve", *map(str, folders), *in_project, *passed_on, *address),
        roots=bool(folders),
        project=project,
        key=key,
    )


def _check(host: Host, options: Mapping[str, Any]) -> None:
    project = options["scope"] == "project"
    if not _NAME.fullmatch(options["name"]):
        raise BadSettings("--name takes 1 to 64 letters, digits, - and _.")
    if project and host.project_file is None:
        raise BadSettings(f"{host.title} has no configuration for projects. Leave --scope out.")
    if project and options["write_key"]:
        raise BadSettings("A key is never written into a project, which others read. Leave --write-key out.")


def _path(host: Host, options: Mapping[str, Any], machine: Machine) -> Path:
    if options["config"]:
        return machine.cwd / options["config"].expanduser()
    return (project_file(host, machine) if options["scope"] == "project" else None) or user_file(host, machine)


def _folders(roots: Sequence[str], machine: Machine, *, allow_wide: bool) -> tuple[Path, ...]:
    if not roots:
        return ()
    homes = (machine.home, *home_folders())
    usable = usable_roots(roots, cwd=machine.cwd, homes=homes, allow_wide=allow_wide)
    # The entry outlives this command, and a person is there to correct a slip of the pen.
    for root in absent_roots(usable):
        raise BadSettings(f"ROOT {root} is not a folder: it does not exist. Create it first, or correct the path.")
    return tuple(root.resolve() for root in usable)


def _key(host: Host, options: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[Key | None, tuple[str, ...]]:
    """The backend's key as the host passes it on, and the arguments that name the address it is for."""
    # With `auto` the server looks for a key itself, where the host lets it.
    backend = BACKENDS.get(options["backend"])
    try:
        credential = backend.credential(environment, options) if backend else None
    except InvalidArgument as exc:
        raise BadSettings(str(exc)) from None
    if credential is None:
        if options["write_key"]:
            raise BadSettings("--write-key is for the API's key. Add --backend anthropic.")
        return None, ()
    if options["write_key"]:
        if credential.value is None:
            raise BadSettings(f"--write-key finds no key. Set {credential.variable} for this command.")
        return Key(credential.variable, credential.value), credential.arguments
    if credential.optional and credential.value is None:
        return None, credential.arguments
    if host.key_reference is None:
        raise BadSettings(
            f"{host.title} hands no variable on to servers. Use the .mcpb bundle, which keeps the key in the "
            "system's own store, or let --write-key write the key into the configuration."
        )
    return Key(credential.variable), credential.arguments
