"""Connections that read the reply while the request is still being sent.

A server may reject an upload at its first bytes (413, 401) and close the connection. On asyncio, the failing write also
closes the socket for reading, which loses the rejection that the kernel already received.
"""

import asyncio
import re
import select
import socket
import ssl
from collections.abc import Iterable
from typing import Any, cast

import anyio
import httpcore2
import httpx2

__all__ = ["is_left_over", "make_pool"]

_READ_AHEAD = 64 * 1024
_IDLE_S = 5.0
"""Seconds that an unused connection is kept."""
_INTERIM_STARTS = (b"HTTP/1.0 1", b"HTTP/1.1 1")
_INTERIM = re.compile(rb"\A(?:HTTP/1\.[01] 1\d\d[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n)+")


def make_pool(
    context: ssl.SSLContext | None, *, connections: int, proxy: str | None = None
) -> httpcore2.AsyncConnectionPool:
    """Make a pool of `connections`, half of them kept alive between requests. `context` None: plain HTTP."""
    if proxy is not None:
        through = httpx2.Proxy(proxy)
        return httpcore2.AsyncHTTPProxy(
            proxy_url=httpcore2.URL(str(through.url)),
            proxy_auth=through.raw_auth,
            ssl_context=context,
            max_connections=connections,
            max_keepalive_connections=connections // 2,
            keepalive_expiry=_IDLE_S,
            network_backend=_Backend(),
        )
    return httpcore2.AsyncConnectionPool(
        ssl_context=context,
        max_connections=connections,
        max_keepalive_connections=connections // 2,
        keepalive_expiry=_IDLE_S,
        network_backend=_Backend(),
    )


def is_left_over(response: httpcore2.Response) -> bool:
    """Whether a reply came with the one before, unasked: nothing was read since its request was sent.

    The library takes it for the reply to that request."""
    stream = cast(Any, response).extensions["network_stream"]
    return isinstance(stream, _Stream) and stream.is_sending


class _Backend(httpcore2.AsyncNetworkBackend):
    def __init__(self) -> None:
        # A type checker sees two types, because the library has a stand-in for systems without anyio.
        self._inner = cast(httpcore2.AsyncNetworkBackend, httpcore2.AnyIOBackend())
        self._inputs = _Inputs()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        stream = await self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(stream, self._inputs)

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _Stream(httpcore2.AsyncNetworkStream):
    """Starts reading when the body of a request is sent. The head is sent together with the first bytes of the body,
    which saves a packet and a turn of the event loop."""

    def __init__(self, inner: httpcore2.AsyncNetworkStream, inputs: "_Inputs") -> None:
        self._inner = inner
        self._inputs = inputs
        self._ahead: asyncio.Task[bytes] | None = None
        self._received = b""
        self._head = b""
        self.is_sending = False
        self._socket: socket.socket | None = None

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send bytes. The first ones of a request wait for the next call; nothing is the end of a request."""
        if not self.is_sending:
            self.is_sending, self._head = True, buffer
            return
        head, self._head = self._head, b""
        if buffer:
            self._listen()
            if self._is_answered():
                # The library takes this for the end of sending, and reads the reply.
                raise httpcore2.WriteError("the reply came before the request's end")
        if head or buffer:
            await self._inner.write(head + buffer if head else buffer, timeout)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.is_sending = False
        if self._received:
            received, self._received = self._received[:max_bytes], self._received[max_bytes:]
            return received
        if self._ahead is None:
            return await self._inner.read(max_bytes, timeout)
        ahead, self._ahead = self._ahead, None
        try:
            with anyio.fail_after(timeout):
                return await ahead
        except TimeoutError as exc:
            raise httpcore2.ReadTimeout from exc

    async def aclose(self) -> None:
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            ahead.cancel()
            await asyncio.wait([ahead])
            if not ahead.cancelled():
                ahead.exception()  # retrieved, so that asyncio logs no warning
        if self._socket is not None:
            self._inputs.forget(self._socket)
        await self._inner.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.AsyncNetworkStream:
        return _Stream(await self._inner.start_tls(ssl_context, server_hostname, timeout), self._inputs)

    def get_extra_info(self, info: str) -> Any:
        # The pool asks this of every idle connection for every request, and the library's answer is slow.
        return self._has_input() if info == "is_readable" else self._inner.get_extra_info(info)

    def _has_input(self) -> bool:
        """Whether there is something to read. On an idle connection, that is its end."""
        if self._socket is None:
            self._socket = self._inner.get_extra_info("socket")
        return self._socket is None or self._inputs.has_input(self._socket)

    def _listen(self) -> None:
        if self._ahead is not None and self._ahead.done() and not self._ahead.exception() and self._ahead.result():
            self._received += self._ahead.result()
            self._ahead = None
        if self._ahead is None and len(self._received) < _READ_AHEAD:
            self._ahead = asyncio.create_task(self._inner.read(_READ_AHEAD))

    def _is_answered(self) -> bool:
        """Whether the connection ended, or the server sent more than interim replies (100 Continue, 103 Early Hints).
        The last interim reply may be incomplete."""
        if self._ahead is not None and self._ahead.done():
            return True
        rest = _INTERIM.sub(b"", self._received)
        return bool(rest) and not any(start.startswith(rest[: len(start)]) for start in _INTERIM_STARTS)


class _Inputs:
    """Which sockets have something to read. The pool asks this of each in turn, so one call of the system looks at all;
    what it finds holds until the event loop runs on. It belongs to one event loop."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._watched: dict[socket.socket, int] = {}
        self._found: dict[int, int] | None = None

    def has_input(self, watched: socket.socket) -> bool:
        """Whether there is something to read, or the socket is closed."""
        if watched.fileno() < 0:
            return True
        if watched not in self._watched:
            self._watched[watched] = watched.fileno()
            self._poll.register(watched, select.POLLIN)
            self._found = None
        if self._found is None:
            self._found = dict(self._poll.poll(0))
            asyncio.get_running_loop().call_soon(self._expire)
        return self._watched[watched] in self._found

    def forget(self, watched: socket.socket) -> None:
        """End the watch of a socket that is about to be closed."""
        descriptor = self._watched.pop(watched, None)
        if descriptor is not None and descriptor not in self._watched.values():
            self._poll.unregister(descriptor)

    def _expire(self) -> None:
        self._found = None
