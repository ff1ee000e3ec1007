"""A model whose tool calls are scripted: hosts reach it on the loopback interface by the API that they speak."""

import json
import queue
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from benchmarks.clients.hosts.dialects import DIALECTS, Call, Dialect, Seen, Turn

__all__ = ["ScriptedModel", "scripted_model"]

LONGEST_S = 90.0
DONE = "The job is done."
WAITING = {"exec_command": {"cmd": "sleep 1"}}


class ScriptedModel:
    """Answers a host's requests with the calls that `call` was given; each returns what the host shows the model.

    Locked by its queues: the host's requests come in threads of the server, `call` is for one other thread.
    `first_tools` is how many of our tools the first request offered, or None before it.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.first_tools: int | None = None
        self.bodies: list[dict[str, Any]] = []
        self._answers: queue.Queue[tuple[str, dict[str, Any]] | str] = queue.Queue()
        self._results: queue.Queue[Seen] = queue.Queue()
        self._open: Call | None = None
        self._made = 0

    def call(self, tool: str, **arguments: Any) -> Seen:
        """What the model sees after this call."""
        self._answers.put((tool, arguments))
        return self._results.get(timeout=LONGEST_S)

    def finish(self) -> None:
        """End the conversation with a text."""
        self._answers.put(DONE)

    def answer(self, dialect: Dialect, body: dict[str, Any]) -> bytes:
        """The answer to a request. Requests that offer no tools, such as those for a title, get a short text."""
        turn = dialect.read(body)
        if not turn.tools:
            return dialect.stream("Files")
        self.bodies.append(body)
        if self.first_tools is None:
            self.first_tools = sum(_is_ours(name) for _, name in turn.tools)
        if self._open:
            if turn.seen is None or turn.seen.call_id not in ("", self._open.call_id):
                return dialect.stream(self._open)  # the host asks again
            self._open = None
            self._results.put(turn.seen)
        return dialect.stream(self._next(turn))

    def _next(self, turn: Turn) -> Call | str:
        waiting = [tool for tool in turn.tools if tool[1] in WAITING]
        if waiting and not any(_is_ours(name) for _, name in turn.tools):
            # The host went on without our tools: a call of its own takes some time.
            self._made += 1
            return Call(waiting[0], WAITING[waiting[0][1]], f"call_{self._made}")
        chosen = self._answers.get(timeout=LONGEST_S)
        if isinstance(chosen, str):
            return chosen
        wanted, arguments = chosen
        found = [tool for tool in turn.tools if tool[1].endswith(wanted)]
        assert found, f"{wanted} is not among {turn.tools}"
        self._made += 1
        self._open = Call(found[0], arguments, f"call_{self._made}")
        return self._open


def _is_ours(name: str) -> bool:
    return name.endswith(("_document", "list_files", "describe_file", "upload_file", "find_text", "query_table"))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    model: ScriptedModel

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        path = urlsplit(self.path).path
        for dialect in DIALECTS:
            if path.endswith(dialect.path):
                return self._send(200, "text/event-stream", self.model.answer(dialect, json.loads(raw)))
        return self._send(404, "application/json", b'{"error": {"message": "not scripted"}}')

    def do_GET(self) -> None:
        self._send(404, "application/json", b'{"error": {"message": "not scripted"}}')

    do_HEAD = do_GET  # noqa: N815  the base class looks it up by the method

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name is the base class's
        """Nothing."""

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextmanager
def scripted_model() -> Generator[ScriptedModel]:
    """Serve a scripted model at a free port."""
    handler = type("Handler", (_Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        model = ScriptedModel(f"http://127.0.0.1:{server.server_port}")
        handler.model = model
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield model
        finally:
            server.shutdown()
