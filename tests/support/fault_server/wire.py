"""HTTP/1.1 by hand on one connection, so that every way to break it is at hand too."""

import asyncio
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

__all__ = ["BadRequest", "Body", "ClientLeft", "Connection", "HeaderPairs", "Request", "chunk", "head"]

BLOCK = 64 * 1024
_LONGEST_LINE = 1024

HeaderPairs = Iterable[tuple[str, str]]


class ClientLeft(ConnectionError):
    """The client closed its end before its request was whole."""


class BadRequest(Exception):
    """The request is not what the API takes; the text says why."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request's head. `headers` have lower-case names; `length` is None for a chunked body."""

    method: str
    target: str
    headers: dict[str, str]

    @property
    def length(self) -> int | None:
        if "chunked" in self.headers.get("transfer-encoding", ""):
            return None
        return int(self.headers.get("content-length", "0"))


def head(status: int | str, headers: HeaderPairs, *, version: str = "HTTP/1.1") -> bytes:
    """The bytes of a reply's head; a `status` that is text stands as it is."""
    line = f"{status} {_phrase(status)}" if isinstance(status, int) else status
    lines = [f"{version} {line}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunk(data: bytes) -> bytes:
    """Bytes as a chunk of a chunked body; of none, its end."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


class Body:
    """A request's body, read no faster than it is asked for."""

    def __init__(self, reader: asyncio.StreamReader, length: int | None) -> None:
        self._reader = reader
        self._chunked = length is None
        self._left = length or 0
        self.is_whole = length == 0

    async def block(self) -> bytes:
        """The next block, of at most 64 KiB; empty at the end.

        Raises:
            ClientLeft: The client ended early.
        """
        if not self._left and self._chunked and not self.is_whole:
            await self._next_chunk()
        if self.is_whole:
            return b""
        data = await self._reader.read(min(self._left, BLOCK))
        if not data:
            raise ClientLeft
        self._left -= len(data)
        if not self._left:
            await self._end_of_part()
        return data

    async def _next_chunk(self) -> None:
        self._left = int((await self._line()).partition(b";")[0], 16)
        if not self._left:
            while await self._line():
                pass
            self.is_whole = True

    async def _end_of_part(self) -> None:
        if self._chunked:
            await self._line()
        else:
            self.is_whole = True

    async def _line(self) -> bytes:
        line = await self._reader.readline()
        if not line.endswith(b"\n") or len(line) > _LONGEST_LINE:
            raise ClientLeft
        return line.strip()


class Connection:
    """One connection of a client. `ends` says that no further request is read from it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.ends = False
        self.answered = 0

    async def read_request(self) -> Request | None:
        """The next request's head; None when the client is done.

        Raises:
            BadRequest: It is no HTTP.
        """
        try:
            text = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.IncompleteReadError:
            return None
        except asyncio.LimitOverrunError:
            raise BadRequest("The head is too long.") from None
        line, *fields = text[:-4].split("\r\n")
        parts = line.split(" ")
        if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
            raise BadRequest("The request line is none.")
        headers: dict[str, str] = {}
        for field in fields:
            name, _, value = field.partition(":")
            name = name.strip().lower()
            headers[name] = f"{headers[name]}, {value.strip()}" if name in headers else value.strip()
        return Request(parts[0], parts[1], headers)

    def body(self, request: Request) -> "Body":
        """The body of the request whose head was read last."""
        return Body(self._reader, request.length)

    async def send(self, data: bytes) -> None:
        """Send bytes as they are, as fast as the client takes them."""
        self._writer.write(data)
        await self._writer.drain()

    async def trickle(self, data: bytes, every: float) -> None:
        """Send bytes one by one, `every` seconds."""
        for byte in data:
            await self.send(bytes([byte]))
            await asyncio.sleep(every)

    async def hang(self) -> None:
        """Say nothing until the client gives up."""
        self.ends = True
        while await self._reader.read(BLOCK):
            pass

    async def half_close(self) -> None:
        """Send FIN, and drop what still comes until the client gives up."""
        self._writer.write_eof()
        await self.hang()

    def close(self) -> None:
        """End the connection after what was sent: with FIN, or with RST where something sent to us is left unread."""
        self.ends = True
        self._writer.close()

    def reset(self) -> None:
        """End the connection with an RST, which the client sees as a reset."""
        self.ends = True
        raw = self._writer.get_extra_info("socket")
        # A linger time of zero makes the kernel send RST instead of FIN.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()
