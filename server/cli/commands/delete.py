"""`files-api-mcp delete`."""

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from files_api_mcp.server.cli.client import ToolClient, with_tools
from files_api_mcp.server.cli.completion import FILE_ID
from files_api_mcp.server.cli.exit_codes import exit_with
from files_api_mcp.server.cli.messages import for_command_line
from files_api_mcp.server.cli.options import AS_JSON, DATA_DIR, QUIET_LOG_LEVEL, backend_options, settings_from
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

if TYPE_CHECKING:
    from files_api_mcp.server.settings import Settings

__all__ = ["delete"]


@click.command()
@click.argument("file_ids", nargs=-1, required=True, type=FILE_ID, metavar="FILE_ID...")
@click.option("--yes", "-y", is_flag=True, help="Do not ask for confirmation.")
@AS_JSON
@backend_options
@DATA_DIR
@QUIET_LOG_LEVEL
def delete(file_ids: tuple[str, ...], yes: bool, **options: Any) -> None:  # noqa: FBT001
    """Delete stored files permanently. Asks for confirmation first; without a terminal, add --yes.

    With --json it prints one line per FILE_ID.
    """
    settings = settings_from((), options)
    exit_with(lambda: _delete(file_ids, settings, confirmed=yes, as_json=options["as_json"]), settings)


def _delete(file_ids: Sequence[str], settings: "Settings", *, confirmed: bool, as_json: bool) -> int:
    if not confirmed:
        _confirm(file_ids, settings)
    outcomes = with_tools(settings, lambda tools: _outcomes(tools, file_ids))
    for outcome in outcomes:
        if isinstance(outcome, CommandError):
            say(outcome.text)
        elif as_json:
            print_json(outcome)
        else:
            _print(outcome)
    return 1 if any(isinstance(outcome, CommandError) for outcome in outcomes) else 0


async def _outcomes(tools: ToolClient, file_ids: Sequence[str]) -> list[dict[str, Any] | CommandError]:
    from files_api_mcp.tools.delete import delete_file

    outcomes: list[dict[str, Any] | CommandError] = []
    for file_id in file_ids:
        try:
            outcomes.append(await tools.data(delete_file, file_id=file_id))
        except CommandError as exc:
            outcomes.append(exc)
    return outcomes


def _print(deleted: dict[str, Any]) -> None:
    state = "already deleted" if deleted.get("already_deleted") else "deleted"
    if is_terminal():
        print_line(f"{deleted['filename']} ({deleted['file_id']}) {state}")
    else:
        print_row([deleted["file_id"], deleted["filename"], state])


def _confirm(file_ids: Sequence[str], settings: "Settings") -> None:
    """Asks before anything is deleted.

    Raises:
        CommandError: The answer is no, or there is no terminal to ask on.
    """
    if not can_prompt():
        raise CommandError("[not_confirmed] Without a terminal, deleting needs --yes. Nothing was deleted.")
    questions = with_tools(settings, lambda tools: _questions(tools, file_ids))
    if not questions:
        return
    for question in questions:
        say(for_command_line(question))
    # Outside the event loop: inside one, Ctrl-C would not end the wait for a line.
    if not confirm("" if len(questions) == 1 else f"Delete all {len(questions)}? "):
        raise CommandError("[not_confirmed] Nothing was deleted.")


async def _questions(tools: ToolClient, file_ids: Sequence[str]) -> list[str]:
    """The tool's own questions about these files. A file that cannot be deleted has none: the deletion says why."""
    from files_api_mcp.tools.delete import confirm_deletion

    questions: list[str] = []
    for file_id in file_ids:
        with suppress(CommandError):
            question = await tools.result(confirm_deletion, file_id=file_id)
            questions += [question] if question else []
    return questions
