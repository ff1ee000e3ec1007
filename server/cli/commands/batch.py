"""`files-api-mcp batch`."""

import sys
from pathlib import Path
from typing import IO, Any

import click

from files_api_mcp.server.cli.options import (
    ALLOW_SENSITIVE,
    DATA_DIR,
    LOG_LEVEL,
    MAX_FILE_SIZE,
    SEMANTIC_MODEL,
    backend_options,
    settings_from,
)
from files_api_mcp.server.settings import BadSettings

__all__ = ["batch"]


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE..."
)
@click.option(
    "--questions",
    type=click.File(encoding="utf-8-sig"),
    metavar="FILE",
    help="Questions, one a line; empty lines and lines that begin with # are passed over. - is standard input.",
)
@click.option("--question", "-q", multiple=True, help="Ask this too; repeatable.")
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Write there, not to standard output."
)
@click.option(
    "--max-tokens", type=click.IntRange(100, 20_000), default=1500, show_default=True, help="For each answer."
)
@click.option("--cancel", is_flag=True, help="End the batches that this command began, and ask nothing.")
@backend_options
@DATA_DIR
@MAX_FILE_SIZE
@ALLOW_SENSITIVE
@SEMANTIC_MODEL
@LOG_LEVEL
def batch(
    files: tuple[Path, ...], questions: IO[str] | None, question: tuple[str, ...], output: Path | None, **options: Any
) -> None:
    """Ask every question of every FILE, and write one line of JSON for each answer, with its citations.

    At Anthropic's API this is a Message Batch: half the price, documents cached, done within minutes to a day. An
    interrupted command loses nothing: the same command again collects the answers, and asks anew only what failed.

    \b
    files-api-mcp batch reports/*.pdf --questions questions.txt -o answers.jsonl
    """
    from files_api_mcp.server.cli.commands.batch_merge import BatchOrder, questions_in, run_batch
    from files_api_mcp.server.logs import configure_logging

    asked = questions_in("\n".join([*question, questions.read() if questions else ""]))
    if not asked:
        raise BadSettings("There is no question. Give --questions FILE or --question TEXT.")
    folders = tuple(dict.fromkeys(file.resolve().parent for file in files))
    settings = settings_from(folders, options, allow_wide_root=True)
    order = BatchOrder(files, asked, options["max_tokens"], output, options["cancel"])
    configure_logging(settings.log_level.upper(), secret=settings.secret)
    sys.exit(run_batch(order, settings))
