"""`files-api-mcp delete`."""

import sys
from functools import partial
from typing import Any

import click

from files_api_mcp.server.options import AS_JSON, DATA_DIR, QUIET_LOG_LEVEL, backend_options, settings_from
from files_api_mcp.server.shell import FILE_ID

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
    from files_api_mcp.server.logs import configure_logging
    from files_api_mcp.server.people.deleting import DeleteOrder, run_delete
    from files_api_mcp.server.people.running import run

    settings = settings_from((), options)
    configure_logging(settings.log_level.upper(), secret=settings.secret)
    sys.exit(run(partial(run_delete, DeleteOrder(file_ids, yes, options["as_json"]), settings)))
