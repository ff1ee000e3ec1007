"""Uploads that the server or the API cannot take now, and what fails after a file is stored."""

from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from files_api_mcp.backends.anthropic.settings import AnthropicSettings
from files_api_mcp.server.http.settings import Limits
from files_api_mcp.server.mcp.subscriptions import Subscriptions
from tests.support.emulator import emulated, endpoint
from tests.support.http_app import inside

pytestmark = pytest.mark.anyio


async def test_a_notification_that_fails_does_not_hide_the_upload(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def publish(self: Subscriptions, event: Any) -> None:
        raise RuntimeError("the bus is gone")

    async with inside(tmp_path, Limits()) as server, server.agent() as agent, server.web() as web:
        link = await agent.data("create_upload", filename="a.txt")
        monkeypatch.setattr(Subscriptions, "publish", publish)
        stored = await web.put(link["upload_url"], content=b"alpha")
        assert (stored.status_code, stored.json()["filename"]) == (200, "a.txt")
        assert len((await agent.data("list_files"))["files"]) == 1


async def test_too_many_uploads_are_told_when_to_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("files_api_mcp.server.http.uploads.tickets._MAX_UPLOADS", 1)
    async with inside(tmp_path, Limits()) as server, server.agent() as agent, server.web() as web:
        slow, late = [(await agent.data("create_upload", filename="a.txt"))["upload_url"] for _ in range(2)]
        async with server.connection() as stream:
            path = slow.removeprefix(f"http://127.0.0.1:{server.port}")
            await stream.send(f"PUT {path} HTTP/1.1\r\n{server.host}Content-Length: 5\r\n\r\nal".encode())
            with anyio.fail_after(60):
                while not server.spooled():
                    await anyio.lowlevel.checkpoint()
            refused = await web.put(late, content=b"beta")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
            await stream.send(b"pha")
            assert b" 200 " in await stream.receive()
        assert (await web.put(late, content=b"beta")).status_code == 200


async def test_the_rate_limit_of_the_api_is_told_with_its_wait(tmp_path: Path) -> None:
    def limited(application: ASGIApp) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            error = {"type": "error", "error": {"type": "rate_limit_error", "message": "Slow down."}}
            refusal = JSONResponse(error, 429, {"retry-after": "86400"})
            await (refusal if scope["method"] == "POST" else application)(scope, receive, send)

        return answer

    async with emulated(tmp_path / "api", around=limited) as url:
        backend = AnthropicSettings(endpoint(url), rate_limit=100_000)
        async with inside(tmp_path, Limits(), backend=backend) as server, server.agent() as agent, server.web() as web:
            link = await agent.data("create_upload", filename="a.txt")
            refused = await web.put(link["upload_url"], content=b"alpha")
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "86400")
            assert refused.json()["error"].startswith("[rate_limited] ")
