"""Install the server in a host: what is written where, and what the person is told."""

from dataclasses import replace
from pathlib import Path

from files_api_mcp.server.cli.output import print_line, print_source, say
from files_api_mcp.server.install.config import Configuration, Found
from files_api_mcp.server.install.config_file import alone, read_host_file, replace_host_file
from files_api_mcp.server.install.entry import entry_for
from files_api_mcp.server.install.plan import Order

__all__ = ["install_in", "print_entry"]

_HIDDEN = "***"


def install_in(order: Order) -> None:
    """Write the entry into the host's configuration and say what was done; nothing, where it is there already.

    Raises:
        FilesError: The configuration cannot be read or written; it is as it was.
    """
    entry = order.entry()
    with alone(order.path):
        old = read_host_file(order.path)
        configuration = Configuration(order.host, order.path, old.text())
        found = configuration.find(order.name, entry)
        if found == "the same":
            print_line(f"Nothing to do: {order.host.title} has this server already, in {order.path}")
            return
        new = configuration.installed(order.name, entry)
        backup = replace_host_file(old, new.encode(), private=order.writes_key)
    _tell(order, found, backup)


def print_entry(order: Order) -> None:
    """Print what would be written, a key left out, and on stderr where; the disk is only read.

    Raises:
        FilesError: The configuration cannot be read, or could not be changed; the entry is printed all the same.
    """
    entry = shown = order.entry()
    if order.key is not None and order.writes_key:
        shown = entry_for(order.host, order.command, replace(order.key, value=_HIDDEN))
    source = Configuration(order.host, order.path).installed(order.name, shown)
    print_source(source, toml=order.host.syntax == "toml")
    configuration = Configuration(order.host, order.path, read_host_file(order.path).text())
    configuration.installed(order.name, entry)
    would = {
        "nothing": f"This would be added to {order.path}",
        "the same": f"Nothing to do: {order.path} has this already",
        "another": f"This would replace another `{order.name}` in {order.path}, and the old file be kept beside it",
    }[configuration.find(order.name, entry)]
    say(would)


def _tell(order: Order, found: Found, backup: Path | None) -> None:
    print_line(f"Installed `{order.name}` in {order.host.title}: {order.path}")
    if found == "another":
        print_line(f"It takes the place of another `{order.name}`.")
    if backup is not None:
        print_line(f"The file as it was: {backup}")
    print_line(order.host.next_step)
    if order.project:
        print_line(f"It names paths of this machine. {order.host.trust}".rstrip())
    elif not order.roots:
        print_line(
            "No ROOT was given: agents may read the folder that the host starts the server in, and none where that is "
            "/, your home folder or a folder above it."
        )
