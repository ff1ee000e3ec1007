"""Storing bytes that come as they are, rather than by a path: under the rules for local files."""

from collections.abc import AsyncIterator

from files_api_mcp.backends.errors import BadFilename, InvalidArgument
from files_api_mcp.backends.models import NewFile, Progress, silent
from files_api_mcp.backends.staging.receive import refuse_sensitive_name, take_in
from files_api_mcp.backends.staging.snapshot import Snapshot
from files_api_mcp.backends.validation import safe_filename
from files_api_mcp.tools.context import Backends, Dependencies, stage
from files_api_mcp.tools.upload import indexed
from files_api_mcp.tools.upload_tickets import UploadedItem, Wish

__all__ = ["store_received"]


async def store_received(
    chunks: AsyncIterator[bytes],
    filename: str | None,
    wish: Wish,
    deps: Dependencies,
    opened: Backends,
    progress: Progress = silent,
) -> UploadedItem:
    """Take the bytes to their end, and store and index them. `filename` is the one that they bring.

    Raises:
        FilesError: They were not stored.
    """
    name = filename or wish.filename
    if not name:
        raise BadFilename("The file has no name.", "Give one: put it at the end of the URL, or into the form.")
    # A path is the sender's own affair; browsers of old sent it.
    name = safe_filename(name.replace("\\", "/").rpartition("/")[2])
    async with take_in(
        chunks, name, opened.spool, max_file_size=deps.max_file_size, allow_sensitive=deps.allow_sensitive
    ) as taken:
        if not deps.allow_sensitive:
            refuse_sensitive_name(name, taken.head)
        new = NewFile(filename=name, mime_type=_type(taken, wish))
        return await indexed(await opened.files.upload(taken, new, stage(progress, 0, 60)), opened, progress)


def _type(taken: Snapshot, wish: Wish) -> str:
    if wish.size_bytes not in (None, taken.size_bytes):
        raise InvalidArgument(f"The file has {taken.size_bytes} bytes, and {wish.size_bytes} were announced.")
    if wish.mime_type not in (None, taken.mime_type):
        raise InvalidArgument(f"The file is of type {taken.mime_type}, and {wish.mime_type} was announced.")
    return taken.mime_type
