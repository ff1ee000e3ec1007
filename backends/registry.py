"""The registry of backends: the only module that names them.

A new backend is a folder with a settings class like BackendSettings, and an entry in BACKENDS.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from files_api_mcp.backends.anthropic.settings import AnthropicSettings
from files_api_mcp.backends.backend_options import BackendOption, Credential
from files_api_mcp.backends.local.settings import LocalSettings

if TYPE_CHECKING:
    from files_api_mcp.backends.base import Backend
    from files_api_mcp.backends.damage import Verification
    from files_api_mcp.backends.findings import Finding, Spent
    from files_api_mcp.backends.models import Progress
    from files_api_mcp.backends.search.runtime import SearchRuntime

__all__ = ["AUTO", "BACKENDS", "BackendSettings", "LocalSettings", "choose_backend"]

AUTO = "auto"


class BackendSettings(Protocol):
    """The settings of one backend, and how to use it. Its modules are loaded only when it is opened or checked."""

    name: ClassVar[str]
    reaches_api: ClassVar[bool]
    """Whether it sends files and questions to another machine."""
    options: ClassVar[Sequence[BackendOption]]

    @classmethod
    def is_configured(cls, environment: Mapping[str, str]) -> bool:
        """Whether `auto` may choose this backend."""
        ...

    @classmethod
    def from_options(cls, environment: Mapping[str, str], options: Mapping[str, Any]) -> Self:
        """Build the settings from an environment and from `options`, by their Python names.

        Raises:
            InvalidArgument: An option or variable is missing or cannot be used.
        """
        ...

    @classmethod
    def credential(cls, environment: Mapping[str, str], options: Mapping[str, Any]) -> Credential | None:
        """The key that a server with this backend needs; None if it needs none.

        Raises:
            InvalidArgument: The address that the key is for cannot be used.
        """
        ...

    @property
    def secret(self) -> str | None:
        """The key itself, which no output may hold."""
        ...

    def describe(self) -> str:
        """The backend and where it sends data, in a few words."""
        ...

    def open(
        self, data_dir: Path, runtime: "SearchRuntime", principal: str = ""
    ) -> "AbstractAsyncContextManager[Backend]":
        """Open the backend. A `principal` (of characters that a folder name may have) sees only their own files."""
        ...

    async def check(self, data_dir: Path) -> "list[Finding]":
        """Check that the backend works, for `doctor`; changes nothing."""
        ...

    @classmethod
    async def verify(cls, data_dir: Path, *, read_data: bool, repair: bool, progress: "Progress") -> "Verification":
        """Find damage of what this backend keeps in a data folder, whether it is configured or not.

        `read_data` compares all bytes with their hashes. Without `repair`, nothing is changed.
        """
        ...

    @classmethod
    def spending(cls, data_dir: Path) -> "list[Spent]":
        """What answers cost, by day and newest first, from what this backend keeps in a data folder.

        Raises:
            FilesError: It cannot be read.
        """
        ...

    def recent(self, data_dir: Path, prefix: str, limit: int) -> list[tuple[str, str]]:
        """The newest files whose ids begin with `prefix`, as ids and names, for shell completion. Opens nothing and
        does not fail."""
        ...


BACKENDS: Mapping[str, type[BackendSettings]] = {
    backend.name: backend for backend in (LocalSettings, AnthropicSettings)
}
"""Backends by their name on the command line. `auto` chooses the last one that is configured."""


def choose_backend(name: str, environment: Mapping[str, str], options: Mapping[str, Any]) -> BackendSettings:
    """The settings of the backend with this name, or of the one that `auto` chooses.

    Raises:
        InvalidArgument: An option or variable of this backend is missing or cannot be used.
    """
    if name != AUTO:
        return BACKENDS[name].from_options(environment, options)
    chosen = next(backend for backend in reversed([*BACKENDS.values()]) if backend.is_configured(environment))
    return chosen.from_options(environment, options)
