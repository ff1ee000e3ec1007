"""The versions that play the tasks, and servers whose clock shows another time."""

import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

__all__ = ["Version"]

_SHIFTED = """
import importlib, sys
from datetime import datetime
from importlib.metadata import entry_points
from importlib.util import find_spec
moment = datetime.fromisoformat(sys.argv.pop(1))
clock = next(name for name in sys.argv.pop(1).split(",") if find_spec(name))
importlib.import_module(clock).utc_now = lambda: moment
(command,) = entry_points(group="console_scripts", name="files-api-mcp")
sys.exit(command.load()())
"""
"""Runs the command with a clock that stands still. The clock is set before anything else imports it."""
_CLOCKS = "files_api_mcp.backends.clock,files_api_mcp.backends.local.times"
"""Where this version has its clock, and where an earlier one has it."""


@dataclass(frozen=True, slots=True)
class Version:
    """An installed version: its name in the report, and its interpreter."""

    name: str
    python: str = sys.executable

    def serve(self, data: Path, root: Path, *options: str) -> list[str]:
        """The command of a server on the local backend."""
        command = str(Path(self.python).with_name("files-api-mcp"))
        return [command, *_arguments(data, root, *options)]

    def serve_at(self, moment: datetime, data: Path, root: Path) -> list[str]:
        """The command of a server for which it is always this time."""
        # -P: the project in the current folder may be another version.
        return [self.python, "-P", "-c", _SHIFTED, moment.isoformat(), _CLOCKS, *_arguments(data, root)]


def _arguments(data: Path, root: Path, *options: str) -> list[str]:
    return ["serve", "--backend", "local", "--data-dir", str(data), *options, str(root)]
