"""The emulator's ASGI application: routes, authentication, headers and error handling."""

import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio.lowlevel import checkpoint
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from files_api_mcp.backends.errors import FilesError, StorageFull, StoreBusy
from files_api_mcp.backends.search.runtime import index_workers
from files_api_mcp.server.emulator.batches import BatchesApi
from files_api_mcp.server.emulator.files import FilesApi
from files_api_mcp.server.emulator.headers import api_key
from files_api_mcp.server.emulator.message_request import MESSAGE_BYTES, json_body, messages_request
from files_api_mcp.server.emulator.messages import MessageWriter
from files_api_mcp.server.emulator.prompt_cache import PromptCache
from files_api_mcp.server.emulator.rate_limit import RateLimiter
from files_api_mcp.server.emulator.responses import ApiError, api_response, error_response, new_id
from files_api_mcp.server.emulator.sse import message_events
from files_api_mcp.server.emulator.workspaces import Workspace, Workspaces

__all__ = ["EmulatorSettings", "emulator"]

_log = logging.getLogger(__name__)

_Handler = Callable[[Request, Workspace], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class EmulatorSettings:
    """The emulator's settings. Empty `api_keys` accept any key; `files_per_minute` 0 means no rate limit."""

    data_dir: Path
    api_keys: tuple[str, ...] = ()
    files_per_minute: int = 0
    storage_bytes: int = 1_000_000_000_000


@asynccontextmanager
async def emulator(settings: EmulatorSettings) -> AsyncGenerator[Starlette]:
    """The application, for the length of the block; its stores are closed at the end."""
    async with index_workers() as workers, anyio.create_task_group() as stores, anyio.create_task_group() as jobs:
        workspaces = Workspaces(settings.data_dir, settings.api_keys, stores, workers)
        writer = MessageWriter(PromptCache(time.monotonic))
        batches = BatchesApi(settings.data_dir, writer, jobs)
        try:
            yield _application(settings, workspaces, writer, batches)
        finally:
            jobs.cancel_scope.cancel()
            workspaces.close()


def _application(
    settings: EmulatorSettings, workspaces: Workspaces, writer: MessageWriter, batches: BatchesApi
) -> Starlette:
    files = FilesApi(settings.storage_bytes)
    limiter = RateLimiter(settings.files_per_minute, time.monotonic)

    async def messages(request: Request, workspace: Workspace) -> Response:
        message_request = messages_request(await json_body(request, MESSAGE_BYTES), _version(request))
        message = await writer.create(message_request, workspace)
        if message_request.stream:
            return StreamingResponse(message_events(message), media_type="text/event-stream")
        return api_response(message)

    async def count_tokens(request: Request, _: Workspace) -> Response:
        body = await json_body(request, MESSAGE_BYTES)
        message_request = messages_request({"max_tokens": 1, **body}, _version(request))
        if message_request.names_files:
            raise ApiError(400, "File sources are not supported in the token counting endpoint.")
        return api_response({"input_tokens": writer.count_tokens(message_request)})

    def route(path: str, *, limited: bool = False, **methods: _Handler) -> Route:
        endpoint = _Endpoint(methods, workspaces, limiter if limited else None)
        return Route(path, endpoint.handle, methods=sorted(methods))

    batch = "/v1/messages/batches/{batch_id}"
    routes: Sequence[Route] = [
        route("/v1/files", limited=True, POST=files.upload, GET=files.list),
        route("/v1/files/{file_id}", limited=True, GET=files.metadata, DELETE=files.delete),
        route("/v1/files/{file_id}/content", limited=True, GET=files.content),
        route("/v1/messages", POST=messages),
        route("/v1/messages/count_tokens", POST=count_tokens),
        route("/v1/messages/batches", POST=batches.create, GET=batches.list),
        route(batch, GET=batches.retrieve, DELETE=batches.delete),
        route(f"{batch}/cancel", POST=batches.cancel),
        route(f"{batch}/results", GET=batches.results),
    ]
    application = Starlette(routes=list(routes), exception_handlers={404: _no_route, 405: _no_method})
    application.router.redirect_slashes = False
    return application


class _Endpoint:
    """One path: authenticates a request, answers it, and adds the request id to every response."""

    def __init__(self, handlers: dict[str, _Handler], workspaces: Workspaces, limiter: RateLimiter | None) -> None:
        self._handlers = handlers
        self._workspaces = workspaces
        self._limiter = limiter

    async def handle(self, request: Request) -> Response:
        request_id = new_id("req")
        workspace: Workspace | None = None
        try:
            workspace = await self._workspaces.for_key(api_key(request.headers))
            _check_headers(request, workspace)
            if self._limiter is not None:
                self._limiter.check(workspace.id)
            handler = self._handlers["GET" if request.method == "HEAD" else request.method]
            response = await handler(request, workspace)
        except ClientDisconnect:
            # The client left, so this response is never read.
            response = Response(status_code=499)
        except ApiError as exc:
            response = await _refusal(exc, request_id)
        except FilesError as exc:
            _log.warning("%s: %s", request_id, exc.text)
            response = error_response(_from_store(exc), request_id)
        response.raw_headers += [(b"request-id", request_id.encode()), (b"anthropic-organization-id", b"emulator")]
        if workspace is not None:
            response.raw_headers.append((b"anthropic-workspace-id", workspace.id.encode()))
        return response


def _check_headers(request: Request, workspace: Workspace) -> None:
    if not request.headers.get("anthropic-version"):
        raise ApiError(400, "anthropic-version: header is required")
    expected = request.headers.get("anthropic-workspace-id")
    if expected is not None and expected != workspace.id:
        raise ApiError(400, "anthropic-workspace-id: does not match the workspace of the credential")


def _from_store(error: FilesError) -> ApiError:
    if isinstance(error, StorageFull):
        return ApiError(400, "The emulator's disk is full.", "storage_quota_exceeded")
    if isinstance(error, StoreBusy):
        return ApiError(529, "Overloaded")
    return ApiError(500, "Internal server error")


def _version(request: Request) -> str:
    return request.headers["anthropic-version"]


async def _no_route(_: Request, __: Exception) -> Response:
    return await _unrouted(ApiError(404, "Not found"))


async def _no_method(_: Request, exc: Exception) -> Response:
    return await _unrouted(ApiError(405, "Method not allowed", headers=getattr(exc, "headers", None)))


async def _unrouted(error: ApiError) -> Response:
    request_id = new_id("req")
    response = await _refusal(error, request_id)
    response.headers["request-id"] = request_id
    return response


async def _refusal(error: ApiError, request_id: str) -> Response:
    # If the body that follows the headers is no HTTP, uvicorn answers it and closes the connection in the loop's next
    # turn; an answer before that turn would be a second one.
    await checkpoint()
    return error_response(error, request_id)
