"""HttpClient: sends a request and reads its reply, and says whether a failed request reached the server."""

import logging
import zlib
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import anyio
import httpx2
from anyio import to_thread

from files_api_mcp.backends.anthropic.api.transport import make_transport
from files_api_mcp.backends.anthropic.endpoint import Endpoint
from files_api_mcp.backends.errors import FilesError, StoreDamaged, UpstreamBadReply

__all__ = [
    "ApiRequest",
    "HttpClient",
    "Reply",
    "RequestNotSent",
    "ResponseLost",
    "decoded",
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
_BLOCK = 64 * 1024


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
    """Open the connection pool of the process."""
    # In a thread: loading the certificates blocks for 20 ms.
    client = await to_thread.run_sync(_make_client, endpoint)
    async with client:
        yield HttpClient(client, endpoint)


def _make_client(endpoint: Endpoint) -> httpx2.AsyncClient:
    headers = {
        endpoint.auth_header: endpoint.auth_value,
        "anthropic-version": API_VERSION,
        "user-agent": "files-api-mcp",
        # A compressed reply could be a decompression bomb, and these replies compress little.
        "accept-encoding": "identity",
    }
    if endpoint.workspace_id:
        headers["anthropic-workspace-id"] = endpoint.workspace_id
    context = httpx2.create_ssl_context() if endpoint.base_url.startswith("https:") else None
    return httpx2.AsyncClient(
        base_url=endpoint.base_url,
        headers=headers,
        transport=make_transport(context, connections=_CONNECTIONS, proxy=endpoint.proxy),
        # The environment is ignored: .netrc would replace the credential.
        trust_env=False,
        follow_redirects=False,
        timeout=httpx2.Timeout(None, connect=_CONNECT_S, write=_STALLED_S),
    )


class HttpClient:
    """Sends requests to one endpoint only, whatever a reply says."""

    def __init__(self, client: httpx2.AsyncClient, endpoint: Endpoint) -> None:
        self._client = client
        self.endpoint = endpoint

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
                yield response
        if scope.cancelled_caught:
            raise ResponseLost("no complete reply in time")

    @asynccontextmanager
    async def _answered(self, request: ApiRequest) -> AsyncGenerator[httpx2.Response]:
        timeout = httpx2.Timeout(None, connect=_CONNECT_S, pool=_CONNECT_S, write=_STALLED_S, read=request.reply_within)
        built = self._client.build_request(
            request.method,
            request.path,
            params=list(request.params) or None,
            content=request.content,
            headers={"accept": request.accepts, **(request.headers or {})},
            timeout=timeout,
        )
        with _translated():
            response = await self._client.send(built, stream=True)
            try:
                self._note(request, response)
                yield response
            finally:
                # A server that keeps its end open must not block ours.
                with anyio.CancelScope(shield=True), anyio.move_on_after(1), suppress(httpx2.HTTPError):
                    await response.aclose()

    def _note(self, request: ApiRequest, response: httpx2.Response) -> None:
        level = logging.INFO if response.is_success else logging.WARNING
        if _log.isEnabledFor(level):
            request_id = printable(response.headers.get("request-id", "-"), secret=self.endpoint.key)
            _log.log(level, "%s %s: %d, request-id %s", request.method, request.path, response.status_code, request_id)


class _translated:  # noqa: N801 - used as a statement
    """Translates exceptions of the HTTP library.

    A class, because a generator-based context manager cannot be resumed from a generator that is closing.
    """

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, exc: BaseException | None, traceback: object) -> None:
        if isinstance(exc, FilesError) or exc is None:
            return
        if isinstance(exc, (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)):
            raise RequestNotSent(_reason(exc)) from exc
        if isinstance(exc, httpx2.LocalProtocolError):
            raise StoreDamaged("The private copy of the file changed during the upload.") from exc
        if isinstance(exc, (httpx2.HTTPError, httpx2.StreamError)):
            raise ResponseLost(_reason(exc)) from exc


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


async def decoded(response: httpx2.Response) -> AsyncIterator[bytes]:
    """The decompressed body in blocks of bounded size.

    Raises:
        UpstreamBadReply: Its encoding was not requested, or it is damaged.
    """
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding == "identity":
        async for block in response.aiter_raw():
            yield block
        return
    if encoding not in ("gzip", "deflate", "x-gzip"):
        raise UpstreamBadReply("The reply has an encoding that was not requested.")
    inflater = zlib.decompressobj(wbits=47 if "gzip" in encoding else 15)
    async for block in response.aiter_raw():
        left = block
        while left:
            try:
                yield inflater.decompress(left, _BLOCK)
            except zlib.error as exc:
                raise UpstreamBadReply("The reply is damaged.") from exc
            left = inflater.unconsumed_tail
