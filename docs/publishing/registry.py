"""server.json: the entry of the MCP registry."""

from typing import Any

from docs.publishing.project import REGISTRY_NAME, project
from files_api_mcp.backends.registry import AUTO, BACKENDS

__all__ = ["server_json"]

_SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"


def server_json() -> dict[str, Any]:
    """The registry entry of the package in pyproject.toml."""
    about = project()
    return {
        "$schema": _SCHEMA,
        "name": REGISTRY_NAME,
        "title": "Files",
        "description": "The Files API for any agent: upload once, then list, ask about, cite or download by file_id.",
        "version": about["version"],
        "packages": [
            {
                "registryType": "pypi",
                "identifier": about["name"],
                "version": about["version"],
                "runtimeHint": "uvx",
                "transport": {"type": "stdio"},
                "packageArguments": [
                    {"type": "positional", "value": "serve"},
                    {
                        "type": "positional",
                        "valueHint": "folder",
                        "description": "A folder that agents may upload files from and save files to.",
                        "format": "filepath",
                        "isRequired": True,
                        "isRepeated": True,
                    },
                ],
                "environmentVariables": [
                    {
                        "name": "ANTHROPIC_API_KEY",
                        "description": "With a key, files are stored in its workspace; without one, on this machine.",
                        "isSecret": True,
                    },
                    {
                        "name": "FILES_API_MCP_BACKEND",
                        "description": "Where files are stored; auto: anthropic if a key is set, otherwise local.",
                        "default": "auto",
                        "choices": [AUTO, *BACKENDS],
                    },
                    {
                        "name": "FILES_API_MCP_DATA_DIR",
                        "description": "Folder for stored files; default: the user data folder.",
                        "format": "filepath",
                    },
                    {
                        "name": "FILES_API_MCP_ALLOW_WIDE_ROOT",
                        "description": "Accept a folder that is /, your home folder, or a folder above it.",
                        "format": "boolean",
                        "default": "false",
                    },
                    {
                        "name": "FILES_API_MCP_READ_ONLY",
                        "description": "Offer only tools that do not write.",
                        "format": "boolean",
                        "default": "false",
                    },
                ],
            }
        ],
    }
