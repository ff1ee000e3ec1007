"""`files-api-mcp delete`."""

import sys
from functools import partial
from typing import Any

import click

from files_api_mcp.server.cli.completion import FILE_ID
from files_api_mcp.server.cli.options import AS_JSON, DATA_DIR, QUIET_LOG_LEVEL, backend_options, settings_from

__all__ = ["delete"]


@click.command()
@click.argument("file_ids", nargs=-1, required=True, type=FILE_ID, metavar="FILE_ID...")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@AS_JSON
@backend_options
@DATA_DIR
@QUIET_LOG_LEVEL
def delete(file_ids: tuple[str, ...], yes: bool, **options: Any) -> None:  # noqa: FBT001
    """Delete stored files for good. It asks first; where nobody can be asked, it needs --yes.

    With --json there is a line for each FILE_ID.
    """
    from files_api_mcp.server.cli.commands.deleting import DeleteOrder, run_delete
    from files_api_mcp.server.cli.exit_codes import run
    from files_api_mcp.server.logs import configure_logging

    settings = settings_from((), options)
    configure_logging(settings.log_level.upper(), secret=settings.secret)
    sys.exit(run(partial(run_delete, DeleteOrder(file_ids, yes, options["as_json"]), settings)))
