"""Manifest of the bundle that Claude Desktop installs with a double click."""

from typing import Any

from docs.publishing.project import project
from files_api_mcp.tools.catalog import offered_tools

__all__ = ["manifest"]


def manifest() -> dict[str, Any]:
    """The manifest, from the project's metadata and its tools."""
    about = project()
    return {
        "manifest_version": "0.4",
        "name": about["name"],
        "display_name": "Files",
        "version": about["version"],
        "description": about["description"],
        "author": {"name": about["authors"][0]["name"]},
        "license": about["license"],
        "keywords": about["keywords"],
        "server": {
            "type": "uv",
            "entry_point": "server/cli/main.py",
            "mcp_config": {
                "command": "uv",
                # Exactly the locked versions, so that a bundle runs the same everywhere.
                "args": [
                    "run",
                    "--directory",
                    "${__dirname}",
                    "--frozen",
                    "--no-dev",
                    "--no-editable",
                    "files-api-mcp",
                    "serve",
                    "${user_config.folders}",
                ],
                "env": {"ANTHROPIC_API_KEY": "${user_config.anthropic_api_key}"},
            },
        },
        "tools": [
            {"name": name, "description": tool.description} for name, tool in offered_tools(read_only=False).items()
        ],
        "compatibility": {
            "platforms": ["darwin", "linux"],
            "runtimes": {"python": about["requires-python"]},
        },
        "user_config": {
            "folders": {
                "type": "directory",
                "title": "Folders",
                "description": "The folders that Claude may upload files from and save files to.",
                "multiple": True,
                "required": True,
            },
            "anthropic_api_key": {
                "type": "string",
                "title": "Anthropic API key",
                "description": "With a key, Anthropic stores files and Claude answers. Without one, all stays here.",
                "sensitive": True,
                "required": False,
                # Without a default, the host would pass the placeholder itself as the key.
                "default": "",
            },
        },
    }
