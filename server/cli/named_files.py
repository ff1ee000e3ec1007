"""Files that a command names: by file_id, or by a path that is uploaded first."""

from pathlib import Path
from typing import TYPE_CHECKING

from anyio import to_thread

from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.validation import FILE_ID
from files_api_mcp.server.cli.output import CommandError
from files_api_mcp.server.cli.paths import real_path
from files_api_mcp.server.cli.progress import ProgressCallback

if TYPE_CHECKING:
    from files_api_mcp.backends.base import Backend
    from files_api_mcp.server.settings import Settings

__all__ = ["is_file_id", "stored_file_id"]


async def stored_file_id(file: str, backend: "Backend", settings: "Settings", progress: ProgressCallback) -> str:
    """The file_id itself, or that of the file at this path, uploaded and indexed.

    Raises:
        CommandError: The file cannot be uploaded or indexed.
    """
    from files_api_mcp.server.dependencies import open_roots
    from files_api_mcp.tools.uploads.ingest import store_file

    if await to_thread.run_sync(is_file_id, file):
        return file
    path = await to_thread.run_sync(real_path, file)
    await progress(0, None, f"Reading {Path(path).name}")
    try:
        with await to_thread.run_sync(open_roots, settings) as roots:
            stored = await store_file(path, roots, backend, allow_sensitive=settings.allow_sensitive)
        await backend.reader.prepare(stored.record.id, progress)
    except FilesError as exc:
        raise CommandError(f"{exc.text} ({file})") from exc
    return stored.record.id


def is_file_id(file: str) -> bool:
    """Whether an argument is a file_id, not a path."""
    return bool(FILE_ID.fullmatch(file)) and not Path(file).exists()
