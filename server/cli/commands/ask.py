"""`files-api-mcp ask`."""

import sys
from pathlib import Path
from typing import Any

import click

from files_api_mcp.server.cli.options import (
    ALLOW_SENSITIVE,
    DATA_DIR,
    MAX_FILE_SIZE,
    QUIET_LOG_LEVEL,
    SEMANTIC_MODEL,
    backend_options,
    settings_from,
)

__all__ = ["ask"]


@click.command()
@click.argument("question")
@click.argument("files", nargs=-1, metavar="[FILE|FILE_ID]...")
@click.option(
    "--max-tokens", type=click.IntRange(100, 20_000), default=1500, show_default=True, help="Of the passages together."
)
@click.option("--json", "as_json", is_flag=True, help="Print what an agent gets, in one line.")
@click.option("--open", "as_page", is_flag=True, help="Show the passages in a browser, beside the pages they stand on.")
@backend_options
@DATA_DIR
@MAX_FILE_SIZE
@ALLOW_SENSITIVE
@SEMANTIC_MODEL
@QUIET_LOG_LEVEL
def ask(question: str, files: tuple[str, ...], **options: Any) -> None:
    """Ask a QUESTION of files, by path or file_id, or of everything stored; print passages with file and page.

    \b
    files-api-mcp ask "What dividend does the board propose?" report.pdf --open
    """
    from files_api_mcp.server.cli.commands.ask_merge import AskOrder, run_ask
    from files_api_mcp.server.cli.paths import refuse_blank
    from files_api_mcp.server.logs import configure_logging

    refuse_blank("FILE", *files)
    folders = dict.fromkeys(path.resolve().parent for path in map(Path, files) if path.is_file())
    settings = settings_from(tuple(folders), options, allow_wide_root=True)
    configure_logging(settings.log_level.upper(), secret=settings.secret)
    order = AskOrder(question, files, options["max_tokens"], options["as_json"], options["as_page"])
    sys.exit(run_ask(order, settings))
