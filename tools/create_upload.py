"""create_upload: a one-time link to upload a file over HTTP."""

import shlex
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

import anyio
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult, ElicitRequest, ElicitRequestURLParams, ElicitResult, InputRequiredResult
from pydantic import BaseModel, Field

from files_api_mcp.backends.errors import FileTooLarge, InvalidArgument
from files_api_mcp.tools.context import (
    Dependencies,
    backends,
    dependencies,
    notify_files_changed,
    progress_to,
    tool_errors,
    tool_result,
)
from files_api_mcp.tools.ingest import store_received
from files_api_mcp.tools.principal import principal_of
from files_api_mcp.tools.upload_tickets import (
    TICKET_LIFETIME_S,
    UploadedItem,
    UploadExpectation,
    UploadTicket,
    UploadTickets,
)

__all__ = ["create_upload"]

_MAX_TEXT_BYTES = 100_000
_WAIT_S = 30.0
"""Seconds that a call waits for the file after the user accepted the link. Clients end a call after about a minute."""

# The first protocol version in which the result of a call can ask the client for input.
_INPUT_REQUIRED_SINCE = "2026-07-28"
_INPUT = "upload"


class CreatedUpload(BaseModel):
    """An upload link, or the stored file."""

    file: UploadedItem | None = None
    upload_url: str | None = None
    curl: str | None = None
    expires_at: datetime | None = None
    next: str | None = None


async def create_upload(
    ctx: Context[Dependencies],
    filename: Annotated[str | None, Field(max_length=255)] = None,
    content: Annotated[
        str | None, Field(description="Text to store instead, up to 100,000 bytes; needs filename")
    ] = None,
    mime_type: Annotated[str | None, Field(max_length=255, description="Reject other types")] = None,
    size_bytes: Annotated[int | None, Field(ge=1, strict=True, description="Reject other sizes")] = None,
) -> Annotated[CallToolResult, CreatedUpload] | InputRequiredResult:
    """Create a one-time upload link and curl command for a file on your or the user's machine, valid for 15 minutes."""
    expected = UploadExpectation(filename=filename, mime_type=mime_type, size_bytes=size_bytes)
    with tool_errors():
        if content is not None:
            return tool_result(CreatedUpload(file=await _store_text(ctx, content, expected)))
        uploads = dependencies(ctx).uploads
        assert uploads is not None, "this tool needs a server that receives uploads"
        if ctx.request_state is not None:
            ticket = UploadTicket.model_validate_json(ctx.request_state)
            answer = (ctx.input_responses or {}).get(_INPUT)
            return tool_result(await _outcome(ctx, uploads, ticket, expected, accepted=_is_accepted(answer)))
        ticket = uploads.issue(principal_of(ctx), expected)
        if not _shows_urls(ctx):
            return tool_result(_link(ticket, expected))
        if (ctx.protocol_version or "") >= _INPUT_REQUIRED_SINCE:
            # The client calls again with its answer, so the ticket travels in the request state.
            request = ElicitRequest(params=ElicitRequestURLParams(message=_message(expected), url=ticket.url))
            return InputRequiredResult(input_requests={_INPUT: request}, request_state=ticket.model_dump_json())
        answer = await ctx.elicit_url(_message(expected), ticket.url, ticket.id)
        return tool_result(await _outcome(ctx, uploads, ticket, expected, accepted=answer.action == "accept"))


async def _store_text(ctx: Context[Dependencies], content: str, expected: UploadExpectation) -> UploadedItem:
    if not expected.filename:
        raise InvalidArgument("filename is required with content.")
    try:
        data = content.encode()
    except UnicodeEncodeError:
        raise InvalidArgument("content is not valid Unicode text.") from None
    if len(data) > _MAX_TEXT_BYTES:
        raise FileTooLarge(
            f"content has {len(data):,} bytes; the limit is {_MAX_TEXT_BYTES:,}.",
            "Call create_upload without content, and upload a file with the curl command.",
        )

    async def whole() -> AsyncIterator[bytes]:
        yield data

    item = await store_received(
        whole(), expected.filename, expected, dependencies(ctx), await backends(ctx), progress_to(ctx)
    )
    if not item.reused:
        await notify_files_changed(ctx)
    return item


def _shows_urls(ctx: Context[Any]) -> bool:
    """Whether the client can show a link to the user, in this protocol version."""
    capabilities = ctx.client_capabilities
    if capabilities is None or capabilities.elicitation is None or capabilities.elicitation.url is None:
        return False
    return (ctx.protocol_version or "") >= _INPUT_REQUIRED_SINCE or ctx.session.can_send_request


def _message(expected: UploadExpectation) -> str:
    minutes = TICKET_LIFETIME_S // 60
    return (
        f"Upload {expected.filename or 'a file'} on this page. The link works once and is valid for {minutes} minutes."
    )


def _is_accepted(answer: object) -> bool:
    return isinstance(answer, ElicitResult) and answer.action == "accept"


async def _outcome(
    ctx: Context[Any], uploads: UploadTickets, ticket: UploadTicket, expected: UploadExpectation, *, accepted: bool
) -> CreatedUpload:
    """The file, if it arrives soon after the user accepted the link; otherwise the link, which still works."""
    if accepted:
        with anyio.move_on_after(_WAIT_S):
            await ctx.report_progress(0, 1, "Waiting for the file")
            item = await uploads.arrival(ticket.id, principal_of(ctx))
            if item is not None:
                return CreatedUpload(file=item)
    return _link(ticket, expected)


def _link(ticket: UploadTicket, expected: UploadExpectation) -> CreatedUpload:
    # Without an expected name, the slash makes curl add the name of the file.
    target = ticket.url if expected.filename else f"{ticket.url}/"
    return CreatedUpload(
        upload_url=ticket.url,
        curl=f"curl -sS --fail-with-body -T {shlex.quote(expected.filename or 'FILE')} {shlex.quote(target)}",
        expires_at=ticket.expires_at,
        next="run curl with the file's path, or have the user open upload_url; list_files then shows the file_id",
    )
