"""delete_file: delete stored files, confirmed by the user if the client can ask."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, TypeVar

import anyio
from pydantic import BaseModel, Field

from files_api_mcp.backends.errors import FilesError, NotConfirmed, NotFound, StoreDamaged
from files_api_mcp.backends.models import DeletedFile, FileRecord
from files_api_mcp.tools.arguments.types import FileIds
from files_api_mcp.tools.context import Call, failure_in
from files_api_mcp.tools.formatting import format_size, printable
from files_api_mcp.tools.result_size import rows_that_fit

__all__ = ["MOST_DELETED", "DeleteResult", "confirm_deletion", "delete", "delete_file", "existing_files"]

MOST_DELETED = 100
_AT_ONCE = 8
_MOST_NAMES = 10
_MOST_SHOWN = 20
"""Rows for files that were deleted as asked; the other ones are counted."""
_OTHER_TOKENS = 500
"""Tokens that are kept for all but the rows of a result."""

_T = TypeVar("_T")


class DeleteCounts(BaseModel):
    deleted: int
    already_deleted: int | None = None
    failed: int | None = None


class FailedDeletion(BaseModel):
    file_id: str
    error: str


class DeletedItem(BaseModel):
    file_id: str
    filename: str
    deleted: bool
    already_deleted: bool | None = None
    previous: str | None = None


class DeleteResult(BaseModel):
    counts: DeleteCounts | None = None
    notes: list[str] | None = None
    failed: list[FailedDeletion] | None = None
    files: list[DeletedItem]


DeletedIds = Annotated[FileIds, Field(min_length=1, max_length=MOST_DELETED)]


async def confirm_deletion(call: Call, file_ids: DeletedIds) -> str | None:
    """The question that the user must answer before the deletion; None if the policy requires none, or the caller
    cannot ask it.

    Raises:
        NotConfirmed: The policy always requires it, but the caller cannot ask.
    """
    # The question depends only on the arguments and the files: if its text changed between rounds, the client would
    # ask again.
    policy = call.deps.confirm_deletes
    if policy == "never":
        return None
    files = await existing_files(call, list(dict.fromkeys(file_ids)))
    if not files:
        # Nothing to confirm: the deletion itself reports whether a file is gone or never existed.
        return None
    if call.caller.can_confirm:
        return _question(files)
    if policy == "always":
        raise NotConfirmed(
            "Deleting needs the user's confirmation, but this client cannot ask for it.",
            "Nothing was deleted; the operator can start the server with --confirm-deletes auto or never.",
        )
    return None


async def existing_files(call: Call, file_ids: Sequence[str]) -> list[tuple[str, FileRecord | None]]:
    """Those of the files that are there, each with its id and its record (None: damaged)."""
    opened = await call.backend()

    async def describe(file_id: str) -> FileRecord | NotFound | None:
        try:
            return await opened.files.describe(file_id)
        except NotFound as exc:
            return exc
        except StoreDamaged:
            return None

    found = await _each(file_ids, describe)
    return [(key, one) for key, one in zip(file_ids, found, strict=True) if not isinstance(one, NotFound)]


def _question(files: Sequence[tuple[str, FileRecord | None]]) -> str:
    size = format_size(sum(record.size_bytes for _, record in files if record))
    if len(files) == 1:
        ((file_id, record),) = files
        return f"Delete {_name(record)} ({file_id}, {size})? This cannot be undone."
    names = ", ".join(_name(record) for _, record in files[:_MOST_NAMES])
    more = f" and {len(files) - _MOST_NAMES} more" if len(files) > _MOST_NAMES else ""
    return f"Delete {len(files)} files ({size} in all)? This cannot be undone. They are {names}{more}."


def _name(record: FileRecord | None) -> str:
    return "a damaged file" if record is None else printable(record.filename)


async def delete_file(call: Call, file_ids: DeletedIds) -> DeleteResult:
    """Delete stored files permanently."""
    return _shortened(await delete(call, file_ids))


async def delete(call: Call, file_ids: DeletedIds) -> DeleteResult:
    """The same as the tool, with a row for each file.

    Raises:
        FilesError: Nothing was deleted.
    """
    if call.declined:
        raise NotConfirmed(
            "The deletion was not confirmed; nothing was deleted.",
            "If the user saw no question, the operator can start the server with --confirm-deletes never.",
        )
    opened, progress, ids = await call.backend(), call.progress(), list(dict.fromkeys(file_ids))
    gone: list[str] = []
    done = 0

    async def delete_one(file_id: str) -> DeletedFile | FilesError:
        nonlocal done
        try:
            deletion = await opened.files.delete(file_id)
        except Exception as exc:
            if len(ids) == 1:
                raise
            return failure_in(exc)  # one file must not stop the others
        if not deletion.already_deleted:
            gone.append(file_id)
        done += 1
        await progress(done, len(ids), f"Deleted {done} of {len(ids)} files")
        return deletion

    try:
        outcomes = await _each(ids, delete_one)
    finally:
        # One notification for all, even if the call is cancelled halfway.
        if gone:
            await call.notify_files_changed(*gone)
    return _result(ids, outcomes)


async def _each(file_ids: Sequence[str], act: Callable[[str], Awaitable[_T]]) -> list[_T]:
    """What `act` returns for each file, in order. Several run at once."""
    if len(file_ids) == 1:
        return [await act(file_ids[0])]
    results: dict[str, _T] = {}
    limiter = anyio.CapacityLimiter(_AT_ONCE)

    async def run(file_id: str) -> None:
        async with limiter:
            results[file_id] = await act(file_id)

    async with anyio.create_task_group() as group:
        for file_id in file_ids:
            group.start_soon(run, file_id)
    return [results[file_id] for file_id in file_ids]


def _result(ids: Sequence[str], outcomes: Sequence[DeletedFile | FilesError]) -> DeleteResult:
    failed = [
        FailedDeletion(file_id=file_id, error=one.text)
        for file_id, one in zip(ids, outcomes, strict=True)
        if isinstance(one, FilesError)
    ]
    deleted = [_item(one) for one in outcomes if isinstance(one, DeletedFile)]
    already = sum(one.already_deleted is True for one in deleted)
    counts = DeleteCounts(deleted=len(deleted) - already, already_deleted=already or None, failed=len(failed) or None)
    shown = deleted[: max(0, rows_that_fit([*failed, *deleted], reserved_tokens=_OTHER_TOKENS) - len(failed))]
    return DeleteResult(
        counts=counts if len(ids) > 1 else None,
        failed=failed or None,
        files=shown,
        notes=_notes(shown, hidden=len(deleted) - len(shown)) or None,
    )


def _shortened(result: DeleteResult) -> DeleteResult:
    """Without the rows that tell nothing but what was asked for, except the first of them."""
    room = _MOST_SHOWN - sum(map(_is_special, result.files))
    shown: list[DeletedItem] = []
    for file in result.files:
        if not _is_special(file):
            if room <= 0:
                continue
            room -= 1
        shown.append(file)
    if not (hidden := len(result.files) - len(shown)):
        return result
    notes = [f"{hidden} more files were deleted as asked.", *(result.notes or [])]
    return result.model_copy(update={"files": shown, "notes": notes})


def _is_special(file: DeletedItem) -> bool:
    return bool(file.already_deleted or file.previous)


def _item(deletion: DeletedFile) -> DeletedItem:
    return DeletedItem(
        file_id=deletion.id,
        filename=deletion.filename,
        deleted=True,
        already_deleted=deletion.already_deleted or None,
        previous=deletion.previous,
    )


def _notes(shown: Sequence[DeletedItem], *, hidden: int) -> list[str]:
    notes: list[str] = []
    if hidden:
        notes.append(f"{hidden} more files were deleted as asked; their names do not fit here.")
    if any(one.previous for one in shown):
        notes.append("previous is the version before, which stays superseded.")
    return notes
