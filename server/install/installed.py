"""What each host has of this server: its entry, and where files go with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.registry import AUTO
from files_api_mcp.server.install.config import Configuration
from files_api_mcp.server.install.config_file import read_host_file
from files_api_mcp.server.install.hosts import HOSTS, Host, Machine, project_file, user_file

__all__ = ["HostState", "host_states"]

State = Literal["installed", "not installed", "no configuration", "unreadable"]


@dataclass(frozen=True, slots=True)
class HostState:
    """One configuration file of a host. `backend` and `roots` are those of the entry, if there is one."""

    host: Host
    path: Path
    state: State
    backend: str | None = None
    roots: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The state as an object for programs."""
        shown: dict[str, Any] = {"host": self.host.name, "file": str(self.path), "state": self.state}
        return shown if self.backend is None else {**shown, "backend": self.backend, "roots": [*self.roots]}


def host_states(name: str, machine: Machine) -> Iterator[HostState]:
    """The user's configuration of every host, and the project's configurations in the working directory that exist."""
    for host in HOSTS.values():
        yield _state(host, user_file(host, machine), name)
        project = project_file(host, machine)
        if project is not None and project.is_file():
            yield _state(host, project, name)


def _state(host: Host, path: Path, name: str) -> HostState:
    try:
        file = read_host_file(path)
        entry = Configuration(host, path, file.text()).entry(name)
    except FilesError:
        return HostState(host, path, "unreadable")
    if file.content is None:
        return HostState(host, path, "no configuration")
    if entry is None:
        return HostState(host, path, "not installed")
    return HostState(host, path, "installed", *_served(host, entry))


def _served(host: Host, entry: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """The backend and the folders on an entry's command line."""
    given: Any = entry.get("command" if host.joined else "args")
    words = [str(word) for word in cast("list[Any]", given)] if isinstance(given, list) else []
    backend = words[words.index("--backend") + 1] if "--backend" in words[:-1] else AUTO
    return backend, tuple(_folders(words))


def _folders(words: Sequence[str]) -> Iterator[str]:
    start = words.index("serve") + 1 if "serve" in words else 0
    for word in words[start:]:
        if word.startswith("-"):
            return
        yield word
