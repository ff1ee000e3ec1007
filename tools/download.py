"""download_file: save a stored file, or return a small one inline."""

import hashlib
from typing import Annotated

from anyio import CancelScope, to_thread
from pydantic import BaseModel, Field

from files_api_mcp.backends.base import Backend
from files_api_mcp.backends.committed import Committed
from files_api_mcp.backends.errors import FileTooLarge
from files_api_mcp.backends.models import FileRecord, Progress
from files_api_mcp.backends.roots.path_spelling import plain_path
from files_api_mcp.tools.arguments.types import FileId
from files_api_mcp.tools.blocks import FileBlock, TextBlock
from files_api_mcp.tools.context import Call, Dependencies

__all__ = ["download_file"]

_MAX_INLINE_BYTES = 1024 * 1024


class DownloadResult(BaseModel):
    file_id: str
    filename: str
    mime_type: str
    size_bytes: int
    sha256: str
    saved_as: str | None = None
    notes: list[str] | None = None


async def download_file(
    call: Call,
    file_id: FileId,
    save_as: Annotated[
        str | None,
        Field(description="New file in an allowed folder; omit to get up to 1 MiB inline"),
    ] = None,
    overwrite: Annotated[bool, Field(strict=True, description="Replace an existing file")] = False,
) -> DownloadResult | list[TextBlock | FileBlock]:
    """Save a stored file's exact bytes to a local path, or return a small file inline."""
    opened = await call.backend()
    if save_as is None:
        return await _inline(opened, file_id)
    return await _save(call.deps, opened, file_id, save_as, overwrite=overwrite, progress=call.progress())


async def _save(
    deps: Dependencies, opened: Backend, file_id: str, save_as: str, *, overwrite: bool, progress: Progress
) -> DownloadResult:
    digest = hashlib.sha256()
    saved_bytes = 0
    with Committed[DownloadResult]() as saved:
        async with opened.files.download(file_id) as (record, chunks):
            target = await to_thread.run_sync(lambda: deps.roots.create_file(plain_path(save_as), overwrite=overwrite))
            try:
                async for chunk in chunks:
                    await to_thread.run_sync(target.write, chunk)
                    await to_thread.run_sync(digest.update, chunk)
                    saved_bytes += len(chunk)
                    await progress(saved_bytes, record.size_bytes, "Saving")
                saved_as = await to_thread.run_sync(target.commit)
            except BaseException:
                # Shielded, so that the unfinished file is removed even on cancellation.
                with CancelScope(shield=True):
                    await to_thread.run_sync(target.abort)
                raise
            saved.result = _result(record, digest.hexdigest(), saved_as)
    return saved.result


async def _inline(opened: Backend, file_id: str) -> list[TextBlock | FileBlock]:
    async with opened.files.download(file_id) as (record, chunks):
        if record.size_bytes > _MAX_INLINE_BYTES:
            raise FileTooLarge(
                f"The file has {record.size_bytes:,} bytes; at most {_MAX_INLINE_BYTES:,} can be returned inline.",
                "Set save_as to a path in an allowed folder.",
            )
        data = b"".join([chunk async for chunk in chunks])
    result = _result(record, hashlib.sha256(data).hexdigest(), None)
    return [
        TextBlock(result.model_dump_json(exclude_none=True)),
        FileBlock(data, record.mime_type, f"file-id:///{record.id}/{record.filename}"),
    ]


def _result(record: FileRecord, sha256: str, saved_as: str | None) -> DownloadResult:
    return DownloadResult(
        file_id=record.id,
        filename=record.filename,
        mime_type=record.mime_type,
        size_bytes=record.size_bytes,
        sha256=sha256,
        saved_as=saved_as,
    )
