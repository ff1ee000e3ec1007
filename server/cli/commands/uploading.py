"""`files-api-mcp upload`."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import anyio

from files_api_mcp.server.cli.client import Tools, with_tools
from files_api_mcp.server.cli.messages import for_people
from files_api_mcp.server.cli.output import CommandError, is_terminal, print_json, print_row, say
from files_api_mcp.server.cli.paths import real_path
from files_api_mcp.server.cli.progress import Bars
from files_api_mcp.server.settings import Settings

__all__ = ["UploadOrder", "run_upload"]

_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class UploadOrder:
    """Files, folders and globs to be stored."""

    paths: Sequence[str]
    title: str | None
    expires_in_hours: int | None
    as_json: bool


def run_upload(order: UploadOrder, settings: Settings) -> int:
    """Store everything named and print what became of it; returns 0 when all of it was stored, else 1."""
    places = [real_path(name) for name in order.paths]
    with Bars() as bars:
        outcomes = with_tools(settings, partial(_upload, order, places, bars))
    several = len(order.paths) > 1
    failures: list[str] = []
    for path, outcome in zip(order.paths, outcomes, strict=True):
        if isinstance(outcome, CommandError):
            failures.append(f"{outcome} ({path})" if several else outcome.text)
        elif order.as_json:
            print_json(outcome)
        if not isinstance(outcome, CommandError):
            failures += [f"{for_people(failed['error'])} ({failed['path']})" for failed in outcome["failed"]]
    if not order.as_json:
        _show([outcome for outcome in outcomes if not isinstance(outcome, CommandError)])
    for failure in failures:
        say(failure)
    return 1 if failures else 0


async def _upload(
    order: UploadOrder, places: Sequence[str], bars: Bars, tools: Tools
) -> list[dict[str, Any] | CommandError]:
    outcomes: list[dict[str, Any] | CommandError] = [CommandError("")] * len(order.paths)
    gate = anyio.CapacityLimiter(_AT_ONCE)

    async def one(number: int, name: str) -> None:
        async with gate:
            with bars.bar(name if len(order.paths) > 1 else "") as report:
                try:
                    outcomes[number] = await tools.data(
                        "upload_file",
                        report,
                        path=places[number],
                        title=order.title,
                        expires_in_hours=order.expires_in_hours,
                    )
                except CommandError as exc:
                    outcomes[number] = exc

    async with anyio.create_task_group() as group:
        for number, name in enumerate(order.paths):
            group.start_soon(one, number, name)
    return outcomes


def _show(results: Sequence[dict[str, Any]]) -> None:
    files = [file for result in results for file in result["files"]]
    if files and is_terminal():
        from files_api_mcp.server.cli.tables import show_uploads

        show_uploads(files)
    elif files:
        for file in files:
            state = "reused" if file["reused"] else "stored"
            print_row([file["file_id"], file["filename"], file["size_bytes"], file["mime_type"], state])
    for file in files:
        if "note" in file:
            say(f"{file['filename']}: {for_people(file['note'])}")
    for result in results:
        if "skipped" in result:
            say(for_people(f"Passed over: {result['skipped']}."))
        if "next" in result:
            say(for_people(f"{result['next']}."))
