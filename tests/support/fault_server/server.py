"""A server of the Files API on which any fault can be had: `python -m tests.support.fault_server.server [--port N]`.

The first segment of a base URL's path chooses the fault (see `modes`). As a process it prints its port, and
`GET /_state/MODE` tells what came in.
"""

import argparse
import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from urllib.parse import quote, unquote

from tests.support.fault_server.api import endpoint_of
from tests.support.fault_server.exchange import Exchange, envelope
from tests.support.fault_server.modes import Chosen, answer, choose
from tests.support.fault_server.state import ModeState, SentRequest
from tests.support.fault_server.wire import BadRequest, Connection, Request, head

__all__ = ["FaultServer", "fault_server"]

_LONGEST_HEAD = 256 * 1024


class FaultServer:
    """Speaks as the Files API on one port; `other_url` is a second listener on another address, where nobody
    should come: `other_connections` counts who did, and `other_requests` holds what was asked.

    `crashes` are faults of this server itself, which no test provoked.
    """

    def __init__(self) -> None:
        self.port = 0
        self.other_url = ""
        self.other_connections = 0
        self.other_requests: list[SentRequest] = []
        self.crashes: list[Exception] = []
        self._states: dict[str, ModeState] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def url(self, mode: str) -> str:
        """The base URL that has the mode.

        Raises:
            LookupError: There is no such mode.
        """
        choose(mode)
        return f"http://127.0.0.1:{self.port}/{quote(mode, safe='~=')}"

    def state(self, mode: str) -> ModeState:
        """What the server knows of the mode, written as in its URL; it lives on."""
        if mode not in self._states:
            self._states[mode] = choose(mode).new_state()
        return self._states[mode]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        async with self._owned(writer):
            connection = Connection(reader, writer)
            while not connection.ends:
                try:
                    request = await connection.read_request()
                    if request is None:
                        return
                    await self._answer(connection, request)
                except BadRequest as exc:
                    await self._refuse(connection, 400, str(exc))
                connection.answered += 1
            # What is left of the request is not read, and the reply is on its way.
            writer.close()

    async def serve_other(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer as a stranger would who wants to be believed."""
        self.other_connections += 1
        async with self._owned(writer):
            connection = Connection(reader, writer)
            request = await connection.read_request()
            if request is not None:
                self.other_requests.append(SentRequest(request.method, request.target, request.headers))
                body = json.dumps(ModeState.seeded(666, ModeState().now()).metadata()).encode()
                headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
                await connection.send(head(200, [*headers, ("Connection", "close")]) + body)
                await connection.half_close()

    @asynccontextmanager
    async def _owned(self, writer: asyncio.StreamWriter) -> AsyncGenerator[None]:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            yield
        except ConnectionError:
            pass
        except asyncio.CancelledError:
            # Nobody waits for the rest of a reply that is cut off by the end of the server.
            writer.transport.abort()
        except Exception as exc:
            self.crashes.append(exc)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def aclose(self) -> None:
        """End all connections."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer(self, connection: Connection, request: Request) -> None:
        segment, *rest = request.target.removeprefix("/").split("/", 1)
        mode = unquote(segment)
        path = "/" + "".join(rest)
        try:
            if segment == "_state":
                await self._tell_state(connection, path.removeprefix("/"))
                return
            chosen, state = choose(mode), self.state(mode)
        except (LookupError, ValueError) as exc:
            await self._refuse(connection, 404, str(exc))
            return
        state.requests.append(SentRequest(request.method, path, request.headers))
        exchange = Exchange(
            connection=connection,
            request=request,
            state=state,
            endpoint=endpoint_of(request.method, path),
            path=path,
            arguments=chosen.arguments,
            options=chosen.options,
            own_url=f"http://127.0.0.1:{self.port}/{segment}",
            other_url=self.other_url,
        )
        refusal = _unauthorized(request)
        if refusal:
            await exchange.error(*refusal)
        else:
            await _answered(exchange, chosen)
        connection.ends = connection.ends or not exchange.is_read

    async def _tell_state(self, connection: Connection, mode: str) -> None:
        body = json.dumps(self.state(mode).as_json()).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        await connection.send(head(200, headers) + body)

    async def _refuse(self, connection: Connection, status: int, message: str) -> None:
        body = json.dumps(envelope(status, message)).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("Connection", "close")]
        connection.ends = True
        await connection.send(head(status, headers) + body)


async def _answered(exchange: Exchange, chosen: Chosen) -> None:
    try:
        await answer(exchange, chosen)
    except BadRequest as exc:
        await exchange.error(400, str(exc))


def _unauthorized(request: Request) -> tuple[int, str] | None:
    if "x-api-key" not in request.headers and "authorization" not in request.headers:
        return 401, "x-api-key header is required"
    if "anthropic-version" not in request.headers:
        return 400, "anthropic-version: header is required"
    return None


@asynccontextmanager
async def fault_server(port: int = 0) -> AsyncGenerator[FaultServer]:
    """Serve in the running event loop, on loopback, until the block is left.

    Raises:
        ExceptionGroup: On leaving, if the server itself was at fault.
    """
    faults = FaultServer()
    listening = await asyncio.start_server(faults.serve, "127.0.0.1", port, limit=_LONGEST_HEAD)
    other = await _listen_elsewhere(faults)
    faults.port = listening.sockets[0].getsockname()[1]
    host, other_port = other.sockets[0].getsockname()
    faults.other_url = f"http://{host}:{other_port}"
    try:
        yield faults
    finally:
        listening.close()
        other.close()
        await faults.aclose()
    if faults.crashes:
        raise ExceptionGroup("The fault server was at fault.", faults.crashes)


async def _listen_elsewhere(faults: FaultServer) -> asyncio.Server:
    # Where only one loopback address is configured, another port has to do.
    with suppress(OSError):
        return await asyncio.start_server(faults.serve_other, "127.0.0.2", 0)
    return await asyncio.start_server(faults.serve_other, "127.0.0.1", 0)


async def _serve_for_ever(port: int) -> None:
    async with fault_server(port) as faults:
        print(faults.port, flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve_for_ever(parser.parse_args().port))


if __name__ == "__main__":
    main()
