"""`files-api-mcp find`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
from anyio import to_thread

from files_api_mcp.server.cli.exit_codes import exit_with
from files_api_mcp.server.cli.named_files import is_file_id, stored_file_id
from files_api_mcp.server.cli.options import (
    ALLOW_SENSITIVE,
    DATA_DIR,
    MAX_FILE_SIZE,
    PAGES,
    QUIET_LOG_LEVEL,
    WITHIN,
    backend_options,
    settings_from,
)
from files_api_mcp.server.cli.output import Styled, escape_lines, print_json, print_line, print_text, say
from files_api_mcp.server.cli.paths import check_not_blank, real_path, roots_for
from files_api_mcp.server.cli.progress import ProgressBars
from files_api_mcp.server.collection import run_event_loop

if TYPE_CHECKING:
    from files_api_mcp.backends.text_finder import FoundText, TextQuery
    from files_api_mcp.server.settings import Settings

__all__ = ["find"]


@click.command()
@click.argument("pattern")
@click.argument("files", nargs=-1, metavar="[FILE|FILE_ID]...")
@WITHIN
@PAGES
@click.option("--regex", is_flag=True, help="PATTERN is a regular expression, in the syntax of RE2.")
@click.option("--exact", is_flag=True, help="Case and accents count.")
@click.option("--context", type=click.IntRange(0, 20), default=0, metavar="N", help="Lines before and after a match.")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True, metavar="N", help="Matches shown.")
@click.option("--json", "as_json", is_flag=True, help="Print the tool's result as one line of JSON.")
@backend_options
@DATA_DIR
@MAX_FILE_SIZE
@ALLOW_SENSITIVE
@QUIET_LOG_LEVEL
def find(pattern: str, files: tuple[str, ...], **options: Any) -> None:
    """Find every place of a phrase in files, given by path or file_id, and print the lines that hold it.

    A phrase is found whatever its case, accents, line ends and hyphenation. With no FILE it searches all stored files.
    It exits with 1 if nothing is found.

    \b
    files-api-mcp find "governing law" contracts/*.pdf
    files-api-mcp find --regex "INV-\\d{4}-\\d+" --within invoices/
    """
    check_not_blank("FILE", *files)
    paths = [real_path(file) for file in files if not is_file_id(file)]
    settings = settings_from(roots_for(paths), options, allow_wide_root=True)
    exit_with(lambda: _find(_query(pattern, options), files, settings, as_json=options["as_json"]), settings)


def _query(pattern: str, options: dict[str, Any]) -> "TextQuery":
    from files_api_mcp.backends.text_finder import TextQuery
    from files_api_mcp.tools.ask import scope

    within, pages = scope(options["within"], options["pages"])
    return TextQuery(
        pattern,
        within=within,
        pages=pages,
        regex=options["regex"],
        exact=options["exact"],
        context=options["context"],
        limit=options["limit"],
    )


def _find(query: "TextQuery", files: Sequence[str], settings: "Settings", *, as_json: bool) -> int:
    from files_api_mcp.server.dependencies import open_backend
    from files_api_mcp.tools.find import find_result

    async def run() -> int:
        async with open_backend(settings) as backend:
            with bars.bar() as report:
                file_ids = [await stored_file_id(file, backend, settings, report) for file in files]
                found = await backend.finder.find_text(query, file_ids, report)
            await to_thread.run_sync(bars.clear)
            if as_json:
                print_json(find_result(found).model_dump(exclude_none=True))
            else:
                _print(found)
        return 0 if found.total else 1

    with ProgressBars(lines=True) as bars:
        return run_event_loop(run)


def _print(found: "FoundText") -> None:
    for match in found.matches:
        more = f"{match.count} matches" if match.count > 1 else ""
        print_line(Styled(f"{match.filename}, {match.where}", "bold"), "  ", Styled(more, "dim"))
        print_text("".join(f"    {escape_lines(line)}\n" for line in match.text.splitlines()), "\n")
    for note in found.notes:
        say(note)
    shown = sum(match.count for match in found.matches)
    if found.total > shown:
        say(f"{found.total - shown:,} more matches; --limit shows more.")
    elif not found.total:
        say("Nothing was found.")
