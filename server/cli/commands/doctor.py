"""`files-api-mcp doctor`."""

import sys
from pathlib import Path
from typing import Any

import click

from files_api_mcp.server.cli.options import DATA_DIR, ROOTS, backend_options, settings_from

__all__ = ["doctor"]


@click.command()
@ROOTS
@backend_options
@DATA_DIR
def doctor(roots: tuple[Path, ...], **options: Any) -> None:
    """Check the set-up: versions, backend, data folder, store, roots. Exit code 1 says that something must be done."""
    settings = settings_from(roots, options)
    from files_api_mcp.server.cli.commands.doctor_merge import run_doctor

    sys.exit(run_doctor(settings))
