"""`files-api-mcp list`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import click

from files_api_mcp.server.cli.client import ToolClient, with_tools
from files_api_mcp.server.cli.exit_codes import exit_with
from files_api_mcp.server.cli.messages import for_command_line
from files_api_mcp.server.cli.options import AS_JSON, DATA_DIR, QUIET_LOG_LEVEL, WITHIN, backend_options, settings_from
from files_api_mcp.server.cli.output import is_terminal, print_json, print_row, say

if TYPE_CHECKING:
    from files_api_mcp.server.settings import Settings

__all__ = ["list"]

_PAGE_SIZE = 1000
_COLUMNS = ("file_id", "filename", "size_bytes", "mime_type", "created_at", "expires_at", "title", "tags", "state")


@click.command()
@WITHIN
@click.option("--name-contains", metavar="TEXT", hidden=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Maximum number of files.")
@click.option("--all", "everything", is_flag=True, help="List all files, ignoring --limit.")
@AS_JSON
@backend_options
@DATA_DIR
@QUIET_LOG_LEVEL
def list(within: str | None, name_contains: str | None, limit: int, everything: bool, **options: Any) -> None:  # noqa: A001, FBT001
    """List stored files, newest first.

    On a terminal it prints a table. Piped, it prints one line per file with tab-separated file_id, name, bytes, type,
    stored, expires, title, tags and state.
    """
    settings = settings_from((), options)
    as_json = options["as_json"]
    if name_contains:
        from files_api_mcp.tools.arguments.types import quoted

        say("--name-contains goes with the next release: use --within.")
        within = " ".join(filter(None, (within, quoted(name_contains))))
    exit_with(lambda: _list(within, None if everything else limit, settings, as_json=as_json), settings)


def _list(within: str | None, limit: int | None, settings: "Settings", *, as_json: bool) -> int:
    found = with_tools(settings, lambda tools: _files(tools, within, limit))
    if as_json:
        print_json(found)
        return 0
    files = found["files"]
    if is_terminal() and files:
        from files_api_mcp.server.cli.tables import print_list

        print_list(files)
    else:
        for file in files:
            print_row(_cell(file.get(column)) for column in _COLUMNS)
    for note in found.get("notes", []):
        say(for_command_line(note))
    if not files:
        say(for_command_line(found.get("next", "No files are stored.")))
    elif "next_cursor" in found:
        say(f"Showing the newest {len(files)}. Use --limit or --all to see more.")
    return 0


def _cell(value: Any) -> Any:
    return (
        ", ".join(cast("Sequence[str]", value)) if isinstance(value, Sequence) and not isinstance(value, str) else value
    )


async def _files(tools: ToolClient, within: str | None, limit: int | None) -> dict[str, Any]:
    """Listed files, in full; without a limit, all pages as one."""
    from files_api_mcp.tools.list import listing

    result = page = await tools.data(listing, within=within, limit=limit or _PAGE_SIZE)
    if limit is None:
        while cursor := page.get("next_cursor"):
            page = await tools.data(listing, within=within, limit=_PAGE_SIZE, cursor=cursor)
            result["files"] += page["files"]
            result["notes"] = [*result.get("notes", []), *page.get("notes", [])]
        result.pop("next_cursor", None)
    return result
