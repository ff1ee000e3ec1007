"""`files-api-mcp tag`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from files_api_mcp.server.cli.client import ToolClient, with_tools
from files_api_mcp.server.cli.completion import FILE_ID
from files_api_mcp.server.cli.exit_codes import exit_with
from files_api_mcp.server.cli.options import AS_JSON, DATA_DIR, QUIET_LOG_LEVEL, WITHIN, backend_options, settings_from
from files_api_mcp.server.cli.output import print_json, print_row
from files_api_mcp.server.cli.selection import check_selection, selected

if TYPE_CHECKING:
    from files_api_mcp.backends.models import FileRecord
    from files_api_mcp.server.settings import Settings

__all__ = ["tag"]

_AT_ONCE = 100


@click.command()
@click.argument("file_ids", nargs=-1, type=FILE_ID, metavar="[FILE_ID]...")
@WITHIN
@click.option("--add", multiple=True, metavar="TAG", help="Add this tag (repeatable).")
@click.option("--remove", multiple=True, metavar="TAG", help="Remove this tag (repeatable).")
@AS_JSON
@backend_options
@DATA_DIR
@QUIET_LOG_LEVEL
def tag(
    file_ids: tuple[str, ...], within: str | None, add: tuple[str, ...], remove: tuple[str, ...], **options: Any
) -> None:
    """Add or remove tags of stored files, given by their ids or all that match --within; prints their tags.

    Agents find files by them, with tag:NAME in within. Without --add and --remove it changes nothing. With --json it
    prints one line per file.

    \b
    files-api-mcp tag --within contracts/ --add acme
    """
    check_selection(file_ids, within)
    settings = settings_from((), options)
    as_json = options["as_json"]
    exit_with(lambda: _tag(selected(file_ids, within, settings), settings, add, remove, as_json=as_json), settings)


def _tag(
    file_ids: Sequence[str], settings: "Settings", add: Sequence[str], remove: Sequence[str], *, as_json: bool
) -> int:
    for record in with_tools(settings, lambda tools: _changed(tools, file_ids, add, remove)):
        if as_json:
            print_json({"file_id": record.id, "filename": record.filename, "tags": list(record.tags)})
        else:
            print_row([record.id, record.filename, ", ".join(record.tags)])
    return 0


async def _changed(
    tools: ToolClient, file_ids: Sequence[str], add: Sequence[str], remove: Sequence[str]
) -> "list[FileRecord]":
    files = (await tools.call(None).backend()).files
    records: list[FileRecord] = []
    for start in range(0, len(file_ids), _AT_ONCE):
        records += await files.tag(file_ids[start : start + _AT_ONCE], add=add, remove=remove)
    return records
