"""delete_file: delete a stored file, confirmed by the user if the client can ask."""

from pydantic import BaseModel

from files_api_mcp.backends.base import Backend
from files_api_mcp.backends.errors import NotConfirmed, NotFound, StoreDamaged
from files_api_mcp.tools.arguments import FileId
from files_api_mcp.tools.context import Call

__all__ = ["DeleteResult", "confirm_deletion", "delete_file"]


class DeleteResult(BaseModel):
    file_id: str
    filename: str
    deleted: bool
    already_deleted: bool | None = None


async def confirm_deletion(call: Call, file_id: FileId) -> str | None:
    """The question that the user must answer before the deletion; None if the policy requires none, or the caller
    cannot ask it.

    Raises:
        NotConfirmed: The policy always requires it, but the caller cannot ask.
    """
    # The question depends only on the arguments: if its text changed between rounds, the client would ask again.
    policy = call.deps.confirm_deletes
    filename = await _filename(await call.backend(), file_id)
    if filename is None or policy == "never":
        return None
    if call.caller.can_confirm:
        return f"Delete {filename} ({file_id})? This cannot be undone."
    if policy == "always":
        raise NotConfirmed(
            "Deleting needs the user's confirmation, but this client cannot ask for it.",
            "Nothing was deleted; the operator can start the server with --confirm-deletes auto or never.",
        )
    return None


async def _filename(opened: Backend, file_id: str) -> str | None:
    try:
        return (await opened.files.describe(file_id)).filename
    except NotFound:
        # Nothing to confirm: the deletion itself reports whether the file is gone or never existed.
        return None
    except StoreDamaged:
        return "the damaged file"


async def delete_file(call: Call, file_id: FileId) -> DeleteResult:
    """Delete a stored file permanently."""
    if call.declined:
        raise NotConfirmed(
            "The deletion was not confirmed; nothing was deleted.",
            "If the user saw no question, the operator can start the server with --confirm-deletes never.",
        )
    opened = await call.backend()
    deletion = await opened.files.delete(file_id)
    if not deletion.already_deleted:
        await call.notify_files_changed(deletion.id)
    return DeleteResult(
        file_id=deletion.id,
        filename=deletion.filename,
        deleted=True,
        already_deleted=deletion.already_deleted or None,
    )
