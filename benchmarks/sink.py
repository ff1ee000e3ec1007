"""A server that receives uploads as fast as the kernel can discard them: `python -m benchmarks.sink` prints its port.

It keeps no bytes and describes files as the Files API does. Its only error is a form that ends early.
"""

import json
import re
import secrets
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import parse_qsl

_BLOCK = 1024 * 1024
_Received = TypeVar("_Received", bytes, int)


@contextmanager
def sink() -> Generator[str]:
    """Start the server in a separate process; yields its URL."""
    with subprocess.Popen([sys.executable, "-m", "benchmarks.sink"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


class Sink:
    """The file descriptions, and the connections, each in a thread."""

    def __init__(self) -> None:
        self._files: dict[str, dict[str, Any]] = {}

    def serve(self) -> None:
        """Print the port, and serve until killed."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            print(listener.getsockname()[1], flush=True)
            while True:
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        held = b""
        with connection:
            while block := connection.recv(65536):
                held += block
                if b"\r\n\r\n" not in held:
                    continue
                head, _, begun = held.partition(b"\r\n\r\n")
                status, answer = self._answer(connection, head.decode("latin-1"), begun)
                body, held = json.dumps(answer).encode(), b""
                headers = f"Content-Type: application/json\r\nContent-Length: {len(body)}"
                connection.sendall(f"HTTP/1.1 {status} -\r\n{headers}\r\n\r\n".encode() + body)

    def _answer(self, connection: socket.socket, head: str, begun: bytes) -> tuple[int, dict[str, Any]]:
        method, target, _ = head.split(" ", 2)
        path = target.partition("?")[0]
        if method == "POST":
            if "100-continue" in head:
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            file = _received(connection, head, begun)
            self._files[file["id"]] = file
            return 200, file
        if path == "/v1/files":
            ids = [value for name, value in parse_qsl(target.partition("?")[2]) if name == "ids[]"]
            found = (
                [self._files[one] for one in ids if one in self._files] if ids else [*reversed(self._files.values())]
            )
            return 200, {"data": found, "has_more": False, "next_page": None}
        file = self._files.get(path.removeprefix("/v1/files/"))
        return (200, file) if file else (404, {"type": "error", "error": {"type": "not_found_error", "message": "No."}})


def _received(connection: socket.socket, head: str, begun: bytes) -> dict[str, Any]:
    """Read a form to its end. Only the name and size of the file, its last part, are used."""
    length = int(_found(r"\ncontent-length: *(\d+)", head))
    boundary = _found(r'boundary="?([^";\s]+)', head)
    tail = f"\r\n--{boundary}--\r\n".encode()
    while not (part := re.search(rb'filename="([^"]*)".*?\r\n\r\n', begun, re.DOTALL)):
        begun += _some(connection.recv(65536))
    left = length - len(begun)
    room = bytearray(_BLOCK)
    while left > len(tail):
        # The kernel discards the bytes without copying them.
        left -= _some(connection.recv_into(room, min(left - len(tail), _BLOCK), socket.MSG_TRUNC))
    while left:
        begun += _some(block := connection.recv(left))
        left -= len(block)
    assert begun.endswith(tail), "not the form's end"
    return {
        "id": f"file_{secrets.token_hex(12)}",
        "type": "file",
        "filename": part[1].decode(),
        "mime_type": "application/octet-stream",
        "size_bytes": length - part.end() - len(tail),
        "created_at": datetime.now(UTC).isoformat(),
        "downloadable": False,
    }


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.IGNORECASE)
    assert found, pattern
    return found[1]


def _some(received: _Received) -> _Received:
    if not received:
        raise ConnectionError("The client closed the connection early.")
    return received


if __name__ == "__main__":
    Sink().serve()
