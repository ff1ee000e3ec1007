"""CorkedTransport over a real pair of sockets."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from typing import NamedTuple

import pytest

from files_api_mcp.server.http.corked_transport import CorkedTransport

pytestmark = pytest.mark.anyio


class Pair(NamedTuple):
    corked: CorkedTransport
    peer: socket.socket

    def received(self) -> bytes | None:
        """What the peer can read now; None if there is nothing yet, and b"" at the end."""
        try:
            return self.peer.recv(1 << 20)
        except BlockingIOError:
            return None


@pytest.fixture
async def pair() -> AsyncGenerator[Pair]:
    ours, peer = socket.socketpair()
    peer.setblocking(False)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(asyncio.Protocol, sock=ours)
    yield Pair(CorkedTransport(transport, loop), peer)
    transport.abort()
    peer.close()


async def turn() -> None:
    """One turn of the loop."""
    await asyncio.sleep(0)


async def test_what_is_written_in_one_turn_is_sent_at_its_end(pair: Pair) -> None:
    pair.corked.write(b"head ")
    pair.corked.write(b"")
    pair.corked.write(bytearray(b"body"))
    assert pair.received() is None
    assert pair.corked.get_write_buffer_size() == 9
    await turn()
    assert pair.received() == b"head body"
    assert pair.corked.get_write_buffer_size() == 0
    pair.corked.write(b"next")
    await turn()
    assert pair.received() == b"next"


async def test_flush_sends_at_once_and_only_once(pair: Pair) -> None:
    pair.corked.write(b"answer")
    pair.corked.flush()
    assert pair.received() == b"answer"
    pair.corked.flush()
    await turn()
    assert pair.received() is None


async def test_much_data_does_not_wait_for_the_turn(pair: Pair) -> None:
    pair.corked.write(b"x" * 64 * 1024)
    assert pair.received() is None
    pair.corked.write(b"y")
    assert pair.received() == b"x" * 64 * 1024 + b"y"


async def test_closing_sends_what_is_kept_back(pair: Pair) -> None:
    pair.corked.write(b"last")
    pair.corked.close()
    assert pair.corked.is_closing()
    assert pair.received() == b"last"
    pair.corked.write(b"too late")
    await turn()
    await turn()
    assert pair.received() == b""


async def test_aborting_drops_it(pair: Pair) -> None:
    pair.corked.write(b"last")
    pair.corked.abort()
    await turn()
    await turn()
    assert pair.received() == b""
