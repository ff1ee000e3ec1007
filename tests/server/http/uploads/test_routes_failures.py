"""What fails after the file of an upload link is stored."""

from pathlib import Path
from typing import Any

import pytest

from files_api_mcp.server.http.settings import Limits
from files_api_mcp.server.mcp.subscriptions import Subscriptions
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
