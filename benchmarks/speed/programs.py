"""The versions of files-api-mcp that are measured, and a bare server of the SDK beside them."""

import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.speed.figures import Role

BARE = """
import sys
from mcp.server import MCPServer
server = MCPServer("bare", log_level="WARNING")
@server.tool(structured_output=False)
async def nothing() -> str:
    return "x"
server.run("streamable-http", port=int(sys.argv[1])) if sys.argv[1:] else server.run("stdio")
"""
"""A server with one tool that does nothing, over stdio, or over HTTP at the port given."""
BARE_TOOL = "nothing"


@dataclass(frozen=True, slots=True)
class Version:
    """An installed files-api-mcp. `command` is the path of its script."""

    name: str
    role: Role
    command: str

    def serve(self, folder: Path, *options: str, root: Path | None = None) -> list[str]:
        """The command of a server on the local backend, with its data and its root below a folder."""
        root = root or folder / "root"
        root.mkdir(parents=True, exist_ok=True)
        return [self.command, "serve", "--backend", "local", "--data-dir", str(folder / "data"), *options, str(root)]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run measures. `versions` begins with this one; `folder` is on the disk to measure, and empty at first."""

    versions: Sequence[Version]
    folder: Path
    is_quick: bool = False
    documents: Sequence[Path] = ()

    def rounds(self, full: int, quick: int = 2) -> int:
        """The number of rounds of a full run, or of a quick one."""
        return quick if self.is_quick else full

    def fresh(self, name: str) -> Path:
        """A new folder. It stays until the run ends: the disk is slow to create files while it removes others."""
        return Path(tempfile.mkdtemp(dir=self.folder, prefix=f"{name}-"))


def this_version() -> Version:
    """The version beside this interpreter."""
    return Version("files-api-mcp", "ours", str(Path(sysconfig.get_path("scripts"), "files-api-mcp")))


def bare(*arguments: str) -> list[str]:
    """The command of the bare server."""
    return [sys.executable, "-c", BARE, *arguments]


def environment() -> dict[str, str]:
    """The environment of measured programs: without settings or keys of this machine, and with byte code written."""
    left_out = ("FILES_API_MCP_", "ANTHROPIC_", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not name.startswith(left_out)}


def run(command: Sequence[str]) -> str:
    """Run a command to its end; returns what it printed."""
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment(), timeout=300)
    return done.stdout
