"""Settings: read once from the command line and a passed environment, then frozen."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.registry import BackendSettings, LocalSettings, choose_backend
from files_api_mcp.backends.roots.root import Root, WideRoot
from files_api_mcp.backends.roots.wide_folders import Wide, WideFolders
from files_api_mcp.backends.validation import MAX_FILE_SIZE, is_unexpanded

__all__ = [
    "BadSettings",
    "ConfirmDeletes",
    "Settings",
    "absent_roots",
    "backend_from",
    "default_data_dir",
    "state_keys_from",
    "usable_roots",
    "wide_reason",
]

ConfirmDeletes = Literal["auto", "always", "never"]


_SHORTEST_KEY = 32


class BadSettings(Exception):
    """The server cannot start with these settings; the message names the setting and the next step."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The operator's settings. No agent can change them.

    `remote` means that agents are on other machines: they may use paths of this machine only below roots. With
    `name_roots`, instructions and errors name these folders. `state_keys` encrypt the state that clients keep between
    two requests of a call: the first key encrypts, all of them decrypt.
    """

    roots: tuple[Path, ...]
    data_dir: Path
    read_only: bool = False
    confirm_deletes: ConfirmDeletes = "auto"
    allow_sensitive: bool = False
    allow_wide_root: bool = False
    max_file_size: int = MAX_FILE_SIZE
    expires_in_hours: int | None = None
    tools: frozenset[str] | None = None
    exclude_tools: frozenset[str] = frozenset()
    log_level: str = "WARNING"
    backend: BackendSettings = field(default_factory=LocalSettings)
    semantic_model: Path | None = None
    remote: bool = False
    name_roots: bool = False
    state_keys: tuple[str, ...] = field(default=(), repr=False)

    @property
    def secret(self) -> str | None:
        """The backend's key, which no output may hold."""
        return self.backend.secret

    def summary(self) -> str:
        """One line with the backend, the data folder, the roots, and whether passages are ranked by meaning too."""
        none = "none" if self.remote else "none (give a ROOT to allow uploads)"
        roots = ", ".join(str(root) for root in self.roots) or none
        switches = "".join(f", {name}" for name in self._switches())
        data = f"data {self.data_dir}, semantic {self._semantic()}"
        return f"backend {self.backend.describe()}, {data}, roots {roots}{switches}"

    def _semantic(self) -> str:
        """Which model ranks passages by meaning, or why none does."""
        if self.semantic_model is not None:
            return f"model {self.semantic_model}"
        if not (self.data_dir / "semantic").exists():
            return "disabled"
        # Imported here: a server without a model starts faster.
        from files_api_mcp.backends.search.semantic.model_folder import ModelFolder

        return ModelFolder(self.data_dir).describe()

    def _switches(self) -> list[str]:
        named = {
            "read-only": self.read_only,
            "sensitive files allowed": self.allow_sensitive,
            "wide roots allowed": self.allow_wide_root,
        }
        return [name for name, on in named.items() if on]


def default_data_dir() -> Path:
    """The platform's folder for a user's application data."""
    # Imported here, because a server with --data-dir does not need it.
    import platformdirs

    return Path(platformdirs.user_data_dir("files-api-mcp", appauthor=False))


def usable_roots(
    given: Sequence[str], *, cwd: Path, homes: Sequence[Path], allow_wide: bool = False
) -> tuple[Path, ...]:
    """Absolute folders that agents may read from: the given ones, or else the working directory.

    The working directory is not used if it is /, a home folder, or a folder above one. Desktop hosts start servers
    there, and a user who named no folder did not mean to share everything. A given folder that does not exist is kept
    and opened when it appears.

    Raises:
        BadSettings: A given folder is blank, not a folder, or too wide without `allow_wide`.
    """
    if not given:
        return (cwd,) if _problem(cwd, WideFolders(homes)) is None else ()
    if not all(root.strip() for root in given):
        raise BadSettings("A ROOT is empty. Name a folder, as in: files-api-mcp ~/Documents")
    if any(is_unexpanded(root) for root in given):
        raise BadSettings("A ROOT is a placeholder that the host did not replace. Put the folder itself there.")
    # Unlike Path.expanduser, this leaves the name of an unknown user unchanged.
    absolute = tuple(cwd / os.path.expanduser(root) for root in given)  # noqa: PTH111
    for root in absolute:
        problem = _problem(root, None if allow_wide else WideFolders(homes))
        if problem is not None:
            raise BadSettings(f"ROOT {root} {problem}")
    return absolute


def wide_reason(folder: Path, homes: Sequence[Path]) -> Wide | None:
    """The reason why a folder is too wide to be a root by accident; None if it is not, or cannot be opened."""
    root = Root(folder, WideFolders(homes))
    try:
        root.open()
    except WideRoot as exc:
        return exc.reason
    except OSError:
        return None
    finally:
        root.close()
    return None


def absent_roots(roots: Sequence[Path]) -> Iterator[Path]:
    """The folders that do not exist yet."""
    return (root for root in roots if not root.exists())


def _problem(folder: Path, wide: WideFolders | None) -> str | None:
    """The reason why a folder cannot be a root, and the next step, as the end of a sentence; None if it can or is
    missing."""
    root = Root(folder, wide)
    try:
        root.open()
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        return "is not a folder. Name a folder."
    except OSError as exc:
        return f"cannot be opened: {exc.strerror}. Name a folder that this user may read."
    except WideRoot as exc:
        return f"{exc}. Name a folder in it, or add --allow-wide-root to share all of it."
    finally:
        root.close()
    return None


def backend_from(name: str, environment: Mapping[str, str], options: Mapping[str, Any]) -> BackendSettings:
    """The settings of the backend that `--backend` names.

    Raises:
        BadSettings: The key is missing, or an option of the backend cannot be used.
    """
    try:
        return choose_backend(name, environment, options)
    except InvalidArgument as exc:
        raise BadSettings(str(exc)) from None


def state_keys_from(variable: str | None, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The keys in the variable that --state-key-env names; none if it names none.

    Raises:
        BadSettings: The variable is not set or empty, or a key is short enough to be guessed.
    """
    if variable is None:
        return ()
    keys = tuple(key.strip() for key in environment.get(variable, "").split(",") if key.strip())
    if not keys or any(len(key) < _SHORTEST_KEY for key in keys):
        raise BadSettings(f"--state-key-env names {variable}: put keys of {_SHORTEST_KEY} or more characters into it.")
    return keys
