"""HttpClient: sends a request and reads its reply, and says whether a failed request reached the server."""

import logging
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Protocol, cast
from urllib.parse import urlencode

import anyio
import httpcore2
import httpx2
from anyio import to_thread

from files_api_mcp.backends.anthropic.api.certificates import trusted_context
from files_api_mcp.backends.anthropic.api.decoding import decoded
from files_api_mcp.backends.anthropic.api.transport import is_left_over, make_pool
from files_api_mcp.backends.anthropic.endpoint import Endpoint
from files_api_mcp.backends.errors import FilesError, UpstreamBadReply

__all__ = [
    "BROKEN",
    "ApiRequest",
    "HttpClient",
    "Reply",
    "RequestNotSent",
    "ResponseLost",
    "explanation",
    "open_http_client",
    "printable",
]

_log = logging.getLogger(__name__)

API_VERSION = "2026-10-21"
_LARGEST_REPLY = 1024 * 1024
_LARGEST_ERROR = 64 * 1024
_CONNECT_S = 10.0
_STALLED_S = 30.0
"""Seconds without progress after which sending a request fails."""
_CONNECTIONS = 32
_HAS_BODY = frozenset({"POST", "PUT", "PATCH"})

_NOT_SENT = (httpcore2.ConnectError, httpcore2.ConnectTimeout, httpcore2.PoolTimeout, httpcore2.ProxyError)
BROKEN = (
    httpcore2.NetworkError,
    httpcore2.TimeoutException,
    httpcore2.ProtocolError,
    httpcore2.ProxyError,
    httpx2.HTTPError,
    httpx2.StreamError,
)
"""Failures of a connection, and of reading a response."""


class RequestNotSent(Exception):
    """The request did not reach the server, so it had no effect."""


class ResponseLost(Exception):
    """The request was sent at least in part and no usable reply came, so it may have had an effect."""


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request to a path below the base URL. `accepts` is the Accept header."""

    method: str
    path: str
    params: Sequence[tuple[str, str]] = ()
    content: bytes | AsyncIterable[bytes] | None = None
    headers: Mapping[str, str] | None = None
    accepts: str = "application/json"
    largest_reply: int = _LARGEST_REPLY
    reply_within: float | None = None
    """Seconds from the end of the request to the first byte of the reply; None: only the deadline applies."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete reply with its decoded body, no longer than the request allows."""

    status: int
    headers: httpx2.Headers
    body: bytes


def printable(text: str, *, secret: str = "") -> str:
    """A server's text for one line of a log or error: short, printable, with `secret` masked."""
    # Masked before truncation, which could leave half of the secret.
    blanked = text.replace(secret, "***") if secret else text
    return "".join(c if c.isprintable() else " " for c in blanked[:300])


@asynccontextmanager
async def open_http_client(endpoint: Endpoint) -> AsyncGenerator["HttpClient"]:
    """Open the connection pool of the process.

    Raises:
        UpstreamUnreachable: The certificates that the environment names cannot be used.
    """
    # In a thread: loading the certificates blocks for 20 ms.
    pool = await to_thread.run_sync(_make_pool, endpoint)
    async with pool:
        yield HttpClient(pool, endpoint)


def _make_pool(endpoint: Endpoint) -> httpcore2.AsyncConnectionPool:
    context = trusted_context() if endpoint.base_url.startswith("https:") else None
    return make_pool(context, connections=_CONNECTIONS, proxy=endpoint.proxy)


