"""`files-api-mcp list`."""

import sys
from functools import partial
from typing import Any

import click

from files_api_mcp.server.cli.options import AS_JSON, DATA_DIR, QUIET_LOG_LEVEL, backend_options, settings_from

__all__ = ["list"]


@click.command()
@click.option("--name-contains", metavar="TEXT", help="Files alone whose names hold this, in any case.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many.")
@click.option("--all", "everything", is_flag=True, help="All of them, however many.")
@AS_JSON
@backend_options
@DATA_DIR
@QUIET_LOG_LEVEL
def list(name_contains: str | None, limit: int, everything: bool, **options: Any) -> None:  # noqa: A001, FBT001
    """List stored files, newest first: as a table, or, piped, as lines of tab-separated file_id, name, bytes, type,
    stored, expires, title."""
    from files_api_mcp.server.cli.commands.browsing import ListOrder, run_list
    from files_api_mcp.server.cli.exit_codes import run
    from files_api_mcp.server.logs import configure_logging

    settings = settings_from((), options)
    configure_logging(settings.log_level.upper(), secret=settings.secret)
    sys.exit(run(partial(run_list, ListOrder(name_contains, limit, everything, options["as_json"]), settings)))
