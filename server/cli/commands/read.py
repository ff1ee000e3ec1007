"""`files-api-mcp read`."""

import sys
from functools import partial
from typing import Any

import click

from files_api_mcp.server.cli.completion import FILE_ID
from files_api_mcp.server.cli.options import AS_JSON, DATA_DIR, QUIET_LOG_LEVEL, backend_options, settings_from

__all__ = ["read"]


def _pages(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    from files_api_mcp.tools.arguments import parse_pages

    try:
        if value is not None:
            parse_pages(value)
    except ValueError as exc:
        raise click.BadParameter(str(exc)) from None
    return value


@click.command()
@click.argument("file_id", type=FILE_ID)
@click.option("--pages", callback=_pages, metavar="PAGES", help='These alone, as "7" or "3-5".')
@click.option(
    "--start-char", type=click.IntRange(min=0), metavar="N", help="From there on: in one page, or a text without pages."
)
@AS_JSON
@backend_options
@DATA_DIR
@QUIET_LOG_LEVEL
def read(file_id: str, pages: str | None, start_char: int | None, **options: Any) -> None:
    """Print a document's text with marks of its pages. With --json it is the 20,000 characters that an agent gets."""
    from files_api_mcp.server.cli.commands.reading import ReadOrder, run_read
    from files_api_mcp.server.cli.exit_codes import run
    from files_api_mcp.server.logs import configure_logging

    settings = settings_from((), options)
    configure_logging(settings.log_level.upper(), secret=settings.secret)
    sys.exit(run(partial(run_read, ReadOrder(file_id, pages, start_char, options["as_json"]), settings)))
