"""create_upload: a one-time link to upload a file over HTTP."""

import shlex
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

import anyio
from pydantic import AfterValidator, BaseModel, Field

from files_api_mcp.backends.errors import FileTooLarge, InvalidArgument
from files_api_mcp.tools.context import Call
from files_api_mcp.tools.links import LinkOffer
from files_api_mcp.tools.uploads.ingest import store_received
from files_api_mcp.tools.uploads.tickets import (
    TICKET_LIFETIME_S,
    UploadedItem,
    UploadExpectation,
    UploadTicket,
    UploadTickets,
)

__all__ = ["CreatedUpload", "create_upload"]

_MAX_TEXT_BYTES = 100_000
_WAIT_S = 30.0
"""Seconds that a call waits for the file after the user accepted the link. Clients end a call after about a minute."""


class CreatedUpload(BaseModel):
    """An upload link, or the stored file."""

    file: UploadedItem | None = None
    upload_url: str | None = None
    curl: str | None = None
    expires_at: datetime | None = None
    notes: list[str] | None = None
    next: str | None = None


def _check_type(value: str | None) -> str | None:
    """Check it here: no file could ever be sent to a link for another one."""
    if value is not None and "/" not in value:
        raise ValueError("must be like application/pdf")
    return value


async def create_upload(
    call: Call,
    filename: Annotated[str | None, Field(max_length=255)] = None,
    content: Annotated[
        str | None, Field(description="Text to store instead, up to 100,000 bytes; needs filename")
    ] = None,
    mime_type: Annotated[
        str | None, Field(max_length=255, description="Reject other types"), AfterValidator(_check_type)
    ] = None,
    size_bytes: Annotated[int | None, Field(ge=1, strict=True, description="Reject other sizes")] = None,
) -> CreatedUpload | LinkOffer:
    """Create a one-time upload link and curl command for a file on your or the user's machine, valid for 15 minutes."""
    expected = UploadExpectation(filename=filename, mime_type=mime_type, size_bytes=size_bytes)
    if content is not None:
        return CreatedUpload(file=await _store_text(call, content, expected))
    uploads = call.deps.uploads
    assert uploads is not None, "this tool needs a server that receives uploads"
    if call.link_answer is not None:
        ticket = UploadTicket.model_validate_json(call.link_answer.state)
        return await _outcome(call, uploads, ticket, expected, accepted=call.link_answer.accepted)
    ticket = uploads.issue(call.principal, expected)
    if not call.caller.can_show_links:
        return _link(ticket, expected)
    return LinkOffer(ticket.id, ticket.url, _message(expected), state=ticket.model_dump_json())


async def _store_text(call: Call, content: str, expected: UploadExpectation) -> UploadedItem:
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

    item = await store_received(whole(), expected.filename, expected, call.deps, await call.backend(), call.progress())
    if not item.reused:
        await call.notify_files_changed()
    return item


def _message(expected: UploadExpectation) -> str:
    minutes = TICKET_LIFETIME_S // 60
    return (
        f"Upload {expected.filename or 'a file'} on this page. The link works once and is valid for {minutes} minutes."
    )


async def _outcome(
    call: Call, uploads: UploadTickets, ticket: UploadTicket, expected: UploadExpectation, *, accepted: bool
) -> CreatedUpload:
    """The file, if it arrives soon after the user accepted the link; otherwise the link, which still works."""
    if accepted:
        with anyio.move_on_after(_WAIT_S):
            await call.progress()(0, 1, "Waiting for the file")
            item = await uploads.arrival(ticket.id, call.principal)
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
