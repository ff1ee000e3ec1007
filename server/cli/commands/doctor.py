"""`files-api-mcp doctor`."""

import sys
from typing import Any

import click

from files_api_mcp.server.cli.options import ALLOW_WIDE_ROOT, DATA_DIR, ROOTS, backend_options, settings_from

__all__ = ["doctor"]


@click.command()
@ROOTS
@backend_options
@DATA_DIR
@ALLOW_WIDE_ROOT
def doctor(roots: tuple[str, ...], **options: Any) -> None:
    """Check the set-up: versions, backend, data folder, store, roots. Exits with 1 if anything needs fixing."""
    settings = settings_from(roots, options)
    from files_api_mcp.server.cli.commands.doctor_merge import run_doctor

    sys.exit(run_doctor(settings))
