"""CorkedTransport: sends in one system call what is written in one turn of the loop."""

import asyncio
from asyncio import AbstractEventLoop, BaseProtocol, Handle
from collections.abc import Iterable
from typing import Any

__all__ = ["CorkedTransport"]

_MOST_BYTES = 64 * 1024
"""Bytes that are kept back. A sender that is never paused does not let the loop turn."""


class CorkedTransport(asyncio.Transport):
    """A transport for the loop's thread.

    uvicorn writes the head of a response and its body separately. Each system call wakes the client, which costs more
    than most answers do.
    """

    def __init__(self, transport: asyncio.Transport, loop: AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._kept: list[bytes] = []
        self._kept_bytes = 0
        self._flushing: Handle | None = None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not data:
            return
        self._kept.append(bytes(data))
        self._kept_bytes += len(data)
        if self._kept_bytes > _MOST_BYTES:
            self.flush()
        elif self._flushing is None:
            self._flushing = self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Sends now what is kept back."""
        self._uncork(self._kept)

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def abort(self) -> None:
        self._uncork(())
        self._transport.abort()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def get_write_buffer_size(self) -> int:
        return self._kept_bytes + self._transport.get_write_buffer_size()

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def is_reading(self) -> bool:
        return self._transport.is_reading()

    def set_protocol(self, protocol: BaseProtocol) -> None:
        self._transport.set_protocol(protocol)

    def get_protocol(self) -> BaseProtocol:
        return self._transport.get_protocol()

    def _uncork(self, pieces: Iterable[bytes]) -> None:
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None
        data = b"".join(pieces)
        self._kept, self._kept_bytes = [], 0
        # The client may have left meanwhile: the loop logs writes after that.
        if data and not self._transport.is_closing():
            self._transport.write(data)
