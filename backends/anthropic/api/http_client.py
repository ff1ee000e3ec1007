"""One request, one reply: the HTTP client of the process, and what became of a request that got no reply."""

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
"""How long a peer may take no byte of a request before it counts as lost."""
_CONNECTIONS = 32
_BLOCK = 64 * 1024


class RequestNotSent(Exception):
    """The server cannot have acted on the request."""


class ResponseLost(Exception):
    """The request was sent, in part or whole, and no usable reply came: the server may have acted on it."""


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request below the base URL. `accepts` names the type of body wanted."""

    method: str
    path: str
    params: Sequence[tuple[str, str]] = ()
    content: bytes | AsyncIterable[bytes] | None = None
    headers: Mapping[str, str] | None = None
    accepts: str = "application/json"
    largest_reply: int = _LARGEST_REPLY
    reply_within: float | None = None
    """Seconds between the request's end and the reply's first byte; None: only the deadline counts."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply, its body decoded and no longer than the request allowed."""

    status: int
    headers: httpx2.Headers
    body: bytes


def printable(text: str, *, secret: str = "") -> str:
    """Text of a server, fit for one line of a log or an error: short, nothing but printable characters, and without
    `secret`."""
    # Blanked before the text is cut, where half of it could stay.
    blanked = text.replace(secret, "***") if secret else text
    return "".join(c if c.isprintable() else " " for c in blanked[:300])


@asynccontextmanager
async def open_http_client(endpoint: Endpoint) -> AsyncGenerator["HttpClient"]:
    """Open the one connection pool of the process."""
    # Loading the certificates takes 20 ms, which the event loop has not.
    client = await to_thread.run_sync(_make_client, endpoint)
    async with client:
        yield HttpClient(client, endpoint)


def _make_client(endpoint: Endpoint) -> httpx2.AsyncClient:
    headers = {
        endpoint.auth_header: endpoint.auth_value,
        "anthropic-version": API_VERSION,
        "user-agent": "files-api-mcp",
        # What is decoded could be a bomb, and what is sent here compresses little.
        "accept-encoding": "identity",
    }
    if endpoint.workspace_id:
        headers["anthropic-workspace-id"] = endpoint.workspace_id
    context = httpx2.create_ssl_context() if endpoint.base_url.startswith("https:") else None
    return httpx2.AsyncClient(
        base_url=endpoint.base_url,
        headers=headers,
        transport=make_transport(context, connections=_CONNECTIONS, proxy=endpoint.proxy),
        # Not from the environment: .netrc would replace the credential.
        trust_env=False,
        follow_redirects=False,
        timeout=httpx2.Timeout(None, connect=_CONNECT_S, write=_STALLED_S),
    )


class HttpClient:
    """Sends requests to the one endpoint, and to no other whatever a reply says."""

    def __init__(self, client: httpx2.AsyncClient, endpoint: Endpoint) -> None:
        self._client = client
        self.endpoint = endpoint

    async def send(self, request: ApiRequest, *, deadline: float) -> Reply:
        """Send a request once and read its reply whole, both before `deadline` (on the loop's clock).

        Raises:
            RequestNotSent: The server cannot have acted on it.
            ResponseLost: It may have, and no whole reply came in time.
            UpstreamBadReply: The reply is larger than any real one, or cannot be decoded.
        """
        with anyio.move_on_at(deadline):
            async with self._answered(request) as response:
                reading = _whole(response, request.largest_reply) if response.is_success else explanation(response)
                return Reply(response.status_code, response.headers, await reading)
        raise ResponseLost("no reply in time")

    @asynccontextmanager
    async def open(self, request: ApiRequest, *, deadline: float) -> AsyncGenerator[httpx2.Response]:
        """Send a request once and hand its reply over unread; the body is read before `deadline` too.

        Raises:
            RequestNotSent, ResponseLost: As in `send`; ResponseLost also from within the block, while the body is read.
        """
        with anyio.move_on_at(deadline) as scope:
            async with self._answered(request) as response:
                yield response
        if scope.cancelled_caught:
            raise ResponseLost("no whole reply in time")

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
                # A server that keeps its end open must not keep ours.
                with anyio.CancelScope(shield=True), anyio.move_on_after(1), suppress(httpx2.HTTPError):
                    await response.aclose()

    def _note(self, request: ApiRequest, response: httpx2.Response) -> None:
        level = logging.INFO if response.is_success else logging.WARNING
        if _log.isEnabledFor(level):
            request_id = printable(response.headers.get("request-id", "-"), secret=self.endpoint.key)
            _log.log(level, "%s %s: %d, request-id %s", request.method, request.path, response.status_code, request_id)


class _translated:  # noqa: N801 - used as a statement
    """The border at which failures of the HTTP library become ours.

    A class: a generator-based one would have to be resumed with an exception from a generator that is itself closing.
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
            raise UpstreamBadReply("The reply is too long to be the API's.")
    return bytes(body)


async def explanation(response: httpx2.Response) -> bytes:
    """The body of a reply that is no success, as far as it can be read and is worth it: its status counts without."""
    body = bytearray()
    with suppress(UpstreamBadReply):
        async for block in decoded(response):
            body += block
            if len(body) > _LARGEST_ERROR:
                break
    return bytes(body)


async def decoded(response: httpx2.Response) -> AsyncIterator[bytes]:
    """The reply's body in blocks of bounded size, however well it was compressed.

    Raises:
        UpstreamBadReply: It is encoded in a way that was not offered, or wrongly.
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
