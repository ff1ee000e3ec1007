"""Hand over files from elsewhere: create_upload."""

import shlex
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

import anyio
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult, ElicitRequest, ElicitRequestURLParams, ElicitResult, InputRequiredResult
from pydantic import BaseModel, Field

from files_api_mcp.backends.errors import FileTooLarge, InvalidArgument
from files_api_mcp.tools.context import Dependencies, announce, backends, dependencies, progress_to, reported, respond
from files_api_mcp.tools.ingest import store_received
from files_api_mcp.tools.principal import principal_of
from files_api_mcp.tools.upload_tickets import Issued, UploadedItem, Uploads, Wish

__all__ = ["create_upload"]

_LONGEST_TEXT = 100_000
_WAIT_S = 30.0
"""For a file after the person was shown the link: clients give up on a call after a minute or so."""

# The first protocol version in which a request to the client travels inside the call's own result.
_REQUESTS_IN_RESULTS = "2026-07-28"
_ANSWER = "upload"


class CreatedUpload(BaseModel):
    """A ticket, or the file that came at once."""

    file: UploadedItem | None = None
    upload_url: str | None = None
    curl: str | None = None
    expires_at: datetime | None = None
    next: str | None = None


async def create_upload(
    ctx: Context[Dependencies],
    filename: Annotated[str | None, Field(max_length=255)] = None,
    content: Annotated[
        str | None, Field(description="Text to store at once instead, up to 100,000 bytes; needs filename")
    ] = None,
    mime_type: Annotated[str | None, Field(max_length=255, description="Refuse other types")] = None,
    size_bytes: Annotated[int | None, Field(ge=1, strict=True, description="Refuse other sizes")] = None,
) -> Annotated[CallToolResult, CreatedUpload] | InputRequiredResult:
    """Get a link and a curl line, good once for 15 minutes, to hand over a file from where you or the user are."""
    wish = Wish(filename=filename, mime_type=mime_type, size_bytes=size_bytes)
    with reported():
        if content is not None:
            return respond(CreatedUpload(file=await _store_text(ctx, content, wish)))
        uploads = dependencies(ctx).uploads
        assert uploads is not None, "over a network there is somebody who takes the bytes"
        if ctx.request_state is not None:
            issued = Issued.model_validate_json(ctx.request_state)
            answer = (ctx.input_responses or {}).get(_ANSWER)
            return respond(await _outcome(ctx, uploads, issued, wish, accepted=_is_accepted(answer)))
        issued = uploads.issue(principal_of(ctx), wish)
        if not _shows_urls(ctx):
            return respond(_link(issued, wish))
        if (ctx.protocol_version or "") >= _REQUESTS_IN_RESULTS:
            # The ticket travels along, as this function is run anew with the answer.
            asked = ElicitRequest(params=ElicitRequestURLParams(message=_message(wish), url=issued.url))
            return InputRequiredResult(input_requests={_ANSWER: asked}, request_state=issued.model_dump_json())
        answer = await ctx.elicit_url(_message(wish), issued.url, issued.id)
        return respond(await _outcome(ctx, uploads, issued, wish, accepted=answer.action == "accept"))


async def _store_text(ctx: Context[Dependencies], content: str, wish: Wish) -> UploadedItem:
    if not wish.filename:
        raise InvalidArgument("filename is required with content.")
    try:
        data = content.encode()
    except UnicodeEncodeError:
        raise InvalidArgument("content holds characters that are no text.") from None
    if len(data) > _LONGEST_TEXT:
        raise FileTooLarge(
            f"content has {len(data):,} bytes; the limit is {_LONGEST_TEXT:,}.",
            "Call create_upload without content, and send the file with the curl line.",
        )

    async def whole() -> AsyncIterator[bytes]:
        yield data

    item = await store_received(whole(), wish.filename, wish, dependencies(ctx), await backends(ctx), progress_to(ctx))
    if not item.reused:
        await announce(ctx)
    return item


def _shows_urls(ctx: Context[Any]) -> bool:
    """Whether this client can show a link to the person, in this protocol era."""
    capabilities = ctx.client_capabilities
    if capabilities is None or capabilities.elicitation is None or capabilities.elicitation.url is None:
        return False
    return (ctx.protocol_version or "") >= _REQUESTS_IN_RESULTS or ctx.session.can_send_request


def _message(wish: Wish) -> str:
    return f"Hand over {wish.filename or 'a file'} on this page; the link is good once, for 15 minutes."


def _is_accepted(answer: object) -> bool:
    return isinstance(answer, ElicitResult) and answer.action == "accept"


async def _outcome(ctx: Context[Any], uploads: Uploads, issued: Issued, wish: Wish, *, accepted: bool) -> CreatedUpload:
    """The file, if it comes soon after the person took the link; else the link, which others may still use."""
    if accepted:
        with anyio.move_on_after(_WAIT_S):
            await ctx.report_progress(0, 1, "Waiting for the file")
            item = await uploads.arrival(issued.id, principal_of(ctx))
            if item is not None:
                return CreatedUpload(file=item)
    return _link(issued, wish)


def _link(issued: Issued, wish: Wish) -> CreatedUpload:
    # Without a name of its own in the ticket, the slash makes curl add the file's.
    target = issued.url if wish.filename else f"{issued.url}/"
    return CreatedUpload(
        upload_url=issued.url,
        curl=f"curl -sS --fail-with-body -T {shlex.quote(wish.filename or 'FILE')} {shlex.quote(target)}",
        expires_at=issued.expires_at,
        next="run the curl line with the file's path, or let the user open upload_url; then list_files has the file_id",
    )
