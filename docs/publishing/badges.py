"""Links that install the server in an editor with one click."""

import base64
import json
from typing import Any
from urllib.parse import quote

from docs.publishing.project import project
from files_api_mcp.server.install.hosts import HOSTS
from files_api_mcp.server.install.plan import entry_for

__all__ = ["badges", "cursor_link", "vscode_link"]

_NAME = "files"


def badges() -> str:
    """The badges, as Markdown."""
    shown = [
        ("VS Code", "VS_Code-Install-0098FF", vscode_link()),
        ("VS Code Insiders", "VS_Code_Insiders-Install-24bfa5", vscode_link(insiders=True)),
        ("Cursor", "Cursor-Install-000000", cursor_link()),
    ]
    return "\n".join(
        f"[![Install in {title}](https://img.shields.io/badge/{badge}?style=flat-square)]({link})"
        for title, badge, link in shown
    )


def vscode_link(*, insiders: bool = False) -> str:
    """The link for VS Code, which asks for the folder when the server first starts."""
    folder = {
        "type": "promptString",
        "id": "files-api-mcp-folder",
        "description": "A folder that agents may upload files from and save files to",
    }
    server = _server("vscode", "${input:files-api-mcp-folder}")
    link = (
        f"https://insiders.vscode.dev/redirect/mcp/install?name={_NAME}&inputs={_json([folder])}&config={_json(server)}"
    )
    return f"{link}&quality=insiders" if insiders else link


def cursor_link() -> str:
    """The link for Cursor, which cannot ask: agents may read the open folder."""
    config = base64.b64encode(json.dumps(_server("cursor", "${workspaceFolder}")).encode()).decode()
    return f"https://cursor.com/en/install-mcp?name={_NAME}&config={quote(config, safe='')}"


def _server(host: str, folder: str) -> dict[str, Any]:
    return entry_for(HOSTS[host], ["uvx", project()["name"], "serve", folder, "--backend", "local"], None).server


def _json(value: Any) -> str:
    return quote(json.dumps(value, separators=(",", ":")), safe="")
