"""`files-api-mcp download`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from files_api_mcp.backends.validation import safe_filename
from files_api_mcp.server.cli.client import ToolClient, with_tools
from files_api_mcp.server.cli.completion import FILE_ID
from files_api_mcp.server.cli.exit_codes import exit_with
from files_api_mcp.server.cli.options import AS_JSON, DATA_DIR, QUIET_LOG_LEVEL, backend_options, settings_from
from files_api_mcp.server.cli.output import CommandError, can_prompt, confirm, is_terminal, print_json, print_line
from files_api_mcp.server.cli.paths import check_not_blank, roots_for, save_path
from files_api_mcp.server.cli.progress import ProgressBars

if TYPE_CHECKING:
    from files_api_mcp.server.settings import Settings

__all__ = ["download"]


@click.command()
@click.argument("file_id", type=FILE_ID)
@click.option(
    "--save-as",
    type=click.Path(),
    default=".",
    metavar="PATH",
    help="Path of the new file, or a folder to keep the stored name.  [default: the current folder]",
)
@click.option("--overwrite", is_flag=True, help="Replace an existing file.")
@AS_JSON
@backend_options
@DATA_DIR
@QUIET_LOG_LEVEL
def download(file_id: str, save_as: str, overwrite: bool, **options: Any) -> None:  # noqa: FBT001
    """Save a stored file, byte for byte, and print its path. An interrupted download leaves no partial file. On a
    terminal it asks before it replaces a file.

    A stored name that programs run or obey, such as CLAUDE.md or run.sh, must be typed as part of --save-as.
    """
    check_not_blank("--save-as", save_as)
    path = save_path(save_as)
    # Who types a name means it; the name that a file was stored with is the choice of somebody else.
    options["allow_sensitive"] = not os.path.isdir(path)  # noqa: PTH112  the path stays as it is
    settings = settings_from(roots_for([path]), options, allow_wide_root=True)
    as_json = options["as_json"]
    exit_with(lambda: _download(file_id, path, settings, overwrite=overwrite, as_json=as_json), settings)


def _download(file_id: str, save_as: str, settings: "Settings", *, overwrite: bool, as_json: bool) -> int:
    from files_api_mcp.tools.download import download_file

    async def call(tools: ToolClient) -> dict[str, Any]:
        with bars.bar() as report:
            return await tools.data(download_file, report, file_id=file_id, save_as=path, overwrite=overwrite)

    path = _with_name(save_as, file_id, settings)
    if not overwrite and can_prompt() and os.path.lexists(path):
        # Outside the event loop: inside one, Ctrl-C would not end the wait for a line.
        if not confirm(f"Replace {path}? This cannot be undone. "):
            raise CommandError("[not_confirmed] Nothing was saved.")
        overwrite = True
    with ProgressBars() as bars:
        saved = with_tools(settings, call)
    if as_json:
        print_json(saved)
    elif is_terminal():
        from files_api_mcp.tools.formatting import format_size

        print_line(f"{saved['saved_as']}  ({format_size(saved['size_bytes'])})")
    else:
        print_line(saved["saved_as"])
    return 0


def _with_name(path: str, file_id: str, settings: "Settings") -> str:
    """The path itself, or that of the file in this folder with the name that it was stored with."""
    if not os.path.isdir(path):  # noqa: PTH112
        return path
    from files_api_mcp.tools.describe import describe_file

    file = with_tools(settings, lambda tools: tools.data(describe_file, file_id=file_id))
    return str(Path(path, safe_filename(file["filename"])))
