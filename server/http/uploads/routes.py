"""Where upload tickets are used: a page for people, PUT for curl, a form for browsers."""

from collections.abc import AsyncIterator

from mcp.server.subscriptions import ResourcesListChanged
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from files_api_mcp.backends.errors import (
    Busy,
    FilesError,
    FileTooLarge,
    StorageFull,
    StoreError,
    UpstreamError,
    expected_in,
)
from files_api_mcp.server.hosting import Hosting
from files_api_mcp.server.http.refusals import refusal
from files_api_mcp.server.http.uploads.form import FileForm
from files_api_mcp.server.http.uploads.tickets import Ticket, Tickets
from files_api_mcp.server.mcp.subscriptions import Changes
from files_api_mcp.server.pages.upload import Pages
from files_api_mcp.tools.ingest import store_received
from files_api_mcp.tools.upload_tickets import UploadedItem

__all__ = ["FORM_OVERHEAD", "Uploading"]

FORM_OVERHEAD = 1024 * 1024
"""Bytes that a form may add to its file."""

_NO_TICKET = "This link is not valid, or not any more."
_STATUSES = ((FileTooLarge, 413), (StorageFull, 507), (Busy, 503), (StoreError, 503), (UpstreamError, 502))


class Uploading:
    """Answers requests that bring a ticket. One that is unknown, ended, in use or used is answered like any other."""

    def __init__(self, tickets: Tickets, hosting: Hosting, changes: Changes, max_file_size: int) -> None:
        self._tickets = tickets
        self._hosting = hosting
        self._changes = changes
        self._max_file_size = max_file_size
        self._pages = Pages()

    async def answer(self, request: Request) -> Response:
        """GET: the page by which a person hands the file over. PUT: the body is the file, and its name the end of the
        path, or the ticket's. POST: a form with the file in it."""
        if request.method in {"PUT", "POST"}:
            return await self._take(request, is_form=request.method == "POST")
        # It tells nothing of what was handed over.
        ticket = self._tickets.usable(request.path_params["secret"])
        if ticket is None:
            return self._refused(request, 404, _NO_TICKET)
        return self._pages.form(ticket.expected, self._max_file_size)

    async def _take(self, request: Request, *, is_form: bool) -> Response:
        try:
            with self._tickets.taken(request.path_params["secret"]) as ticket:
                if ticket is None:
                    return self._refused(request, 404, _NO_TICKET)
                item = ticket.item = await self._stored(request, ticket, is_form=is_form)
        except ClientDisconnect:
            # Nobody is left to be answered.
            return Response(status_code=499)
        except (FilesError, ExceptionGroup) as exc:
            failure = expected_in(exc)
            if failure is None:
                raise
            return self._refused(request, _status(failure), failure.text)
        if _wants_page(request):
            return self._pages.outcome(f"{item.filename} was handed over. You can close this page.", 200)
        return JSONResponse(item.model_dump(exclude_none=True), headers={"cache-control": "no-store"})

    async def _stored(self, request: Request, ticket: Ticket, *, is_form: bool) -> UploadedItem:
        body, name = _body(request), request.path_params.get("name")
        if is_form:
            form = FileForm(request.headers.get("content-type", ""), body)
            body, name = form.content(), await form.filename()
        async with self._hosting.backends(ticket.owner) as (deps, opened):
            item = await store_received(body, name, ticket.expected, deps, opened)
        if not item.reused:
            with self._changes.of(ticket.owner):
                await self._changes.publish(ResourcesListChanged())
        return item

    def _refused(self, request: Request, status: int, text: str) -> Response:
        return self._pages.outcome(text, status) if _wants_page(request) else refusal(status, text)


async def _body(request: Request) -> AsyncIterator[bytes]:
    async for block in request.stream():
        if block:
            yield block


def _status(failure: FilesError) -> int:
    return next((status for kind, status in _STATUSES if isinstance(failure, kind)), 422)


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")
