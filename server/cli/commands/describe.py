"""`files-api-mcp describe`."""

import sys
from functools import partial
from typing import Any

import click

from files_api_mcp.server.cli.completion import FILE_ID
from files_api_mcp.server.cli.options import AS_JSON, DATA_DIR, QUIET_LOG_LEVEL, backend_options, settings_from

__all__ = ["describe"]


@click.command()
@click.argument("file_id", type=FILE_ID)
@AS_JSON
@backend_options
@DATA_DIR
@QUIET_LOG_LEVEL
def describe(file_id: str, **options: Any) -> None:
    """Show what is known of a file: its metadata, its pages, and how it can be asked or read."""
    from files_api_mcp.server.cli.commands.browsing import run_describe
    from files_api_mcp.server.cli.exit_codes import run
    from files_api_mcp.server.logs import configure_logging

    settings = settings_from((), options)
    configure_logging(settings.log_level.upper(), secret=settings.secret)
    sys.exit(run(partial(run_describe, file_id, settings, as_json=options["as_json"])))
