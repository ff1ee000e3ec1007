"""Turns the command line into an InstallPlan, before anything is changed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from files_api_mcp.backends.backend_options import Credential
from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.registry import AUTO, BACKENDS
from files_api_mcp.backends.roots.wide_folders import home_folders
from files_api_mcp.server.install.hosts import Host, Machine, project_file, user_file
from files_api_mcp.server.settings import BadSettings, absent_roots, default_data_dir, usable_roots

__all__ = ["KEY_INPUT", "Entry", "InstallPlan", "Key", "entry_for", "plan_for"]

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
KEY_INPUT = "files-api-mcp-key"
"""The id of VS Code's input for the key."""


@dataclass(frozen=True, slots=True)
class Key:
    """The environment variable of the API key, and the key itself only with --write-key."""

    variable: str
    value: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """A server's entry, and the inputs that it refers to (VS Code)."""

    server: dict[str, Any]
    inputs: tuple[dict[str, Any], ...] = ()


def entry_for(host: Host, command: Sequence[str], key: Key | None) -> Entry:
    """The entry in the host's format."""
    program, *arguments = command
    joined: dict[str, Any] = {"command": [program, *arguments]}
    server = {**host.members, **(joined if host.joined else {"command": program, "args": arguments})}
    if key is None:
        return Entry(server)
    if key.value is not None:
        return Entry(server | {"environment" if host.joined else "env": {key.variable: key.value}})
    if host.key_reference == "variable":
        server["env"] = {key.variable: f"${{{key.variable}}}"}
    elif host.key_reference == "env":
        server["env"] = {key.variable: f"${{env:{key.variable}}}"}
    elif host.key_reference == "env_vars":
        server["env_vars"] = [key.variable]
    elif host.key_reference == "input":
        server["env"] = {key.variable: f"${{input:{KEY_INPUT}}}"}
        key_input = {"type": "promptString", "id": KEY_INPUT, "description": key.variable, "password": True}
        return Entry(server, (key_input,))
    return Entry(server)


@dataclass(frozen=True, slots=True)
class InstallPlan:
    """The entry and where to write it: `command` is the server's command line, `roots` whether it names folders, and
    `destination` a sentence that says where files and questions will go."""

    host: Host
    path: Path
    name: str
    command: tuple[str, ...]
    destination: str
    roots: bool = False
    project: bool = False
    key: Key | None = None

    @property
    def writes_key(self) -> bool:
        """Whether the file will contain the key itself."""
        return self.key is not None and self.key.value is not None

    def entry(self) -> Entry:
        """The entry to write."""
        return entry_for(self.host, self.command, self.key)


def plan_for(
    host: Host,
    roots: Sequence[str],
    options: Mapping[str, Any],
    machine: Machine,
    *,
    launcher: Sequence[str],
    server_options: Sequence[str],
) -> InstallPlan:
    """Checks the command line and returns its plan.

    Raises:
        BadSettings: The host does not support an option, a key must not or cannot be written, or a ROOT is not usable.
    """
    _check(host, options)
    project = options["scope"] == "project"
    folders = _folders(roots, machine, allow_wide=options["allow_wide_root"])
    in_project = [host.project_root] if project and host.project_root and not folders else []
    credential = _credential(options, machine.environment)
    key, url_arguments = _key(host, options, credential)
    return InstallPlan(
        host,
        _path(host, options, machine),
        options["name"],
        (*launcher, "serve", *map(str, folders), *in_project, *server_options, *url_arguments),
        destination=_destination(options, machine, credential),
        roots=bool(folders or in_project),
        project=project,
        key=key,
    )


def _check(host: Host, options: Mapping[str, Any]) -> None:
    project = options["scope"] == "project"
    if not _NAME.fullmatch(options["name"]):
        raise BadSettings("--name must be 1 to 64 letters, digits, - or _.")
    if project and host.project_file is None:
        raise BadSettings(f"{host.title} has no project configuration. Omit --scope.")
    if project and options["write_key"]:
        raise BadSettings("A key is never written to a project's file, because others may read it. Omit --write-key.")


def _path(host: Host, options: Mapping[str, Any], machine: Machine) -> Path:
    if options["config"]:
        return machine.cwd / options["config"].expanduser()
    return (project_file(host, machine) if options["scope"] == "project" else None) or user_file(host, machine)


def _folders(roots: Sequence[str], machine: Machine, *, allow_wide: bool) -> tuple[Path, ...]:
    if not roots:
        return ()
    homes = (machine.home, *home_folders())
    usable = usable_roots(roots, cwd=machine.cwd, homes=homes, allow_wide=allow_wide)
    # Unlike at startup, the user is there to correct a typing error.
    for root in absent_roots(usable):
        raise BadSettings(f"ROOT {root} does not exist. Create it first, or correct the path.")
    return tuple(root.resolve() for root in usable)


def _credential(options: Mapping[str, Any], environment: Mapping[str, str]) -> Credential | None:
    # With `auto`, the server finds a key itself if the host passes it on.
    backend = BACKENDS.get(options["backend"])
    try:
        return backend.credential(environment, options) if backend else None
    except InvalidArgument as exc:
        raise BadSettings(str(exc)) from None


def _destination(options: Mapping[str, Any], machine: Machine, credential: Credential | None) -> str:
    data_dir = options["data_dir"]
    folder = machine.cwd / data_dir.expanduser() if data_dir else default_data_dir()
    local = f"Files and questions stay on this machine, in {folder}."
    if options["backend"] == AUTO:
        return f"Without a key in the host's environment: {local} With one, they go to the API that it is for."
    return local if credential is None else f"Files and questions go to {credential.address}."


def _key(host: Host, options: Mapping[str, Any], credential: Credential | None) -> tuple[Key | None, tuple[str, ...]]:
    """The backend's key as the host passes it on, and the arguments that set the URL it belongs to."""
    if credential is None:
        if options["write_key"]:
            raise BadSettings("--write-key needs a backend that uses a key. Add --backend anthropic.")
        return None, ()
    if options["write_key"]:
        if credential.value is None:
            raise BadSettings(f"--write-key found no key. Set {credential.variable} for this command.")
        return Key(credential.variable, credential.value), credential.arguments
    if credential.optional and credential.value is None:
        return None, credential.arguments
    if host.key_reference is None:
        bundle = "Use the .mcpb bundle, which stores the key in the system's keychain, or add"
        raise BadSettings(
            f"{host.title} does not pass environment variables on to servers. "
            f"{bundle if host.name == 'claude-desktop' else 'Add'} --write-key to write the key to your configuration."
        )
    return Key(credential.variable), credential.arguments
