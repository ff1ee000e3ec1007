"""`files-api-mcp upload`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import anyio
import click

from files_api_mcp.server.cli.client import ToolClient, with_tools
from files_api_mcp.server.cli.exit_codes import exit_with
from files_api_mcp.server.cli.messages import for_command_line
from files_api_mcp.server.cli.options import (
    ALLOW_SENSITIVE,
    ALLOW_WIDE_ROOT,
    AS_JSON,
    DATA_DIR,
    MAX_FILE_SIZE,
    QUIET_LOG_LEVEL,
    backend_options,
    settings_from,
)
from files_api_mcp.server.cli.output import CommandError, is_terminal, print_json, print_row, say
from files_api_mcp.server.cli.paths import check_not_blank, check_not_wide, real_path, roots_for
from files_api_mcp.server.cli.progress import ProgressBars

if TYPE_CHECKING:
    from files_api_mcp.server.settings import Settings

__all__ = ["upload"]

_CONCURRENT_UPLOADS = 4


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(), metavar="PATH...")
@click.option("--title", metavar="TITLE", help="Title shown in lists; for a single file.")
@click.option(
    "--expires-in-hours", type=click.IntRange(1, 2160), metavar="N", help="Delete the file automatically after N hours."
)
@AS_JSON
@backend_options
@DATA_DIR
@MAX_FILE_SIZE
@ALLOW_SENSITIVE
@ALLOW_WIDE_ROOT
@QUIET_LOG_LEVEL
def upload(paths: tuple[str, ...], title: str | None, expires_in_hours: int | None, **options: Any) -> None:
    """Upload files, folders or globs, and print their file_ids. A file already stored is reused.

    With --json it prints one line per PATH.

    \b
    files-api-mcp upload report.pdf contracts/ --expires-in-hours 24
    """
    if title and len(paths) > 1:
        raise click.UsageError("--title needs a single PATH.")
    check_not_blank("PATH", *paths)
    if not options["allow_wide_root"]:
        check_not_wide(paths)
    real_paths = [real_path(path) for path in paths]
    settings = settings_from(roots_for(real_paths), options, allow_wide_root=True)
    calls = [{"path": path, "title": title, "expires_in_hours": expires_in_hours} for path in real_paths]
    exit_with(lambda: _upload(paths, calls, settings, as_json=options["as_json"]), settings)


def _upload(paths: Sequence[str], calls: Sequence[dict[str, Any]], settings: "Settings", *, as_json: bool) -> int:
    several = len(paths) > 1
    with ProgressBars() as bars:
        titles = paths if several else [""]
        outcomes = with_tools(settings, lambda tools: _upload_all(tools, bars, titles, calls))
    results: list[dict[str, Any]] = []
    failures: list[str] = []
    for path, outcome in zip(paths, outcomes, strict=True):
        if isinstance(outcome, CommandError):
            failures.append(f"{outcome} ({path})" if several else outcome.text)
            continue
        results.append(outcome)
        failures += [f"{for_command_line(failed['error'])} ({failed['path']})" for failed in outcome["failed"]]
        if as_json:
            print_json(outcome)
    if not as_json:
        _print(results)
    for failure in failures:
        say(failure)
    return 1 if failures else 0


async def _upload_all(
    tools: ToolClient, bars: ProgressBars, titles: Sequence[str], calls: Sequence[dict[str, Any]]
) -> list[dict[str, Any] | CommandError]:
    """Calls upload_file with each set of arguments, a bar for each; returns the outcomes in their order."""
    from files_api_mcp.tools.context import failure_in
    from files_api_mcp.tools.upload import upload_file

    outcomes: list[dict[str, Any] | CommandError] = [CommandError("")] * len(calls)
    limiter = anyio.CapacityLimiter(_CONCURRENT_UPLOADS)

    async def upload_one(index: int) -> None:
        async with limiter:
            with bars.bar(titles[index]) as report:
                try:
                    outcomes[index] = await tools.data(upload_file, report, **calls[index])
                except CommandError as exc:
                    outcomes[index] = exc
                except Exception as exc:  # noqa: BLE001 - one path must not stop the others
                    outcomes[index] = CommandError(failure_in(exc).text)

    async with anyio.create_task_group() as group:
        for index in range(len(calls)):
            group.start_soon(upload_one, index)
    return outcomes


def _print(results: Sequence[dict[str, Any]]) -> None:
    files = [file for result in results for file in result["files"]]
    if files and is_terminal():
        from files_api_mcp.server.cli.tables import print_uploads

        print_uploads(files)
    else:
        for file in files:
            state = "reused" if file["reused"] else "stored"
            print_row([file["file_id"], file["filename"], file["size_bytes"], file["mime_type"], state])
    for file in files:
        if "note" in file:
            say(f"{file['filename']}: {for_command_line(file['note'])}")
    for result in results:
        if "skipped" in result:
            say(for_command_line(f"Skipped: {result['skipped']}."))
        if "next" in result:
            say(for_command_line(f"{result['next']}."))
