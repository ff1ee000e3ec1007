"""download_file: save a stored file, or return a small one inline."""

import hashlib
from typing import Annotated

from anyio import CancelScope, to_thread
from pydantic import BaseModel, Field

from files_api_mcp.backends.base import Backend
from files_api_mcp.backends.committed import Committed
from files_api_mcp.backends.errors import FileTooLarge, NotConfirmed
from files_api_mcp.backends.models import FileRecord, Progress
from files_api_mcp.backends.roots.path_spelling import plain_path
from files_api_mcp.tools.arguments.types import FileId
from files_api_mcp.tools.blocks import FileBlock, TextBlock
from files_api_mcp.tools.context import Call, Dependencies
from files_api_mcp.tools.formatting import printable

__all__ = ["confirm_overwriting", "download_file"]

_MAX_INLINE_BYTES = 700_000
"""As base64 it takes a third more, and a whole result has at most 1,000,000 bytes."""


class DownloadResult(BaseModel):
    file_id: str
    filename: str
    mime_type: str
    size_bytes: int
    sha256: str
    saved_as: str | None = None
    notes: list[str] | None = None


_SaveAs = Annotated[str | None, Field(description="New file in an allowed folder; omit to get up to 700 KB inline")]
_Overwrite = Annotated[bool, Field(strict=True, description="Replace an existing file")]


async def confirm_overwriting(
    call: Call, file_id: FileId, save_as: _SaveAs = None, overwrite: _Overwrite = False
) -> str | None:
    """The question that the user must answer before a local file is replaced; None if none is, the policy requires no
    answer, or the caller cannot ask.

    Raises:
        NotConfirmed: The policy always requires an answer, but the caller cannot ask.
        FilesError: No file can be written there.
    """
    policy = call.deps.confirm_deletes
    if policy == "never" or save_as is None or not overwrite:
        return None
    path = plain_path(save_as)
    if not await to_thread.run_sync(call.deps.roots.is_taken, path):
        return None
    if call.caller.can_confirm:
        return f"Replace the file {printable(path)} with the stored file {file_id}? This cannot be undone."
    if policy == "always":
        raise NotConfirmed(
            "Replacing a file needs the user's confirmation, but this client cannot ask for it.",
            "Nothing was saved; choose another name, or the operator can start the server with --confirm-deletes auto.",
        )
    return None


async def download_file(
    call: Call, file_id: FileId, save_as: _SaveAs = None, overwrite: _Overwrite = False
) -> DownloadResult | list[TextBlock | FileBlock]:
    """Save a stored file's exact bytes to a local path, or return a small file inline."""
    if call.declined:
        raise NotConfirmed(
            "Replacing the file was not confirmed; nothing was saved.",
            "Choose another name. If the user saw no question, the operator can start the server with "
            "--confirm-deletes never.",
        )
    opened = await call.backend()
    if save_as is None:
        return await _inline(opened, file_id)
    # A file that appeared after the question is not replaced.
    overwrite = overwrite and (call.confirmed or not _must_ask(call))
    return await _save(call.deps, opened, file_id, save_as, overwrite=overwrite, progress=call.progress())


def _must_ask(call: Call) -> bool:
    policy = call.deps.confirm_deletes
    return policy == "always" or (policy == "auto" and call.caller.can_confirm)


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
