"""`files-api-mcp download`."""

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from anyio import to_thread

from files_api_mcp.backends.validation import safe_filename
from files_api_mcp.server.cli.client import Tools, with_tools
from files_api_mcp.server.cli.output import is_terminal, print_json, print_line, size
from files_api_mcp.server.cli.progress import Bars
from files_api_mcp.server.settings import Settings

__all__ = ["DownloadOrder", "run_download"]


@dataclass(frozen=True, slots=True)
class DownloadOrder:
    """Which file is saved where: at a path that does not lead through links, or, in a folder, under its own name."""

    file_id: str
    save_as: str
    overwrite: bool
    as_json: bool


def run_download(order: DownloadOrder, settings: Settings) -> int:
    """Save a stored file's bytes and print where they are; returns 0."""
    with Bars() as bars:
        saved = with_tools(settings, partial(_download, order, bars))
    if order.as_json:
        print_json(saved)
    elif is_terminal():
        print_line(f"{saved['saved_as']}  ({size(saved['size_bytes'])})")
    else:
        print_line(saved["saved_as"])
    return 0


async def _download(order: DownloadOrder, bars: Bars, tools: Tools) -> dict[str, Any]:
    target = order.save_as
    if await to_thread.run_sync(os.path.isdir, target):
        described = await tools.data("describe_file", file_id=order.file_id)
        target = str(Path(target, safe_filename(described["filename"])))
    with bars.bar() as report:
        return await tools.data(
            "download_file", report, file_id=order.file_id, save_as=target, overwrite=order.overwrite
        )
