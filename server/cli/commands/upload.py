"""`files-api-mcp upload`."""

from collections.abc import Sequence
from functools import partial
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
    EXPIRES_IN_HOURS,
    MAX_FILE_SIZE,
    QUIET_LOG_LEVEL,
    backend_options,
    settings_from,
)
from files_api_mcp.server.cli.output import CommandError, escape, is_terminal, print_json, print_row, say
from files_api_mcp.server.cli.paths import check_not_blank, check_not_wide, real_path, roots_for
from files_api_mcp.server.cli.progress import ProgressBars

if TYPE_CHECKING:
    from files_api_mcp.backends.errors import FilesError
    from files_api_mcp.backends.models import UploadedFile
    from files_api_mcp.server.settings import Settings

__all__ = ["upload"]

_CONCURRENT_UPLOADS = 4
_MOST_ROWS = 20


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(), metavar="PATH...")
@click.option("--title", metavar="TITLE", help="Title shown in lists; for a single file.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Tag for the files, to find them by (repeatable).")
@EXPIRES_IN_HOURS
@AS_JSON
@backend_options
@DATA_DIR
@MAX_FILE_SIZE
@ALLOW_SENSITIVE
@ALLOW_WIDE_ROOT
@QUIET_LOG_LEVEL
def upload(paths: tuple[str, ...], title: str | None, tags: tuple[str, ...], **options: Any) -> None:
    """Upload files, folders or globs, and print their file_ids. A file already stored is reused.

    It ends when the texts are read. Stopping it earlier is safe: what was printed is stored, and the next command that
    needs the texts goes on with reading. With --json it prints one line per PATH.

    \b
    files-api-mcp upload report.pdf contracts/ --tag acme --expires-in-hours 24
    """
    if title and len(paths) > 1:
        raise click.UsageError("--title needs a single PATH.")
    check_not_blank("PATH", *paths)
    if not options["allow_wide_root"]:
        check_not_wide(paths)
    real_paths = [real_path(path) for path in paths]
    settings = settings_from(roots_for(real_paths), options, allow_wide_root=True)
    calls = [{"path": path, "title": title, "tags": list(tags) or None} for path in real_paths]
    exit_with(lambda: _upload(paths, calls, settings, as_json=options["as_json"]), settings)


def _upload(paths: Sequence[str], calls: Sequence[dict[str, Any]], settings: "Settings", *, as_json: bool) -> int:
    several = len(paths) > 1
    rows = None if as_json or is_terminal() else _Rows(len(paths))
    with ProgressBars() as bars:
        titles = paths if several else [""]
        outcomes = with_tools(settings, lambda tools: _upload_all(tools, bars, titles, calls, rows))
    if rows and rows.is_closed:
        raise BrokenPipeError
    results = [outcome for outcome in outcomes if not isinstance(outcome, CommandError)]
    for result in results if as_json else ():
        print_json(result)
    if not as_json:
        _print(results, with_rows=rows is None)
    failed = any(result["failed"] for result in results)
    for path, outcome in zip(paths, outcomes, strict=True):
        if isinstance(outcome, CommandError):
            failed = True
            say(f"{outcome} ({path})" if several else outcome.text)
        elif rows is None:
            for one in outcome["failed"]:
                say(f"{for_command_line(one['error'])} ({one['path']})")
    return int(failed)


class _Rows:
    """Prints a line for each file as soon as it is stored, in the order of the paths that were given. Uploading goes on
    when nobody reads the lines any more."""

    def __init__(self, count: int) -> None:
        self.is_closed = False
        self._waiting: list[list[tuple[str, UploadedFile | FilesError]]] = [[] for _ in range(count)]
        self._done = [False] * count
        self._first = 0

    def add(self, index: int, path: str, outcome: "UploadedFile | FilesError") -> None:
        """Prints a file of one of the paths when all paths before it are done."""
        self._waiting[index].append((path, outcome))
        self._print_waiting()

    def finish(self, index: int) -> None:
        """Notes that a path has no more files."""
        self._done[index] = True
        self._print_waiting()

    def _print_waiting(self) -> None:
        while self._first < len(self._done):
            for path, outcome in self._waiting[self._first]:
                self._print(path, outcome)
            self._waiting[self._first].clear()
            if not self._done[self._first]:
                break
            self._first += 1

    def _print(self, path: str, outcome: "UploadedFile | FilesError") -> None:
        from files_api_mcp.backends.models import UploadedFile

        if not isinstance(outcome, UploadedFile):
            say(f"{for_command_line(outcome.text)} ({escape(path)})")
        elif not self.is_closed:
            record, state = outcome.record, "reused" if outcome.reused else "stored"
            try:
                print_row([record.id, record.filename, record.size_bytes, record.mime_type, state])
            except BrokenPipeError:
                self.is_closed = True


async def _upload_all(
    tools: ToolClient,
    bars: ProgressBars,
    titles: Sequence[str],
    calls: Sequence[dict[str, Any]],
    rows: _Rows | None,
) -> list[dict[str, Any] | CommandError]:
    """Uploads each path, with a bar for each, and waits until the texts are read; returns the outcomes in order."""
    from files_api_mcp.tools.arguments.signature import check_arguments
    from files_api_mcp.tools.context import failure_in
    from files_api_mcp.tools.upload import upload as upload_path
    from files_api_mcp.tools.upload import upload_file

    outcomes: list[dict[str, Any] | CommandError] = [CommandError("")] * len(calls)
    limiter = anyio.CapacityLimiter(_CONCURRENT_UPLOADS)

    async def upload_one(index: int) -> None:
        async with limiter:
            with bars.bar(titles[index]) as report:
                try:
                    given = check_arguments(upload_file, calls[index])
                    watch = partial(rows.add, index) if rows else None
                    result = await upload_path(tools.call(report), **given, watch=watch, until_read=True)
                    outcomes[index] = result.model_dump(mode="json", exclude_none=True)
                except Exception as exc:  # noqa: BLE001 - one path must not stop the others
                    outcomes[index] = CommandError(for_command_line(failure_in(exc).text))
            if rows:
                rows.finish(index)

    async with anyio.create_task_group() as group:
        for index in range(len(calls)):
            group.start_soon(upload_one, index)
    return outcomes


def _print(results: Sequence[dict[str, Any]], *, with_rows: bool) -> None:
    files = [file for result in results for file in result["files"]]
    if files and with_rows:
        from files_api_mcp.server.cli.tables import print_uploads

        print_uploads(files[:_MOST_ROWS])
    for file in files:
        if "note" in file:
            say(f"{file['filename']}: {for_command_line(file['note'])}")
    for result in results:
        if counts := result.get("counts"):
            say(f"{counts['files']:,} files: {_totals(counts)}.")
        if "skipped" in result:
            say(for_command_line(f"Skipped: {result['skipped']}."))
        if "next" in result:
            say(for_command_line(f"{result['next']}."))


def _totals(counts: dict[str, int]) -> str:
    words = {"new": "stored", "reused": "already stored", "failed": "failed"}
    return ", ".join(f"{counts[name]:,} {word}" for name, word in words.items() if counts[name])
