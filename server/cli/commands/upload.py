"""`files-api-mcp upload`."""

import sys
from functools import partial
from typing import Any

import click

from files_api_mcp.server.cli.options import (
    ALLOW_SENSITIVE,
    ALLOW_WIDE_ROOT,
    AS_JSON,
    DATA_DIR,
    MAX_FILE_SIZE,
    QUIET_LOG_LEVEL,
    backend_options,
    settings_from,
)

__all__ = ["upload"]


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(), metavar="PATH...")
@click.option("--title", metavar="TITLE", help="What the file is called in lists; for a single file.")
@click.option(
    "--expires-in-hours", type=click.IntRange(1, 2160), metavar="N", help="Let it go by itself after N hours."
)
@AS_JSON
@backend_options
@DATA_DIR
@MAX_FILE_SIZE
@ALLOW_SENSITIVE
@ALLOW_WIDE_ROOT
@QUIET_LOG_LEVEL
def upload(paths: tuple[str, ...], title: str | None, expires_in_hours: int | None, **options: Any) -> None:
    """Store files, folders or globs, and print their file_ids; what is there already is not stored again.

    With --json there is a line for each PATH.

    \b
    files-api-mcp upload report.pdf contracts/ --expires-in-hours 24
    """
    if title and len(paths) > 1:
        raise click.UsageError("--title names one file, and there are several.")
    from files_api_mcp.server.cli.commands.uploading import UploadOrder, run_upload
    from files_api_mcp.server.cli.exit_codes import run
    from files_api_mcp.server.cli.paths import folders_of, real_path, refuse_blank, refuse_wide
    from files_api_mcp.server.logs import configure_logging

    refuse_blank("PATH", *paths)
    if not options["allow_wide_root"]:
        refuse_wide(paths)
    settings = settings_from(folders_of([real_path(path) for path in paths]), options, allow_wide_root=True)
    configure_logging(settings.log_level.upper(), secret=settings.secret)
    sys.exit(run(partial(run_upload, UploadOrder(paths, title, expires_in_hours, options["as_json"]), settings)))
