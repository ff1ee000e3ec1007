"""The package runs as a module, as `python -m files_api_mcp`."""

import subprocess
import sys
from importlib.metadata import version


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "files_api_mcp", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"files-api-mcp {version('files-api-mcp')}\n"
