"""Delete stored files, with the person's word where the client can ask for it: delete_file."""

from typing import Annotated, Any

from mcp.server.mcpserver import AcceptedElicitation, Context, Elicit, ElicitationResult, Resolve
from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from files_api_mcp.backends.errors import NotConfirmed, NotFound
from files_api_mcp.tools.arguments import FileId
from files_api_mcp.tools.context import Backends, Dependencies, announce, backends, dependencies, reported, respond

__all__ = ["delete_file"]

# The first protocol version in which a question travels inside the call's own result.
_QUESTIONS_IN_RESULTS = "2026-07-28"


class DeleteResult(BaseModel):
    file_id: str
    filename: str
    deleted: bool
    already_deleted: bool | None = None


class Confirm(BaseModel):
    confirm: bool = Field(title="Delete permanently?", description="This cannot be undone")


def can_ask(ctx: Context[Any]) -> bool:
    """Whether this client can put a question to the person, in this protocol era."""
    capabilities = ctx.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    if elicitation is None:
        return False
    # A bare {} declares form mode, as clients did before there were two modes.
    form = elicitation.form is not None or elicitation.url is None
    in_result = (ctx.protocol_version or "") >= _QUESTIONS_IN_RESULTS
    return form and (in_result or ctx.session.can_send_request)


async def ask_person(file_id: FileId, ctx: Context[Dependencies]) -> Confirm | Elicit[Confirm]:
    """Settle whether to ask. The question's text derives from the arguments alone: one that changed between
    rounds would be asked again."""
    with reported():
        policy = dependencies(ctx).confirm_deletes
        filename = await _filename(await backends(ctx), file_id)
        if filename is None or policy == "never":
            return Confirm(confirm=True)
        if can_ask(ctx):
            return Elicit(f"Delete {filename} ({file_id})? This cannot be undone.", Confirm)
        if policy == "always":
            raise NotConfirmed(
                "Deleting needs a person's confirmation, and this client cannot ask for one.",
                "Nothing was deleted; the operator can start the server with --confirm-deletes auto or never.",
            )
    return Confirm(confirm=True)


async def _filename(opened: Backends, file_id: str) -> str | None:
    try:
        return (await opened.files.describe(file_id)).filename
    except NotFound:
        # Nothing to ask about: the deletion itself says whether the file is gone or never was.
        return None


async def delete_file(
    file_id: FileId,
    ctx: Context[Dependencies],
    answer: Annotated[ElicitationResult[Confirm], Resolve(ask_person)],
) -> Annotated[CallToolResult, DeleteResult]:
    """Delete a stored file for good."""
    with reported():
        if not (isinstance(answer, AcceptedElicitation) and answer.data.confirm):
            raise NotConfirmed(
                "The deletion was not confirmed, and nothing was deleted.",
                "If nobody was asked, the operator can start the server with --confirm-deletes never.",
            )
        opened = await backends(ctx)
        gone = await opened.files.delete(file_id)
    if not gone.already_deleted:
        await announce(ctx, gone.id)
    return respond(
        DeleteResult(
            file_id=gone.id,
            filename=gone.filename,
            deleted=True,
            already_deleted=gone.already_deleted or None,
        )
    )
