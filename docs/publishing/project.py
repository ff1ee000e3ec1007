"""Project metadata from pyproject.toml."""

import tomllib
from pathlib import Path
from typing import Any

__all__ = ["REGISTRY_NAME", "ROOT", "project"]

ROOT = Path(__file__).resolve().parents[2]

REGISTRY_NAME = "io.github.files-api-mcp/files-api-mcp"
"""The server's name in the MCP registry. Only the owner of that account can use it. The README repeats it in
`<!-- mcp-name: ... -->`, which proves that the package belongs to this server."""


def project() -> dict[str, Any]:
    """The `project` table."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
