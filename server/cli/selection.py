"""The files that a command is about: given by id, or all that match the words of --within."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from files_api_mcp.server.cli.client import ToolClient, with_tools
from files_api_mcp.server.cli.output import CommandError

if TYPE_CHECKING:
    from files_api_mcp.server.settings import Settings

__all__ = ["check_selection", "selected"]

_PAGE_SIZE = 1000


def check_selection(file_ids: Sequence[str], within: str | None) -> None:
    """Check that a command names files, in one way.

    Raises:
        click.UsageError: It does not. Blank words of --within are none: they would mean all files.
    """
    if within is not None and not within.strip():
        raise click.UsageError("--within is blank.")
    if bool(file_ids) == bool(within):
        raise click.UsageError("Give either FILE_IDs or --within.")


def selected(file_ids: Sequence[str], within: str | None, settings: "Settings") -> list[str]:
    """The ids of the files, each once.

    Raises:
        CommandError: No file matches, or the words cannot be read.
    """
    if within is None:
        return list(dict.fromkeys(file_ids))
    found = with_tools(settings, lambda tools: _matching(tools, within))
    if not found:
        raise CommandError("[not_found] No file matches --within.")
    return found


async def _matching(tools: ToolClient, within: str) -> list[str]:
    from files_api_mcp.tools.list import listing

    ids: list[str] = []
    cursor: str | None = None
    while True:
        page = await tools.data(listing, within=within, limit=_PAGE_SIZE, cursor=cursor)
        ids += [file["file_id"] for file in page["files"]]
        cursor = page.get("next_cursor")
        if cursor is None:
            return ids
