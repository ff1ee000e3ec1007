"""The key is in no output: a server process at its most talkative, with a key that no pattern would give away."""

import json
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TextIO, cast

import pytest
from anyio import to_thread
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.support import documents
from tests.support.agent import text_of, write
from tests.support.emulator import emulated
from tests.support.fault_server.server import fault_server

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

KEY = "plain-words-8472-and-no-prefix"
FACT = "The ferry sails at noon."
MODES = ("commit_then_reset", "html_200", "early_413", "wrong_status_line", "redirect_other", "msg_echo_key")


class Echo:
    """Answers every call with the request's text repeated in every text field of the response."""

    def __init__(self, application: ASGIApp) -> None:
        self.application = application
        self.says: str | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.says is None or scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        headers = [("content-type", "application/json"), ("request-id", self.says), ("retry-after", self.says)]
        error = {"type": self.says, "message": f"{'x' * 280} {self.says}", "details": {"error_code": self.says}}
        raw = [(name.encode(), value.encode()) for name, value in headers]
        await send({"type": "http.response.start", "status": 400, "headers": raw})
        await send({"type": "http.response.body", "body": json.dumps({"type": "error", "error": error}).encode()})


class Told:
    """Everything that leaves a server process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results = ""

    async def call(self, client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
        result = await client.call_tool(tool, arguments)
        self.results += text_of(result) + json.dumps(result.structured_content)
        return result.structured_content or {}

    def log(self) -> str:
        return (self.folder / "stderr").read_text()

    def check(self) -> None:
        assert KEY not in self.results
        kept = [path for path in self.folder.rglob("*") if path.is_file()]
        assert len(kept) > 3
        for path in kept:
            assert KEY.encode() not in path.read_bytes(), path


@asynccontextmanager
async def talkative(folder: Path, url: str) -> AsyncGenerator[tuple[Client, Told]]:
    """A server process with the key, and its output. Its folder is searched at the end."""
    told = Told(folder)
    await to_thread.run_sync(write, folder / "root" / "ferry.pdf", documents.pdf([FACT]))
    arguments = ["-m", "files_api_mcp.server.cli.main", "serve", "--log-level", "DEBUG", "--confirm-deletes", "never"]
    server = StdioServerParameters(
        command=sys.executable,
        args=[*arguments, "--data-dir", str(folder / "data"), str(folder / "root")],
        env={**os.environ, "ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": url},
    )
    stderr = cast(TextIO, await to_thread.run_sync((folder / "stderr").open, "w"))
    with stderr:
        async with Client(stdio_client(server, errlog=stderr)) as client:
            yield client, told
    await to_thread.run_sync(told.check)


async def test_of_the_whole_job_and_of_a_server_that_repeats_the_key(tmp_path: Path) -> None:
    echoes: list[Echo] = []

    def around(application: ASGIApp) -> ASGIApp:
        echoes.append(Echo(application))
        return echoes[0]

    async with emulated(tmp_path / "api", around=around) as url, talkative(tmp_path / "ours", url) as (client, told):
        uploaded = await told.call(client, "upload_file", path="ferry.pdf")
        file_id = uploaded["files"][0]["file_id"]
        answer = await told.call(client, "ask_document", question="When does the ferry sail?", file_ids=[file_id])
        assert "noon" in str(answer)
        echoes[0].says = KEY
        for tool, arguments in {
            "upload_file": {"path": "ferry.pdf", "title": "again", "tags": ["again"]},
            "list_files": {},
            "describe_file": {"file_id": file_id},
            "ask_document": {"question": "When?", "file_ids": [file_id]},
            "download_file": {"file_id": file_id},
            "delete_file": {"file_id": file_id},
        }.items():
            await told.call(client, tool, **arguments)
        assert "***" in told.results
        echoes[0].says = None
        await told.call(client, "delete_file", file_id=file_id)
    log = await to_thread.run_sync(told.log)
    assert "DEBUG" in log
    assert "***" in log


async def test_of_faults(tmp_path: Path) -> None:
    async with fault_server() as server:
        for mode in MODES:
            async with talkative(tmp_path / mode, server.url(mode)) as (client, told):
                uploaded = await told.call(client, "upload_file", path="ferry.pdf")
                ids = [file["file_id"] for file in uploaded.get("files", [])]
                await told.call(client, "ask_document", question="When?", file_ids=ids or ["file_unknown"])
                await told.call(client, "list_files")
