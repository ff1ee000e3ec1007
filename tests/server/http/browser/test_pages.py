"""Pages in Chromium: one on an allowed origin uses the server, one on another can neither read nor do anything."""

import json
import queue
import shutil
import subprocess
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.http_server import TOKEN, served

CHROMIUM = shutil.which("chromium") or ""
PAGE = Path(__file__).with_name("page.html")

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium here"),
]


class PageServer(ThreadingHTTPServer):
    """Serves the page, and takes its outcome. `localhost` and `127.0.0.1` are two origins."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.outcomes: queue.Queue[dict[str, Any]] = queue.Queue()

    def origin(self, host: str) -> str:
        return f"http://{host}:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer(PAGE.read_bytes() if self.path.startswith("/?") else b"")

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        assert isinstance(self.server, PageServer)
        self.server.outcomes.put(json.loads(self.rfile.read(length)))
        self._answer(b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the standard library
        pass

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def pages() -> Generator[PageServer]:
    with PageServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@contextmanager
def opened(profile: Path, url: str) -> Generator[None]:
    """Chromium with this page."""
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    flags += ["--disable-background-networking", "--disable-component-update", f"--user-data-dir={profile}"]
    browser = subprocess.Popen([CHROMIUM, *flags, url], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        browser.terminate()
        browser.wait()


def outcome_of(pages: PageServer, tmp_path: Path, host: str, **given: str) -> dict[str, Any]:
    with opened(tmp_path / "profile", f"{pages.origin(host)}/?{urlencode(given)}"):
        return pages.outcomes.get(timeout=120)


def test_an_allowed_page_lists_asks_and_uploads_by_a_link(tmp_path: Path, pages: PageServer) -> None:
    with served(tmp_path, "http", "--allowed-origin", pages.origin("localhost"), token=TOKEN) as server:
        outcome = outcome_of(pages, tmp_path, "localhost", role="use", server=server.url, token=TOKEN)
    assert "ask_document" in outcome.pop("tools")
    assert outcome == {
        "initialized": "files",
        "has_session": True,
        "uploaded": "pier.md",
        "again": 404,
        "files": ["pier.md"],
        "answer": "# Pier\n\nThe pier was painted in May.",
        "unauthorized": [401, "Bearer"],
        "too_large": 413,
        "ended": 200,
    }


async def test_a_page_that_is_not_allowed_can_neither_read_nor_do_anything(tmp_path: Path, pages: PageServer) -> None:
    """The server has no token, so only the origin protects it."""
    with served(tmp_path, "http", "--allowed-origin", pages.origin("localhost")) as server:
        async with server.agent() as agent:
            link = (await agent.data("create_upload", filename="ours.txt"))["upload_url"]
            outcome = outcome_of(pages, tmp_path, "127.0.0.1", role="intrude", server=server.url, link=link)
            assert outcome["attempts"] == [{"refused": "TypeError"}] * 7
            assert [reply.get("text", "") for reply in outcome["opaque"]] == [""] * 3
            assert outcome["picture"] == "error"
            assert (await agent.data("list_files"))["files"] == []
