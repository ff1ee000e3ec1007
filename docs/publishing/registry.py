"""What the MCP registry is told: server.json."""

from typing import Any

from docs.publishing.project import REGISTRY_NAME, project

__all__ = ["server_json"]

_SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"


def server_json() -> dict[str, Any]:
    """The registry's entry, for the package that pyproject.toml describes."""
    about = project()
    return {
        "$schema": _SCHEMA,
        "name": REGISTRY_NAME,
        "title": "Files",
        "description": "The Files API for any agent: upload once, then list, ask, cite or download by file_id.",
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
                        "description": "With a key, files live in its workspace; without, on this machine.",
                        "isSecret": True,
                    },
                    {
                        "name": "FILES_API_MCP_BACKEND",
                        "description": "Where files live; auto: at the API when there is a key.",
                        "default": "auto",
                        "choices": ["auto", "local", "anthropic"],
                    },
                    {
                        "name": "FILES_API_MCP_DATA_DIR",
                        "description": "Where files are kept; default: the user data folder.",
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
                        "description": "Offer no tool that writes.",
                        "format": "boolean",
                        "default": "false",
                    },
                ],
            }
        ],
    }
