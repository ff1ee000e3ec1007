"""`files-api-mcp delete`."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from mcp.client.session import ClientRequestContext
from mcp.types import ElicitRequestParams, ElicitResult

from files_api_mcp.server.cli.client import Tools, with_tools
from files_api_mcp.server.cli.messages import for_people
from files_api_mcp.server.cli.output import (
    CommandError,
    ask,
    can_ask,
    is_terminal,
    print_json,
    print_line,
    print_row,
    say,
)
from files_api_mcp.server.settings import Settings

__all__ = ["DeleteOrder", "run_delete"]


@dataclass(frozen=True, slots=True)
class DeleteOrder:
    """What is deleted; `confirmed` says that the person was sure when they typed it."""

    file_ids: Sequence[str]
    confirmed: bool
    as_json: bool


def run_delete(order: DeleteOrder, settings: Settings) -> int:
    """Delete files for good, after asking on a terminal; returns 0 when all of them are gone, else 1.

    Raises:
        CommandError: The person is not sure, or cannot be asked; nothing was deleted.
    """
    if not order.confirmed:
        _ask(order.file_ids, settings)
    outcomes = with_tools(settings, partial(_delete, order.file_ids))
    for outcome in outcomes:
        if isinstance(outcome, CommandError):
            say(outcome.text)
        elif order.as_json:
            print_json(outcome)
        else:
            _show(outcome)
    return 1 if any(isinstance(outcome, CommandError) for outcome in outcomes) else 0


async def _delete(file_ids: Sequence[str], tools: Tools) -> list[dict[str, Any] | CommandError]:
    outcomes: list[dict[str, Any] | CommandError] = []
    for file_id in file_ids:
        try:
            outcomes.append(await tools.data("delete_file", file_id=file_id))
        except CommandError as exc:
            outcomes.append(exc)
    return outcomes


def _show(gone: dict[str, Any]) -> None:
    state = "was deleted before" if gone.get("already_deleted") else "deleted"
    if is_terminal():
        print_line(f"{gone['filename']} ({gone['file_id']}) {state}")
    else:
        print_row([gone["file_id"], gone["filename"], state])


def _ask(file_ids: Sequence[str], settings: Settings) -> None:
    if not can_ask():
        raise CommandError("[not_confirmed] Nobody can be asked here, and nothing was deleted. Give --yes to delete.")
    questions = _questions(file_ids, settings)
    if not questions:
        return
    for question in questions:
        say(for_people(question))
    # Between two runs of the event loop: while one runs, Ctrl-C would not end the wait for a line.
    if not ask("" if len(questions) == 1 else f"All {len(questions)}? "):
        raise CommandError("[not_confirmed] Nothing was deleted.")


def _questions(file_ids: Sequence[str], settings: Settings) -> list[str]:
    """What the tool itself would have a person asked, by a client that says no for now."""
    heard: list[str] = []

    async def decline(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:  # noqa: ARG001
        heard.append(params.message)
        return ElicitResult(action="decline")

    with_tools(settings, partial(_delete, file_ids), decline)
    return heard
