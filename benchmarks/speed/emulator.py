"""The emulator beside a bare Starlette application that keeps files in memory."""

import http.client
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import partial

from benchmarks.speed.figures import Row
from benchmarks.speed.http import free_port, listening
from benchmarks.speed.programs import Settings, Version
from benchmarks.speed.rounds import Program, Unavailable, interleaved

BARE = """
import secrets, sys
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

files = []

async def post(request):
    async with request.form() as form:
        content = await form["file"].read()
        described = {"id": f"file_{secrets.token_hex(12)}", "type": "file", "filename": form["file"].filename,
            "mime_type": "text/plain", "size_bytes": len(content), "created_at": "2026-01-31T00:00:00Z",
            "downloadable": False}
    files.append((described, content))
    return JSONResponse(described)

async def listed(request):
    limit = int(request.query_params["limit"])
    return JSONResponse({"data": [described for described, _ in files[:-limit - 1:-1]], "has_more": True})

routes = [Route("/v1/files", post, methods=["POST"]), Route("/v1/files", listed)]
uvicorn.run(Starlette(routes=routes), port=int(sys.argv[1]), log_level="error")
"""
AT_ONCE = (1, 8)
REQUESTS, QUICK_REQUESTS = 400, 80
_HEADERS = {"x-api-key": "k", "anthropic-version": "2023-06-01", "anthropic-beta": "files-api-2025-04-14"}
_BOUNDARY = "1f2e3d4c5b6a"
_Once = Callable[[], Mapping[str, float]]


def measure(settings: Settings) -> Iterator[Row]:
    """Rows for new files of 1 KB and for lists of 20, by the number of requests that are under way."""
    requests = QUICK_REQUESTS if settings.is_quick else REQUESTS
    with ExitStack() as stack:
        programs = [
            Program(version.name, version.role, _lazily(partial(_emulator, settings, version), stack, requests))
            for version in settings.versions
        ]
        bare = [sys.executable, "-c", BARE]
        limit = _lazily(lambda port: [*bare, str(port)], stack, requests)
        programs.append(Program("bare Starlette, in memory", "limit", limit))
        found = interleaved(programs, settings.rounds(5))
    for at_once in AT_ONCE:
        for measure, name in (("post", "`POST /v1/files` of 1 KB"), ("list", "`GET /v1/files?limit=20`")):
            title = f"{name}, {at_once} at once"
            yield found.row("emulator", title, "a second", f"{measure} {at_once}", is_less_better=False)


def _emulator(settings: Settings, version: Version, port: int) -> list[str]:
    data = settings.fresh("emulator")
    return [version.command, "emulator", "--port", str(port), "--data-dir", str(data), "--rate-limit", "0"]


def _lazily(command: Callable[[int], list[str]], stack: ExitStack, requests: int) -> _Once:
    """A round of requests to a server that the first round starts."""
    held: list[int] = []

    def once() -> Mapping[str, float]:
        if not held:
            port = free_port()
            held.append(stack.enter_context(listening(command(port), port)))
        took: dict[str, float] = {}
        for at_once in AT_ONCE:
            took[f"post {at_once}"] = a_second(held[0], post, requests, at_once)
            took[f"list {at_once}"] = a_second(held[0], listed, requests, at_once)
        return took

    return once


def a_second(port: int, request: Callable[[http.client.HTTPConnection, int], None], count: int, at_once: int) -> float:
    """Requests answered in a second, over so many connections, which are opened before."""
    ready = threading.Barrier(at_once + 1)

    def some(first: int) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=300)) as connection:
            try:
                connection.connect()
                connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                request(connection, -first - 1)
            finally:
                ready.wait(60)
            for number in range(first, count, at_once):
                request(connection, number)

    with ThreadPoolExecutor(at_once) as threads:
        running = [threads.submit(some, first) for first in range(at_once)]
        ready.wait(60)
        began = time.perf_counter()
        for one in running:
            one.result()
        return count / (time.perf_counter() - began)


def post(connection: http.client.HTTPConnection, number: int) -> None:
    """Upload a new file of 1 KB."""
    text = f"{number} {time.perf_counter_ns()} ".ljust(1024, "x")
    part = f'Content-Disposition: form-data; name="file"; filename="{number}.txt"\r\nContent-Type: text/plain'
    body = f"--{_BOUNDARY}\r\n{part}\r\n\r\n{text}\r\n--{_BOUNDARY}--\r\n".encode()
    connection.request(
        "POST", "/v1/files", body, {**_HEADERS, "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
    )
    _checked(connection.getresponse())


def listed(connection: http.client.HTTPConnection, _: int) -> None:
    """Read the first page of 20 files."""
    connection.request("GET", "/v1/files?limit=20", headers=_HEADERS)
    _checked(connection.getresponse())


def _checked(response: http.client.HTTPResponse) -> None:
    body = response.read()
    if response.status != http.client.OK:
        raise Unavailable(f"status {response.status}: {body[:200].decode(errors='replace')}")
