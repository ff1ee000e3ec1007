"""Finds the command line that starts this server from any folder and with any PATH."""

import json
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from files_api_mcp.backends.errors import NotFound
from files_api_mcp.backends.process_isolation import find_program

__all__ = ["launcher", "source_of"]

_DISTRIBUTION = "files-api-mcp"


def launcher(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Returns the absolute path of the installed executable; if that is in a cache, as under uvx, the path of uvx and
    the package to fetch.

    Raises:
        NotFound: Neither exists.
    """
    suffix = ".exe" if sys.platform == "win32" else ""
    for executable in _executables(_DISTRIBUTION + suffix):
        if executable.is_file() and not _in_a_cache(executable):
            return (str(executable),)
    uvx = _uvx(environment, suffix)
    if uvx is None:
        raise NotFound(
            f"This copy of {_DISTRIBUTION} is in a temporary cache, and uvx was not found.",
            f"Install it with `uv tool install {_DISTRIBUTION}` or pipx, and try again.",
        )
    source = source_of(distribution(_DISTRIBUTION).read_text("direct_url.json"))
    return (str(uvx), "--from", source, _DISTRIBUTION) if source else (str(uvx), _DISTRIBUTION)


def source_of(direct_url: str | None) -> str | None:
    """The value of `--from` that installs the same package, read from `direct_url.json`; None for the package index."""
    if direct_url is None:
        return None
    record: dict[str, Any] = json.loads(direct_url)
    url: str = record["url"]
    vcs: dict[str, str] | None = record.get("vcs_info")
    if vcs is not None:
        revision = vcs.get("requested_revision")
        return f"{vcs['vcs']}+{url}" + (f"@{revision}" if revision else "")
    return url2pathname(urlsplit(url).path) if url.startswith("file:") else url


def _executables(name: str) -> Iterator[Path]:
    """Paths where installers put an executable: this Python's scripts, or the recorded path, as with `pip --user`."""
    yield Path(sysconfig.get_path("scripts"), name)
    for file in distribution(_DISTRIBUTION).files or ():
        if file.name == name:
            yield Path(str(file.locate())).resolve()


def _in_a_cache(executable: Path) -> bool:
    """Whether a folder above the environment is tagged as a cache (bford.info/cachedir). The environment's
    own tag does not count."""
    environment = executable.parent.parent
    return any((parent / "CACHEDIR.TAG").is_file() for parent in environment.parents)


def _uvx(environment: Mapping[str, str], suffix: str) -> Path | None:
    """The uvx next to the uv that started this process, else the first on PATH.

    PATH comes second: it may start with a version manager's shim that works only in a shell.
    """
    uv = environment.get("UV")
    beside = Path(uv).with_name("uvx" + suffix) if uv and Path(uv).is_absolute() else None
    if beside and beside.is_file():
        return beside
    found = find_program("uvx", environment.get("PATH", ""))
    return Path(found) if found else None
