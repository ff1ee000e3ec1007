"""`files-api-mcp describe`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import click

from files_api_mcp.server.cli.client import ToolClient, with_tools
from files_api_mcp.server.cli.completion import FILE_ID
from files_api_mcp.server.cli.exit_codes import exit_with
from files_api_mcp.server.cli.messages import for_command_line
from files_api_mcp.server.cli.options import AS_JSON, DATA_DIR, QUIET_LOG_LEVEL, backend_options, settings_from
from files_api_mcp.server.cli.output import is_terminal, print_json, print_row
from files_api_mcp.server.cli.progress import ProgressBars

if TYPE_CHECKING:
    from files_api_mcp.server.settings import Settings

__all__ = ["describe"]


@click.command()
@click.argument("file_id", type=FILE_ID)
@AS_JSON
@backend_options
@DATA_DIR
@QUIET_LOG_LEVEL
def describe(file_id: str, **options: Any) -> None:
    """Show a file's metadata, number of pages and tables, and whether you can read it and ask about it."""
    settings = settings_from((), options)
    exit_with(lambda: _describe(file_id, settings, as_json=options["as_json"]), settings)


def _describe(file_id: str, settings: "Settings", *, as_json: bool) -> int:
    from files_api_mcp.tools.describe import describe_whole

    async def call(tools: ToolClient) -> dict[str, Any]:
        with bars.bar() as report:
            return await tools.data(describe_whole, report, file_id=file_id)

    with ProgressBars() as bars:
        file = with_tools(settings, call)
    if as_json:
        print_json(file)
    elif is_terminal():
        from files_api_mcp.server.cli.tables import print_description

        print_description(file)
    else:
        for name, value in file.items():
            for one in cast("list[object]", value) if isinstance(value, list) else [value]:
                print_row([name, *_cells(name, one)])
    return 0


def _cells(name: str, value: Any) -> Iterator[str]:
    """The cells of a field. Of a table, these are its name, place, number of rows and columns."""
    if name != "tables":
        yield _cell(name, value)
        return
    yield from (value["name"], value["where"], str(value["rows"]), *value["columns"])


def _cell(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return for_command_line(value) if name == "next" else str(value)
