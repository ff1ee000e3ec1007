"""The one list of tools: function, title, hints; and what of it a server offers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations

from files_api_mcp.tools.ask import ask_document
from files_api_mcp.tools.create_upload import create_upload
from files_api_mcp.tools.delete import delete_file
from files_api_mcp.tools.describe import describe_file, list_files
from files_api_mcp.tools.download import download_file
from files_api_mcp.tools.read import read_document
from files_api_mcp.tools.upload import upload_file

__all__ = ["CATALOG", "Entry", "offered_tools"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A tool and its hints. `writes` marks what --read-only takes away: changes to the store or to local files.
    `where` says what a tool needs of the server: paths that agents may name, or agents that are elsewhere; `scope` what
    it asks of a caller's token."""

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
        """The function's own name, which the model calls it by."""
        return self.function.__name__

    def tool(self) -> Tool:
        """The SDK's tool, its definition without what costs tokens and says nothing."""
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
        tool.parameters = _lean(tool.parameters)
        return tool


CATALOG = (
    Entry(
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
    # Not idempotent: each call gives out a ticket of its own.
    Entry(
        create_upload,
        "Upload from elsewhere",
        scope="files:write",
        read_only=False,
        destructive=False,
        idempotent=False,
        open_world=True,
        writes=True,
        where="remote",
    ),
    Entry(
        list_files,
        "List files",
        scope="files:read",
        read_only=True,
        destructive=False,
        idempotent=True,
        open_world=False,
        writes=False,
    ),
    Entry(
        describe_file,
        "Describe a file",
        scope="files:read",
        read_only=True,
        destructive=False,
        idempotent=True,
        open_world=False,
        writes=False,
    ),
    # Not read-only: on a backend where a model answers it costs money and sends the document to it. Open world:
    # what comes back is the text of documents that anybody may have written.
    Entry(
        ask_document,
        "Ask documents",
        scope="files:ask",
        read_only=False,
        destructive=False,
        idempotent=True,
        open_world=True,
        writes=False,
    ),
    Entry(
        read_document,
        "Read a document",
        scope="files:read",
        read_only=True,
        destructive=False,
        idempotent=True,
        open_world=True,
        writes=False,
    ),
    # Destructive: with `overwrite` it replaces a local file.
    Entry(
        download_file,
        "Download a file",
        scope="files:read",
        read_only=False,
        destructive=True,
        idempotent=True,
        open_world=True,
        writes=True,
    ),
    Entry(
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
    """The tools that a server offers, by name, in the catalogue's order. Read-only beats every other choice."""
    has = {"anywhere": True, "paths": paths, "remote": remote}
    return {
        entry.name: entry.tool()
        for entry in CATALOG
        if has[entry.where]
        and not (read_only and entry.writes)
        and (only is None or entry.name in only)
        and entry.name not in without
    }


def _lean(schema: dict[str, Any]) -> dict[str, Any]:
    """Drop what pydantic adds for its own sake: titles, and the null in optional arguments, which nobody needs to
    send."""
    properties: dict[str, dict[str, Any]] = {
        name: _lean_property(value) for name, value in schema.get("properties", {}).items()
    }
    lean: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    if "required" in schema:
        lean["required"] = schema["required"]
    return lean


def _lean_property(value: dict[str, Any]) -> dict[str, Any]:
    value = {key: item for key, item in value.items() if key != "title"}
    choices: list[dict[str, Any]] = value.pop("anyOf", [])
    for choice in choices:
        if choice.get("type") != "null":
            value = {**choice, **value}
    if value.get("default", ...) is None:
        del value["default"]
    return value
