"""`files-api-mcp download`."""

import sys
from functools import partial
from typing import Any

import click

from files_api_mcp.server.cli.completion import FILE_ID
from files_api_mcp.server.cli.options import AS_JSON, DATA_DIR, QUIET_LOG_LEVEL, backend_options, settings_from

__all__ = ["download"]


@click.command()
@click.argument("file_id", type=FILE_ID)
@click.option(
    "--save-as",
    type=click.Path(),
    default=".",
    metavar="PATH",
    help="The new file, or the folder for one of the same name.  [default: this folder]",
)
@click.option("--overwrite", is_flag=True, help="Replace a file that is there.")
@AS_JSON
@backend_options
@DATA_DIR
@QUIET_LOG_LEVEL
def download(file_id: str, save_as: str, overwrite: bool, **options: Any) -> None:  # noqa: FBT001
    """Save a stored file's exact bytes, and print where they are. An interrupted download leaves nothing."""
    from files_api_mcp.server.cli.commands.downloading import DownloadOrder, run_download
    from files_api_mcp.server.cli.exit_codes import run
    from files_api_mcp.server.cli.paths import folders_of, place_of, refuse_blank
    from files_api_mcp.server.logs import configure_logging

    refuse_blank("--save-as", save_as)
    place = place_of(save_as)
    settings = settings_from(folders_of([place]), options, allow_wide_root=True)
    configure_logging(settings.log_level.upper(), secret=settings.secret)
    sys.exit(run(partial(run_download, DownloadOrder(file_id, place, overwrite, options["as_json"]), settings)))
