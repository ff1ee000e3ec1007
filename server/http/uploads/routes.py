"""Upload routes: a page for people (GET), a file (PUT) and a form (POST) at /upload/{ticket}."""

import math
from collections.abc import AsyncIterator

from mcp.server.subscriptions import ResourcesListChanged
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from files_api_mcp.backends.committed import Committed
from files_api_mcp.backends.errors import (
    Busy,
    FilesError,
    FileTooLarge,
    RateLimited,
    StorageFull,
    StoreError,
    UpstreamError,
    expected_in,
)
from files_api_mcp.server.http.asgi import json_error
from files_api_mcp.server.http.uploads.form import FileForm
from files_api_mcp.server.http.uploads.tickets import Ticket, TicketStore
from files_api_mcp.server.mcp.subscriptions import Subscriptions
from files_api_mcp.server.pages.upload import UploadPages
from files_api_mcp.server.tenants import SharedBackends
from files_api_mcp.tools.uploads.ingest import store_received
from files_api_mcp.tools.uploads.tickets import UploadedItem

__all__ = ["FORM_OVERHEAD", "UploadRoutes"]

FORM_OVERHEAD = 1024 * 1024
"""Bytes that a form may have in addition to its file."""

_NO_TICKET = "This upload link is invalid, expired or already used."
_STATUSES = (
    (FileTooLarge, 413),
    (StorageFull, 507),
    (Busy, 503),
    (StoreError, 503),
    (RateLimited, 429),
    (UpstreamError, 502),
)
_RETRY_AFTER_S = {429: 60, 503: 5}
"""Seconds after which a client may try again, unless the API says."""


class UploadRoutes:
    """Handles requests with a ticket. Unknown, expired, busy and used tickets all get the same response."""

    def __init__(
        self, tickets: TicketStore, shared: SharedBackends, subscriptions: Subscriptions, max_file_size: int
    ) -> None:
        self._tickets = tickets
        self._shared = shared
        self._subscriptions = subscriptions
        self._max_file_size = max_file_size
        self._pages = UploadPages()

    async def handle(self, request: Request) -> Response:
        """GET returns the upload page. PUT takes the file as body, its name from the path or the ticket. POST takes a
        form with the file in it."""
        if request.method in {"PUT", "POST"}:
            return await self._receive(request, is_form=request.method == "POST")
        # The page shows nothing of an uploaded file.
        ticket = self._tickets.find(request.path_params["secret"])
        if ticket is None:
            return self._error(request, 404, _NO_TICKET)
        return self._pages.form(ticket.expected, self._max_file_size)

    async def _receive(self, request: Request, *, is_form: bool) -> Response:
        try:
            with self._tickets.claim(request.path_params["secret"]) as ticket:
                if ticket is None:
                    return self._error(request, 404, _NO_TICKET)
                item = ticket.item = await self._store(request, ticket, is_form=is_form)
        except ClientDisconnect:
            # The client left, so this response is never read.
            return Response(status_code=499)
        except (FilesError, ExceptionGroup) as exc:
            failure = expected_in(exc)
            if failure is None:
                raise
            return self._failure(request, failure)
        if _wants_page(request):
            return self._pages.message(f"{item.filename} was uploaded. You can close this page.", 200)
        return JSONResponse(item.model_dump(exclude_none=True), headers={"cache-control": "no-store"})

    async def _store(self, request: Request, ticket: Ticket, *, is_form: bool) -> UploadedItem:
        body, name = _body(request), request.path_params.get("name")
        if is_form:
            form = FileForm(request.headers.get("content-type", ""), body)
            body, name = form.content(), await form.filename()
        with Committed[UploadedItem]() as stored:
            async with self._shared.backend(ticket.owner) as (deps, backend):
                stored.result = await store_received(body, name, ticket.expected, deps, backend)
            if not stored.result.reused:
                with self._subscriptions.acting_for(ticket.owner):
                    await self._subscriptions.publish(ResourcesListChanged())
        return stored.result

    def _failure(self, request: Request, failure: FilesError) -> Response:
        status = next((status for kind, status in _STATUSES if isinstance(failure, kind)), 422)
        response = self._error(request, status, failure.text)
        if status in _RETRY_AFTER_S:
            asked = failure.retry_after_s if isinstance(failure, RateLimited) else None
            response.headers["retry-after"] = str(math.ceil(asked or _RETRY_AFTER_S[status]))
        return response

    def _error(self, request: Request, status: int, text: str) -> Response:
        return self._pages.message(text, status) if _wants_page(request) else json_error(status, text)


async def _body(request: Request) -> AsyncIterator[bytes]:
    async for block in request.stream():
        if block:
            yield block


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")