class HttpClient:
    """Sends requests to one endpoint only, whatever a reply says: it follows no redirects and keeps no cookies.

    It uses the connections of httpx2 without its client, which takes as long for a small request as the connection.
    Nothing comes from the environment.
    """

    def __init__(self, pool: httpcore2.AsyncConnectionPool, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._pool = pool
        self._base = httpx2.URL(endpoint.base_url)
        self._root = self._base.raw_path.rstrip(b"/")
        headers = {
            "host": self._base.netloc.decode(),
            "connection": "keep-alive",
            endpoint.auth_header: endpoint.auth_value,
            "anthropic-version": API_VERSION,
            "user-agent": "files-api-mcp",
            # A compressed reply could be a decompression bomb, and these replies compress little.
            "accept-encoding": "identity",
        }
        if endpoint.workspace_id:
            headers["anthropic-workspace-id"] = endpoint.workspace_id
        self._headers = _encoded(headers)

    async def send(self, request: ApiRequest, *, deadline: float) -> Reply:
        """Send a request once and read its whole reply before `deadline` (on the loop's clock).

        Raises:
            RequestNotSent: The request had no effect.
            ResponseLost: It may have had an effect, and no complete reply came in time.
            UpstreamBadReply: The reply is too large or cannot be decoded.
        """
        with anyio.move_on_at(deadline):
            async with self._answered(request) as response:
                reading = _whole(response, request.largest_reply) if response.is_success else explanation(response)
                return Reply(response.status_code, response.headers, await reading)
        raise ResponseLost("no reply in time")

    @asynccontextmanager
    async def open(self, request: ApiRequest, *, deadline: float) -> AsyncGenerator[httpx2.Response]:
        """Send a request once and yield its unread response; its body must also be read before `deadline`.

        Raises:
            RequestNotSent, ResponseLost: As in `send`; ResponseLost also from within the block, while the body is read.
        """
        with anyio.move_on_at(deadline) as scope:
            async with self._answered(request) as response:
                # A reader of events refuses a response without its request.
                response.request = httpx2.Request(request.method, self._base)
                yield response
        if scope.cancelled_caught:
            raise ResponseLost("no complete reply in time")

    @asynccontextmanager
    async def _answered(self, request: ApiRequest) -> AsyncGenerator[httpx2.Response]:
        built = self._built(request)
        with _translated():
            received = await self._pool.handle_async_request(built)
            stream = _Body(cast(_PoolStream, received.stream))
            response = httpx2.Response(received.status, headers=received.headers, stream=stream)
            try:
                if is_left_over(received):
                    raise httpcore2.RemoteProtocolError("a reply that nobody asked for")
                self._note(request, response)
                yield response
            finally:
                # A server that keeps its end open must not block ours.
                with anyio.move_on_after(1, shield=True), suppress(*BROKEN):
                    await response.aclose()

    def _built(self, request: ApiRequest) -> httpcore2.Request:
        headers = {"accept": request.accepts, **(request.headers or {})}
        if isinstance(request.content, bytes) or (request.content is None and request.method in _HAS_BODY):
            headers["content-length"] = str(len(request.content or b""))
        query = f"?{urlencode(request.params)}" if request.params else ""
        url = httpcore2.URL(
            scheme=self._base.raw_scheme,
            host=self._base.raw_host,
            port=self._base.port,
            target=self._root + (request.path + query).encode("ascii"),
        )
        timeout = {"connect": _CONNECT_S, "pool": _CONNECT_S, "write": _STALLED_S, "read": request.reply_within}
        return httpcore2.Request(
            request.method,
            url,
            headers=[*self._headers, *_encoded(headers)],
            content=request.content,
            extensions={"timeout": timeout},
        )

    def _note(self, request: ApiRequest, response: httpx2.Response) -> None:
        # A call that fails for good is logged as a warning, once, by who made it.
        if _log.isEnabledFor(logging.INFO):
            request_id = printable(response.headers.get("request-id", "-"), secret=self.endpoint.key)
            _log.info("%s %s: %d, request-id %s", request.method, request.path, response.status_code, request_id)


class _PoolStream(Protocol):
    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def aclose(self) -> None: ...


class _Body(httpx2.AsyncByteStream):
    """The body of a response, as httpx2 wants it."""

    def __init__(self, stream: _PoolStream) -> None:
        self._stream = stream

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._stream)

    async def aclose(self) -> None:
        await self._stream.aclose()


class _translated:  # noqa: N801 - used as a statement
    """Translates exceptions of the HTTP library.

    A class, because a generator-based context manager cannot be resumed from a generator that is closing.
    """

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, exc: BaseException | None, traceback: object) -> None:
        if isinstance(exc, FilesError) or exc is None:
            return
        if isinstance(exc, _NOT_SENT):
            raise RequestNotSent(_reason(exc)) from exc
        if isinstance(exc, BROKEN):
            raise ResponseLost(_reason(exc)) from exc


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]


def _reason(exc: Exception) -> str:
    return f"{type(exc).__name__}: {printable(str(exc))}"


async def _whole(response: httpx2.Response, most: int) -> bytes:
    body = bytearray()
    async for block in decoded(response):
        body += block
        if len(body) > most:
            raise UpstreamBadReply("The API's reply is too long.")
    return bytes(body)


async def explanation(response: httpx2.Response) -> bytes:
    """The body of an unsuccessful response, up to a limit. Errors in it are ignored: the status is enough."""
    body = bytearray()
    with suppress(UpstreamBadReply):
        async for block in decoded(response):
            body += block
            if len(body) > _LARGEST_ERROR:
                break
    return bytes(body)
