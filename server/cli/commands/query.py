"""`files-api-mcp query`."""

from typing import TYPE_CHECKING, Any

import click
from anyio import to_thread

from files_api_mcp.server.cli.completion import FILE
from files_api_mcp.server.cli.exit_codes import exit_with
from files_api_mcp.server.cli.messages import for_command_line
from files_api_mcp.server.cli.named_files import is_file_id, stored_file_id
from files_api_mcp.server.cli.options import (
    ALLOW_SENSITIVE,
    AS_JSON,
    DATA_DIR,
    MAX_FILE_SIZE,
    QUIET_LOG_LEVEL,
    backend_options,
    settings_from,
)
from files_api_mcp.server.cli.output import is_terminal, print_json, print_row, say
from files_api_mcp.server.cli.paths import check_not_blank, real_path, roots_for
from files_api_mcp.server.cli.progress import ProgressBars
from files_api_mcp.server.collection import run_event_loop

if TYPE_CHECKING:
    from files_api_mcp.backends.table_querier import TableQuery
    from files_api_mcp.server.settings import Settings
    from files_api_mcp.tools.tables.query import QueryResult

__all__ = ["query"]


@click.command()
@click.argument("file", type=FILE, metavar="FILE|FILE_ID")
@click.argument("sql")
@click.option("--sheet", metavar="NAME", help="The sheet or table that `data` is, instead of the first.")
@AS_JSON
@backend_options
@DATA_DIR
@MAX_FILE_SIZE
@ALLOW_SENSITIVE
@QUIET_LOG_LEVEL
def query(file: str, sql: str, **options: Any) -> None:
    """Run a SELECT of SQLite over the tables of a file, given by path or file_id, and print the first 200 rows.

    `data` is the first table, or the one that --sheet names; others are named in double quotes. `files-api-mcp
    describe` shows the tables and their columns. `_row` is a row's number in its sheet or file.

    \b
    files-api-mcp query sales.xlsx 'SELECT "Region", SUM("Amount") FROM data GROUP BY 1'
    files-api-mcp query sales.xlsx 'SELECT * FROM data ORDER BY "Date" DESC LIMIT 5' --sheet 2025
    files-api-mcp query sales.xlsx 'SELECT * FROM "2024" JOIN "2025" USING ("Customer")'
    """
    check_not_blank("FILE", file)
    settings = settings_from(roots_for([] if is_file_id(file) else [real_path(file)]), options, allow_wide_root=True)
    exit_with(lambda: _query(file, _table_query(sql, options["sheet"]), settings, as_json=options["as_json"]), settings)


def _table_query(sql: str, sheet: str | None) -> "TableQuery":
    from files_api_mcp.backends.table_querier import TableQuery

    return TableQuery(sql, sheet)


def _query(file: str, wanted: "TableQuery", settings: "Settings", *, as_json: bool) -> int:
    from files_api_mcp.server.dependencies import open_backend
    from files_api_mcp.tools.tables.query import query_result

    async def run() -> None:
        async with open_backend(settings) as backend:
            with bars.bar() as report:
                file_id = await stored_file_id(file, backend, settings, report)
                found = query_result(await backend.tables.query_table(file_id, wanted, report))
            await to_thread.run_sync(bars.clear)
            if as_json:
                print_json(found.model_dump(mode="json", exclude_none=True))
            else:
                _print(found)

    with ProgressBars(lines=True) as bars:
        run_event_loop(run)
    return 0


def _print(found: "QueryResult") -> None:
    if is_terminal():
        from files_api_mcp.server.cli.tables import print_rows

        print_rows(found.columns, found.rows)
    else:
        print_row(found.columns)
        for row in found.rows:
            print_row(row)
    for note in found.notes or ():
        say(for_command_line(note))
    say(found.next or f"{found.total_rows:,} {'row' if found.total_rows == 1 else 'rows'}.")
