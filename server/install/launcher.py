"""The command line that starts this server from anywhere, also where PATH holds next to nothing."""

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
from files_api_mcp.backends.isolation import find_program

__all__ = ["launcher", "source_of"]

_DISTRIBUTION = "files-api-mcp"


def launcher(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The installed executable by its absolute path; where it lies in a cache that may be emptied any day, as under
    uvx, the absolute path of uvx and what it has to fetch.

    Raises:
        NotFound: There is neither.
    """
    suffix = ".exe" if sys.platform == "win32" else ""
    for executable in _executables(_DISTRIBUTION + suffix):
        if executable.is_file() and not _in_a_cache(executable):
            return (str(executable),)
    uvx = _uvx(environment, suffix)
    if uvx is None:
        raise NotFound(
            f"This copy of {_DISTRIBUTION} is in no lasting place, and uvx is not found.",
            f"Install it with `uv tool install {_DISTRIBUTION}` or pipx, and call again.",
        )
    source = source_of(distribution(_DISTRIBUTION).read_text("direct_url.json"))
    return (str(uvx), "--from", source, _DISTRIBUTION) if source else (str(uvx), _DISTRIBUTION)


def source_of(direct_url: str | None) -> str | None:
    """What `--from` takes to get the same again, out of the installer's record; None: the package index."""
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
    """Where installers put it: with this Python's other scripts, or where they recorded it, as `pip --user` does."""
    yield Path(sysconfig.get_path("scripts"), name)
    for file in distribution(_DISTRIBUTION).files or ():
        if file.name == name:
            yield Path(str(file.locate())).resolve()


def _in_a_cache(executable: Path) -> bool:
    """By the mark that caches carry (bford.info/cachedir). A virtual environment may have one of its own, and stays."""
    environment = executable.parent.parent
    return any((parent / "CACHEDIR.TAG").is_file() for parent in environment.parents)


def _uvx(environment: Mapping[str, str], suffix: str) -> Path | None:
    """Beside the uv that started us, which says where it is, rather than by PATH, where a version manager's stand-in
    may come first that works in a shell only."""
    uv = environment.get("UV")
    beside = Path(uv).with_name("uvx" + suffix) if uv and Path(uv).is_absolute() else None
    if beside and beside.is_file():
        return beside
    found = find_program("uvx", environment.get("PATH", ""))
    return Path(found) if found else None
