"""The streams between stdin, stdout and the SDK. Each request gets exactly one answer."""

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from io import BufferedReader

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCError, JSONRPCMessage, JSONRPCNotification, JSONRPCRequest, JSONRPCResponse

from files_api_mcp.server.jsonrpc.incoming import read_line
from files_api_mcp.server.jsonrpc.outgoing import encode
from files_api_mcp.server.shutdown import GRACE_S, Shutdown
from files_api_mcp.server.stdio.stdin import claim_stdin, read_ahead
from files_api_mcp.server.stdio.stdout import Stdout, claim_stdout

__all__ = ["stdio_streams"]

_ENDLESS = "subscriptions/listen"
"""The request that is answered when the client ends it."""


@asynccontextmanager
async def stdio_streams(
    shutdown: Shutdown,
) -> AsyncGenerator[
    tuple[MemoryObjectReceiveStream[SessionMessage | Exception], MemoryObjectSendStream[SessionMessage]]
]:
    """The SDK's streams over stdin and stdout.

    What the SDK cannot read is answered here, by the same writer as its own answers. When stdin ends or the shutdown
    begins, running requests get `GRACE_S` to finish. Then the stream of messages ends, and the SDK answers the rest
    with an error.
    """
    to_sdk, read_stream = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    write_stream, outgoing = anyio.create_memory_object_stream[SessionMessage](0)
    requests = _OpenRequests()
    with claim_stdin(shutdown) as stdin, claim_stdout() as stdout:
        async with anyio.create_task_group() as group:
            group.start_soon(_read, stdin, to_sdk, write_stream.clone(), requests)
            group.start_soon(_write, outgoing, stdout, requests, shutdown)
            try:
                yield read_stream, write_stream
            finally:
                shutdown.begin()  # Ends the thread that reads.


class _OpenRequests:
    """Counts the requests without an answer, by their ids."""

    def __init__(self) -> None:
        self._ids: Counter[str | int] = Counter()
        self._none = anyio.Event()

    def received(self, message: JSONRPCMessage) -> None:
        if isinstance(message, JSONRPCRequest) and message.method != _ENDLESS:
            self._ids[message.id] += 1
        elif isinstance(message, JSONRPCNotification) and message.method == "notifications/cancelled":
            # Cancelled requests are not answered.
            self._remove((message.params or {}).get("requestId"))

    def sent(self, message: JSONRPCMessage) -> None:
        if isinstance(message, JSONRPCResponse | JSONRPCError):
            self._remove(message.id)

    async def wait_for_none(self) -> None:
        while self._ids:
            self._none = anyio.Event()
            await self._none.wait()

    def _remove(self, id_: object) -> None:
        if isinstance(id_, str | int) and id_ in self._ids:
            self._ids[id_] -= 1
            if not self._ids[id_]:
                del self._ids[id_]
        if not self._ids:
            self._none.set()


async def _read(
    stdin: BufferedReader,
    to_sdk: MemoryObjectSendStream[SessionMessage | Exception],
    to_client: MemoryObjectSendStream[SessionMessage],
    requests: _OpenRequests,
) -> None:
    async with to_sdk, to_client, aclosing(read_ahead(stdin, read_line)) as lines:
        async for received in lines:
            for incoming in received:
                if incoming.message is not None:
                    requests.received(incoming.message)
                    await to_sdk.send(SessionMessage(incoming.message))
                for error in incoming.errors:
                    await to_client.send(SessionMessage(error))
        with anyio.move_on_after(GRACE_S):
            await requests.wait_for_none()


async def _write(
    outgoing: MemoryObjectReceiveStream[SessionMessage],
    stdout: Stdout,
    requests: _OpenRequests,
    shutdown: Shutdown,
) -> None:
    async with outgoing:
        async for item in outgoing:
            try:
                await stdout.write(encode(item.message))
            except OSError:  # The client no longer reads.
                shutdown.begin()
            requests.sent(item.message)
