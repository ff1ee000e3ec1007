"""Other programs that are measured beside ours."""

import shutil
import subprocess
from pathlib import Path

from benchmarks.speed.programs import run
from benchmarks.speed.rounds import Unavailable

_NODE_SERVER = "@modelcontextprotocol/server-filesystem"
_NODE_VERSION = "2026.8.31"


def node_server(folder: Path, root: Path) -> list[str]:
    """The command of the reference server for file systems; npm installs it into a folder once.

    Raises:
        Unavailable: npm is missing, or cannot install it.
    """
    script = folder / "node_modules" / _NODE_SERVER / "dist" / "index.js"
    if not script.exists():
        if not shutil.which("npm"):
            raise Unavailable("npm is not installed")
        package = f"{_NODE_SERVER}@{_NODE_VERSION}"
        try:
            run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), package])
        except subprocess.CalledProcessError:
            raise Unavailable("npm could not install it") from None
    return ["node", str(script), str(root)]
