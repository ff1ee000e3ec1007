"""What is written into a host's configuration."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from files_api_mcp.server.install.hosts import Host

__all__ = ["Entry", "Key", "entry_for"]

_INPUT_ID = "files-api-mcp-key"


@dataclass(frozen=True, slots=True)
class Key:
    """The variable that holds the key, and, only where the operator insists on it in the file, its value."""

    variable: str
    value: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """A server's entry, and the inputs that it refers to."""

    server: dict[str, Any]
    inputs: tuple[dict[str, Any], ...] = ()


def entry_for(host: Host, command: Sequence[str], key: Key | None) -> Entry:
    """The entry in the host's own terms."""
    program, *arguments = command
    server: dict[str, Any] = {"type": "stdio"} if host.typed else {}
    server |= {"command": program, "args": arguments}
    if key is None:
        return Entry(server)
    if key.value is not None:
        return Entry(server | {"env": {key.variable: key.value}})
    if host.key_reference == "env":
        server["env"] = {key.variable: f"${{env:{key.variable}}}"}
    elif host.key_reference == "env_vars":
        server["env_vars"] = [key.variable]
    elif host.key_reference == "input":
        server["env"] = {key.variable: f"${{input:{_INPUT_ID}}}"}
        asked = {"type": "promptString", "id": _INPUT_ID, "description": key.variable, "password": True}
        return Entry(server, (asked,))
    return Entry(server)
