"""Catalog of tools: function, result, title, scope and hints of each."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import BaseModel

from files_api_mcp.tools.ask import AskResult, ask_document
from files_api_mcp.tools.create_upload import CreatedUpload, create_upload
from files_api_mcp.tools.delete import DeleteResult, confirm_deletion, delete_file
from files_api_mcp.tools.describe import DescribedFile, describe_file
from files_api_mcp.tools.download import confirm_overwriting, download_file
from files_api_mcp.tools.find import FindResult, find_text
from files_api_mcp.tools.list import FileList, list_files
from files_api_mcp.tools.read import read_document
from files_api_mcp.tools.tables.query import QueryResult, query_table
from files_api_mcp.tools.upload import UploadResult, upload_file

__all__ = ["CATALOG", "Hints", "ToolEntry", "offered_tools"]


@dataclass(frozen=True, slots=True)
class Hints:
    """What a tool does, for hosts that ask their user less often before harmless calls."""

    read_only: bool
    destructive: bool
    idempotent: bool
    open_world: bool


_READS = Hints(read_only=True, destructive=False, idempotent=True, open_world=False)
_WRITES = Hints(read_only=False, destructive=False, idempotent=True, open_world=False)
_ISSUES = Hints(read_only=False, destructive=False, idempotent=False, open_world=False)
_REPLACES = Hints(read_only=False, destructive=True, idempotent=True, open_world=False)


def _open(hints: Hints) -> Hints:
    """The same for a tool that reaches an API."""
    return replace(hints, open_world=True)


@dataclass(frozen=True, slots=True)
class ToolEntry:
    """A tool, its hints, and the conditions to offer it.

    `scope`: the scope that a caller's token needs. `writes`: the tool changes the store or local files, so
    --read-only removes it. `where`: "paths" needs local paths that agents can name, "remote" needs agents on
    other machines. `result`: the model of its structured result; None if it has no such model. `question`: takes the
    same arguments, and returns the question that the user must answer before the tool runs. `here` and `there`: its
    hints with a backend that keeps all data on this machine, and with one that sends data to an API.
    """

    function: Callable[..., Awaitable[Any]]
    title: str
    scope: str
    here: Hints
    there: Hints
    writes: bool
    where: Literal["anywhere", "paths", "remote"] = "anywhere"
    result: type[BaseModel] | None = None
    question: Callable[..., Awaitable[str | None]] | None = None

    @property
    def name(self) -> str:
        """The name of the function, which is the name of the tool."""
        return self.function.__name__

    @property
    def description(self) -> str:
        """What the tool does, for the model: the function's docstring."""
        return " ".join((self.function.__doc__ or "").split())


CATALOG = (
    ToolEntry(
        upload_file,
        "Upload files",
        scope="files:write",
        here=_WRITES,
        there=_open(_WRITES),
        writes=True,
        where="paths",
        result=UploadResult,
    ),
    # Not idempotent: each call issues a new ticket.
    ToolEntry(
        create_upload,
        "Create an upload link",
        scope="files:write",
        here=_ISSUES,
        there=_open(_ISSUES),
        writes=True,
        where="remote",
        result=CreatedUpload,
    ),
    ToolEntry(
        list_files,
        "List files",
        scope="files:read",
        here=_READS,
        there=_open(_READS),
        writes=False,
        result=FileList,
    ),
    ToolEntry(
        describe_file,
        "Describe a file",
        scope="files:read",
        here=_READS,
        there=_open(_READS),
        writes=False,
        result=DescribedFile,
    ),
    # With an API key, it costs money and sends documents to a model.
    ToolEntry(
        ask_document,
        "Ask documents",
        scope="files:ask",
        here=_READS,
        there=_open(_WRITES),
        writes=False,
        result=AskResult,
    ),
    ToolEntry(
        find_text,
        "Find text",
        scope="files:read",
        here=_READS,
        there=_READS,
        writes=False,
        result=FindResult,
    ),
    ToolEntry(
        query_table,
        "Query tables",
        scope="files:read",
        here=_READS,
        there=_READS,
        writes=False,
        result=QueryResult,
    ),
    ToolEntry(
        read_document,
        "Read a document",
        scope="files:read",
        here=_READS,
        there=_READS,
        writes=False,
    ),
    # Destructive: `overwrite` replaces a local file.
    ToolEntry(
        download_file,
        "Download a file",
        scope="files:read",
        here=_REPLACES,
        there=_open(_REPLACES),
        writes=True,
        question=confirm_overwriting,
    ),
    ToolEntry(
        delete_file,
        "Delete files",
        scope="files:delete",
        here=_REPLACES,
        there=_open(_REPLACES),
        writes=True,
        result=DeleteResult,
        question=confirm_deletion,
    ),
)


def offered_tools(
    *,
    read_only: bool,
    only: frozenset[str] | None = None,
    without: frozenset[str] = frozenset(),
    paths: bool = True,
    remote: bool = False,
) -> dict[str, ToolEntry]:
    """The tools that a server offers, by name, in catalog order. `read_only` overrides `only`."""
    available = {"anywhere": True, "paths": paths, "remote": remote}
    return {
        entry.name: entry
        for entry in CATALOG
        if available[entry.where]
        and not (read_only and entry.writes)
        and (only is None or entry.name in only)
        and entry.name not in without
    }
