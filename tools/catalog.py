"""Catalog of tools: function, title, scope and hints of each."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations

from files_api_mcp.tools.ask import ask_document
from files_api_mcp.tools.create_upload import create_upload
from files_api_mcp.tools.delete import delete_file
from files_api_mcp.tools.describe import describe_file
from files_api_mcp.tools.download import download_file
from files_api_mcp.tools.list import list_files
from files_api_mcp.tools.read import read_document
from files_api_mcp.tools.upload import upload_file

__all__ = ["CATALOG", "ToolEntry", "offered_tools"]


@dataclass(frozen=True, slots=True)
class ToolEntry:
    """A tool, its hints, and the conditions to offer it.

    `scope`: the scope that a caller's token needs. `writes`: the tool changes the store or local files, so
    --read-only removes it. `where`: "paths" needs local paths that agents can name, "remote" needs agents on
    other machines.
    """

    function: Callable[..., Awaitable[Any]]
    title: str
    scope: str
    read_only: bool
    destructive: bool
    idempotent: bool
    open_world: bool
    writes: bool
    where: Literal["anywhere", "paths", "remote"] = "anywhere"

    @property
    def name(self) -> str:
        """The name of the function, which is the name of the tool."""
        return self.function.__name__

    def tool(self) -> Tool:
        """The SDK's tool, with a minimal input schema."""
        tool = Tool.from_function(
            self.function,
            title=self.title,
            description=" ".join((self.function.__doc__ or "").split()),
            annotations=ToolAnnotations(
                read_only_hint=self.read_only,
                destructive_hint=self.destructive,
                idempotent_hint=self.idempotent,
                open_world_hint=self.open_world,
            ),
        )
        tool.parameters = _minimal(tool.parameters)
        return tool


CATALOG = (
    ToolEntry(
        upload_file,
        "Upload files",
        scope="files:write",
        read_only=False,
        destructive=False,
        idempotent=True,
        open_world=True,
        writes=True,
        where="paths",
    ),
    # Not idempotent: each call issues a new ticket.
    ToolEntry(
        create_upload,
        "Create an upload link",
        scope="files:write",
        read_only=False,
        destructive=False,
        idempotent=False,
        open_world=True,
        writes=True,
        where="remote",
    ),
    ToolEntry(
        list_files,
        "List files",
        scope="files:read",
        read_only=True,
        destructive=False,
        idempotent=True,
        open_world=False,
        writes=False,
    ),
    ToolEntry(
        describe_file,
        "Describe a file",
        scope="files:read",
        read_only=True,
        destructive=False,
        idempotent=True,
        open_world=False,
        writes=False,
    ),
    # Not read-only: with an API key, it costs money and sends the document to a model. Open world: the result holds
    # text of documents, which anyone may have written.
    ToolEntry(
        ask_document,
        "Ask documents",
        scope="files:ask",
        read_only=False,
        destructive=False,
        idempotent=True,
        open_world=True,
        writes=False,
    ),
    ToolEntry(
        read_document,
        "Read a document",
        scope="files:read",
        read_only=True,
        destructive=False,
        idempotent=True,
        open_world=True,
        writes=False,
    ),
    # Destructive: `overwrite` replaces a local file.
    ToolEntry(
        download_file,
        "Download a file",
        scope="files:read",
        read_only=False,
        destructive=True,
        idempotent=True,
        open_world=True,
        writes=True,
    ),
    ToolEntry(
        delete_file,
        "Delete a file",
        scope="files:delete",
        read_only=False,
        destructive=True,
        idempotent=True,
        open_world=False,
        writes=True,
    ),
)


def offered_tools(
    *,
    read_only: bool,
    only: frozenset[str] | None = None,
    without: frozenset[str] = frozenset(),
    paths: bool = True,
    remote: bool = False,
) -> dict[str, Tool]:
    """The tools that a server offers, by name, in catalog order. `read_only` overrides `only`."""
    available = {"anywhere": True, "paths": paths, "remote": remote}
    return {
        entry.name: entry.tool()
        for entry in CATALOG
        if available[entry.where]
        and not (read_only and entry.writes)
        and (only is None or entry.name in only)
        and entry.name not in without
    }


def _minimal(schema: dict[str, Any]) -> dict[str, Any]:
    """Drops titles, and null as a value of optional arguments: they cost tokens and help no model."""
    properties: dict[str, dict[str, Any]] = {
        name: _minimal_property(value) for name, value in schema.get("properties", {}).items()
    }
    minimal: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    if "required" in schema:
        minimal["required"] = schema["required"]
    return minimal


def _minimal_property(value: dict[str, Any]) -> dict[str, Any]:
    value = {key: item for key, item in value.items() if key != "title"}
    choices: list[dict[str, Any]] = value.pop("anyOf", [])
    for choice in choices:
        if choice.get("type") != "null":
            value = {**choice, **value}
    if value.get("default", ...) is None:
        del value["default"]
    return value
