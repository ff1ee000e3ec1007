"""Uploads of one name and size whose replies are lost: the id returned is that of the bytes sent."""

import json
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from files_api_mcp.backends.anthropic.files.upload import Timing
from files_api_mcp.backends.anthropic.workspace import Workspace
from files_api_mcp.backends.errors import FilesError, OutcomeUnknown
from tests.support.emulator import emulated, opened
from tests.support.snapshots import freeze_bytes, text_file

pytestmark = pytest.mark.anyio

NAME = "report.txt"
ONE, OTHER = b"The harbour opens at six.\n", b"The harbour opens at ten.\n"
NO_LOOKS = Timing(call_s=2.0, upload_s=2.0, reply_s=0.5, looks=(60.0,))


@dataclass
class Api:
    """Stands before the emulator. It answers the next uploads as `does` says, then normally: "lose" stores a file and
    fails, "late" fails and stores the file when `land` is called, "hang" does that without a reply, "overtaken" stores
    late files first and then loses. `ahead` is how far the clock of files is ahead of that of replies."""

    url: str = ""
    does: list[str] = field(default_factory=list[str])
    contents: dict[str, bytes] = field(default_factory=dict[str, bytes])
    ahead: timedelta = timedelta()
    hanging: anyio.Event = field(default_factory=anyio.Event)
    _app: ASGIApp | None = None
    _late: list[tuple[Scope, bytes]] = field(default_factory=list[tuple[Scope, bytes]])

    def around(self, app: ASGIApp) -> ASGIApp:
        self._app = app

        async def between(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["path"] != "/v1/files":
                return await app(scope, receive, send)
            if scope["method"] == "GET":
                return await _answer(send, 200, self._shifted(await self._asked(scope)))
            body = await _body(receive)
            how = self.does.pop(0) if self.does else ""
            if how in ("late", "hang"):
                self._late.append((scope, body))
            else:
                if how == "overtaken":
                    await self.land()
                reply = await self._stored(scope, body)
                if not how:
                    return await _answer(send, 200, reply)
            if how == "hang":
                self.hanging.set()
                while (await receive())["type"] != "http.disconnect":
                    pass
            return await _answer(send, 500, b'{"type":"error","error":{"type":"api_error","message":""}}')

        return between

    async def land(self) -> None:
        """Store the files of the late uploads."""
        late, self._late = self._late, []
        for scope, body in late:
            await self._stored(scope, body)

    async def _stored(self, scope: Scope, body: bytes) -> bytes:
        reply = await self._asked(scope, body)
        self.contents[json.loads(reply)["id"]] = ONE if ONE in body else OTHER
        return reply

    async def _asked(self, scope: Scope, body: bytes = b"") -> bytes:
        left, reply = [body], bytearray()

        async def receive() -> Message:
            return {"type": "http.request", "body": left.pop() if left else b"", "more_body": False}

        async def send(message: Message) -> None:
            reply.extend(message.get("body", b""))

        assert self._app
        await self._app(scope, receive, send)
        return bytes(reply)

    def _shifted(self, page: bytes) -> bytes:
        shown: dict[str, Any] = json.loads(page)
        for file in shown["data"]:
            file["created_at"] = (datetime.fromisoformat(file["created_at"]) + self.ahead).isoformat()
        return json.dumps(shown).encode()


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def api(tmp_path: Path) -> AsyncGenerator[Api]:
    api = Api()
    async with emulated(tmp_path / "api", around=api.around) as api.url:
        yield api


async def upload(workspace: Workspace, tmp_path: Path, content: bytes) -> str:
    snapshot = await anyio.to_thread.run_sync(freeze_bytes, tmp_path / "frozen", content)
    return (await workspace.files.upload(snapshot, text_file(NAME))).record.id


@pytest.mark.parametrize("ahead_s", [0.0, 4.5])
async def test_the_file_of_a_damaged_intent_is_not_taken_for_another(tmp_path: Path, api: Api, ahead_s: float) -> None:
    api.ahead = timedelta(seconds=ahead_s)
    async with opened(api.url, tmp_path, timing=NO_LOOKS) as workspace:
        api.does = ["lose"]
        with pytest.raises(OutcomeUnknown):
            await upload(workspace, tmp_path, ONE)
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as connection:
        connection.execute("UPDATE intent SET source_sha256 = 'x'")
    async with opened(api.url, tmp_path) as workspace:
        api.does = ["lose"]
        assert api.contents[await upload(workspace, tmp_path, OTHER)] == OTHER


async def test_a_file_of_a_retried_upload_that_is_stored_late_is_not_taken_for_another(
    tmp_path: Path, api: Api
) -> None:
    async with opened(api.url, tmp_path) as workspace:
        api.does = ["late"]
        assert api.contents[await upload(workspace, tmp_path, ONE)] == ONE
        api.does = ["overtaken"]
        assert api.contents[await upload(workspace, tmp_path, OTHER)] == OTHER


async def test_a_file_of_a_failed_upload_that_is_stored_late_is_not_taken_for_another(tmp_path: Path, api: Api) -> None:
    async with opened(api.url, tmp_path) as workspace:
        api.does = ["late"] * 3
        with pytest.raises(FilesError):
            await upload(workspace, tmp_path, ONE)
        api.does = ["overtaken"]
        assert api.contents[await upload(workspace, tmp_path, OTHER)] == OTHER


@pytest.mark.parametrize("restarts", [False, True])
async def test_a_file_of_a_cancelled_upload_that_is_stored_late_is_not_taken_for_another(
    tmp_path: Path, api: Api, restarts: bool
) -> None:
    async with AsyncExitStack() as stack:
        workspace = await stack.enter_async_context(opened(api.url, tmp_path))
        api.does = ["hang"]
        async with anyio.create_task_group() as group:
            group.start_soon(upload, workspace, tmp_path, ONE)
            await api.hanging.wait()
            group.cancel_scope.cancel()
        if restarts:
            await stack.aclose()
            workspace = await stack.enter_async_context(opened(api.url, tmp_path))
        api.does = ["overtaken"]
        assert api.contents[await upload(workspace, tmp_path, OTHER)] == OTHER


async def test_the_file_of_another_machine_is_not_taken_for_that_of_this_one(tmp_path: Path, api: Api) -> None:
    async with opened(api.url, tmp_path / "here") as here, opened(api.url, tmp_path / "there") as there:
        await upload(there, tmp_path, ONE)
        api.does = ["lose"]
        assert api.contents[await upload(here, tmp_path, OTHER)] == OTHER


async def test_an_upload_in_doubt_whose_replies_are_all_lost_is_unknown_and_is_sent_again(
    tmp_path: Path, api: Api
) -> None:
    async with opened(api.url, tmp_path) as workspace:
        api.does = ["late"]
        await upload(workspace, tmp_path, ONE)
        api.does = ["overtaken", "lose", "lose"]
        with pytest.raises(OutcomeUnknown):
            await upload(workspace, tmp_path, OTHER)
        assert api.contents[await upload(workspace, tmp_path, OTHER)] == OTHER


async def test_without_a_doubt_each_upload_is_one_file(tmp_path: Path, api: Api) -> None:
    async with opened(api.url, tmp_path) as workspace:
        for content in (ONE, OTHER):
            api.does = ["lose"]
            assert api.contents[await upload(workspace, tmp_path, content)] == content
    assert sorted(api.contents.values()) == [ONE, OTHER]
