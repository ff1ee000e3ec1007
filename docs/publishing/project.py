"""What every way of publishing takes from pyproject.toml."""

import tomllib
from pathlib import Path
from typing import Any

__all__ = ["REGISTRY_NAME", "ROOT", "project"]

ROOT = Path(__file__).resolve().parents[2]

REGISTRY_NAME = "io.github.files-api-mcp/files-api-mcp"
"""The server's name in the MCP registry, which gives it to whoever owns that account. The README says it too, in
`<!-- mcp-name: ... -->`, which proves that the package is ours."""


def project() -> dict[str, Any]:
    """The project's table."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
