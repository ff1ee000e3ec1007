"""Settings: read once from the command line and a passed environment, then frozen."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["BadSettings", "ConfirmDeletes", "Settings", "default_data_dir", "usable_roots"]

ConfirmDeletes = Literal["auto", "always", "never"]

DEFAULT_MAX_FILE_SIZE = 500_000_000
"""Bytes. The Files API takes 500 MB a file, and leaves open whether MB or MiB: the smaller reading is safe."""


class BadSettings(Exception):
    """The server cannot start as asked; the message names the setting and the remedy."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator decided. Nothing here can be changed by an agent."""

    roots: tuple[Path, ...]
    data_dir: Path
    read_only: bool = False
    confirm_deletes: ConfirmDeletes = "auto"
    allow_sensitive: bool = False
    max_file_size: int = DEFAULT_MAX_FILE_SIZE
    tools: frozenset[str] | None = None
    exclude_tools: frozenset[str] = frozenset()
    log_level: str = "WARNING"

    def summary(self) -> str:
        """One line that says where files live and what agents may read."""
        roots = ", ".join(str(root) for root in self.roots) or "none (give a ROOT to allow uploads)"
        switches = "".join(f", {name}" for name in self._switches())
        return f"backend local, data {self.data_dir}, roots {roots}{switches}"

    def _switches(self) -> list[str]:
        named = {"read-only": self.read_only, "sensitive files allowed": self.allow_sensitive}
        return [name for name, on in named.items() if on]


def default_data_dir() -> Path:
    """The platform's folder for a user's application data."""
    # Here, as a server that is given its folder needs none of it.
    import platformdirs

    return Path(platformdirs.user_data_dir("files-api-mcp", appauthor=False))


def usable_roots(given: tuple[Path, ...], *, cwd: Path, home: Path) -> tuple[Path, ...]:
    """Absolute folders that agents may read from: those given, else the working directory.

    The working directory does not count where it is the file system's top or the home folder: desktop hosts
    start servers there, and a person who named no folder did not mean to share everything they own.

    Raises:
        BadSettings: A folder given does not exist or is not a folder.
    """
    if not given:
        return () if cwd in (Path(cwd.anchor), home) or cwd in home.parents else (cwd,)
    absolute = tuple((cwd / root.expanduser()) for root in given)
    for root in absolute:
        if not root.is_dir():
            msg = f"ROOT {root} is not a folder. Give folders that exist."
            raise BadSettings(msg)
    return absolute


def check_backend(name: str, environment: Mapping[str, str]) -> str | None:
    """Settle which backend serves; return a sentence for the operator when it is not the one asked for.

    Raises:
        BadSettings: The backend asked for is not part of this release.
    """
    if name == "anthropic":
        raise BadSettings("The anthropic backend is not built yet. Use --backend local.")
    keyed = environment.get("ANTHROPIC_API_KEY") or environment.get("ANTHROPIC_AUTH_TOKEN")
    if name == "auto" and keyed:
        return "an Anthropic key is set, but the anthropic backend is not built yet: files stay on this machine"
    return None
