"""delete_file: delete a stored file, confirmed by the user if the client can ask."""

from typing import Annotated, Any

from mcp.server.mcpserver import AcceptedElicitation, Context, Elicit, ElicitationResult, Resolve
from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from files_api_mcp.backends.base import Backend
from files_api_mcp.backends.errors import NotConfirmed, NotFound, StoreDamaged
from files_api_mcp.tools.arguments import FileId
from files_api_mcp.tools.context import (
    Dependencies,
    backends,
    dependencies,
    notify_files_changed,
    tool_errors,
    tool_result,
)

__all__ = ["delete_file"]

# The first protocol version in which the result of a call can ask the client for input.
_INPUT_REQUIRED_SINCE = "2026-07-28"


class DeleteResult(BaseModel):
    file_id: str
    filename: str
    deleted: bool
    already_deleted: bool | None = None


class Confirm(BaseModel):
    confirm: bool = Field(title="Delete permanently?", description="This cannot be undone")


def _can_confirm(ctx: Context[Any]) -> bool:
    """Whether the client can show a form to the user, in this protocol version."""
    capabilities = ctx.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    if elicitation is None:
        return False
    # An empty object means form mode: older clients know no other.
    form = elicitation.form is not None or elicitation.url is None
    in_result = (ctx.protocol_version or "") >= _INPUT_REQUIRED_SINCE
    return form and (in_result or ctx.session.can_send_request)


async def confirm_deletion(file_id: FileId, ctx: Context[Dependencies]) -> Confirm | Elicit[Confirm]:
    """Asks the user to confirm, if the policy requires it and the client supports it."""
    # The question depends only on the arguments: if its text changed between rounds, the client would ask again.
    with tool_errors():
        policy = dependencies(ctx).confirm_deletes
        filename = await _filename(await backends(ctx), file_id)
        if filename is None or policy == "never":
            return Confirm(confirm=True)
        if _can_confirm(ctx):
            return Elicit(f"Delete {filename} ({file_id})? This cannot be undone.", Confirm)
        if policy == "always":
            raise NotConfirmed(
                "Deleting needs the user's confirmation, but this client cannot ask for it.",
                "Nothing was deleted; the operator can start the server with --confirm-deletes auto or never.",
            )
    return Confirm(confirm=True)


async def _filename(opened: Backend, file_id: str) -> str | None:
    try:
        return (await opened.files.describe(file_id)).filename
    except NotFound:
        # Nothing to confirm: the deletion itself reports whether the file is gone or never existed.
        return None
    except StoreDamaged:
        return "the damaged file"


async def delete_file(
    file_id: FileId,
    ctx: Context[Dependencies],
    answer: Annotated[ElicitationResult[Confirm], Resolve(confirm_deletion)],
) -> Annotated[CallToolResult, DeleteResult]:
    """Delete a stored file permanently."""
    with tool_errors():
        if not (isinstance(answer, AcceptedElicitation) and answer.data.confirm):
            raise NotConfirmed(
                "The deletion was not confirmed; nothing was deleted.",
                "If the user saw no question, the operator can start the server with --confirm-deletes never.",
            )
        opened = await backends(ctx)
        deletion = await opened.files.delete(file_id)
    if not deletion.already_deleted:
        await notify_files_changed(ctx, deletion.id)
    return tool_result(
        DeleteResult(
            file_id=deletion.id,
            filename=deletion.filename,
            deleted=True,
            already_deleted=deletion.already_deleted or None,
        )
    )
