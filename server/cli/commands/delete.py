"""`files-api-mcp delete`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from files_api_mcp.server.cli.client import ToolClient, with_tools
from files_api_mcp.server.cli.completion import FILE_ID
from files_api_mcp.server.cli.exit_codes import exit_with
from files_api_mcp.server.cli.messages import for_command_line
from files_api_mcp.server.cli.options import AS_JSON, DATA_DIR, QUIET_LOG_LEVEL, WITHIN, backend_options, settings_from
from files_api_mcp.server.cli.output import (
    CommandError,
    can_prompt,
    confirm,
    is_terminal,
    print_json,
    print_line,
    print_row,
    say,
)
from files_api_mcp.server.cli.progress import ProgressBars
from files_api_mcp.server.cli.selection import check_selection, selected

if TYPE_CHECKING:
    from files_api_mcp.server.settings import Settings

__all__ = ["delete"]

_MOST_LISTED = 50


@click.command()
@click.argument("file_ids", nargs=-1, type=FILE_ID, metavar="[FILE_ID]...")
@WITHIN
@click.option("--yes", "-y", is_flag=True, help="Do not ask for confirmation.")
@AS_JSON
@backend_options
@DATA_DIR
@QUIET_LOG_LEVEL
def delete(file_ids: tuple[str, ...], within: str | None, yes: bool, **options: Any) -> None:  # noqa: FBT001
    """Delete stored files permanently, by their ids or all that match --within. Shows them and asks for confirmation
    first; without a terminal, add --yes.

    With --json it prints one line per file.

    \b
    files-api-mcp delete --within "before:2026-01-31 type:csv"
    """
    check_selection(file_ids, within)
    settings = settings_from((), options)
    exit_with(lambda: _delete(file_ids, within, settings, confirmed=yes, as_json=options["as_json"]), settings)


def _delete(given: Sequence[str], within: str | None, settings: "Settings", *, confirmed: bool, as_json: bool) -> int:
    file_ids = selected(given, within, settings)
    if not confirmed:
        _confirm(file_ids, settings)
    with ProgressBars(lines=len(file_ids) > _MOST_LISTED) as bars:
        outcomes = with_tools(settings, lambda tools: _outcomes(tools, bars, file_ids))
    for outcome in outcomes:
        if isinstance(outcome, str):
            say(outcome)
        elif as_json:
            print_json(outcome)
        else:
            _print(outcome)
    return int(any(isinstance(outcome, str) for outcome in outcomes))


async def _outcomes(tools: ToolClient, bars: ProgressBars, file_ids: Sequence[str]) -> list[dict[str, Any] | str]:
    """What became of each file: the row of the result, or the error."""
    from files_api_mcp.tools.delete import MOST_DELETED
    from files_api_mcp.tools.delete import delete as delete_files

    outcomes: list[dict[str, Any] | str] = []
    with bars.bar() as report:
        for start in range(0, len(file_ids), MOST_DELETED):
            batch = file_ids[start : start + MOST_DELETED]
            try:
                result = await tools.data(delete_files, file_ids=batch)
            except CommandError as exc:
                outcomes.append(exc.text)
                continue
            outcomes += result["files"]
            outcomes += [for_command_line(one["error"]) for one in result.get("failed", [])]
            done = start + len(batch)
            await report(done, len(file_ids), f"Deleted {done:,} of {len(file_ids):,} files")
    return outcomes


def _print(deleted: dict[str, Any]) -> None:
    state = "already deleted" if deleted.get("already_deleted") else "deleted"
    if is_terminal():
        print_line(f"{deleted['filename']} ({deleted['file_id']}) {state}")
    else:
        print_row([deleted["file_id"], deleted["filename"], state])


def _confirm(file_ids: Sequence[str], settings: "Settings") -> None:
    """Shows the files, and asks before any is deleted.

    Raises:
        CommandError: The answer is no, or there is no terminal to ask on.
    """
    if not can_prompt():
        raise CommandError("[not_confirmed] Without a terminal, deleting needs --yes. Nothing was deleted.")
    from files_api_mcp.tools.delete import existing_files
    from files_api_mcp.tools.formatting import format_size

    files = with_tools(settings, lambda tools: existing_files(tools.call(None), file_ids))
    if not files:
        return  # The deletion says why.
    for file_id, record in files[:_MOST_LISTED]:
        name, size = (record.filename, format_size(record.size_bytes)) if record else ("a damaged file", "")
        say(f"{file_id}  {name}  {size}")
    if len(files) > _MOST_LISTED:
        say(f"... and {len(files) - _MOST_LISTED:,} more")
    # Outside the event loop: inside one, Ctrl-C would not end the wait for a line.
    total = format_size(sum(record.size_bytes for _, record in files if record))
    count = "this file" if len(files) == 1 else f"these {len(files):,} files"
    if not confirm(f"Delete {count} ({total})? This cannot be undone. "):
        raise CommandError("[not_confirmed] Nothing was deleted.")
