"""Batches against the emulator, through middleware that loses replies."""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from files_api_mcp.backends.anthropic.answers.batch_answerer import AnthropicBatchAnswerer
from files_api_mcp.backends.anthropic.answers.batch_submission import PollSchedule
from files_api_mcp.backends.anthropic.api.batches import BatchesClient
from files_api_mcp.backends.anthropic.api.retry import RetryingSender
from files_api_mcp.backends.anthropic.workspace import Workspace
from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.models import Answer, Ask
from files_api_mcp.backends.search.engine import SearchEngine, open_search_engine
from files_api_mcp.backends.search.runtime import SearchRuntime, index_workers
from tests.support.emulator import opened
from tests.support.snapshots import freeze_bytes, text_file

__all__ = ["QUICK", "Asking", "Between", "asking", "forgotten"]

QUICK = PollSchedule(first_s=0.05, longest_s=0.1, looks=(0.0, 0.05), away_s=1.0)
CREATE = ("POST", "/v1/messages/batches")


class Between:
    """Middleware before the emulator: records requests, and loses the replies to some of them."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.lose = 0
        self.refuse = 0
        self.hang = False
        self.committed = anyio.Event()

    def around(self, app: ASGIApp) -> ASGIApp:
        async def between(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or (scope["method"], scope["path"]) != CREATE:
                return await app(scope, receive, send)
            body = b""
            while True:
                message = await receive()
                body += message.get("body", b"")
                if not message.get("more_body"):
                    break
            if self.refuse:
                self.refuse -= 1
                return await plain_500(send)
            self.bodies.append(json.loads(body))

            async def whole() -> Message:
                return {"type": "http.request", "body": body, "more_body": False}

            if self.lose or self.hang:
                await app(scope, whole, nowhere)
                self.committed.set()
                self.lose = max(0, self.lose - 1)
                if self.hang:
                    await anyio.sleep_forever()
                return await plain_500(send)
            return await app(scope, whole, send)

        return between


async def nowhere(_: Message) -> None:
    """A lost reply."""


async def forgotten(index: int, outcome: Answer | FilesError) -> None:
    """A result that is lost because its run ends."""


async def plain_500(send: Send) -> None:
    await send({"type": "http.response.start", "status": 500, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"gateway"})


class Asking:
    """All parts of a batch run, on one emulator."""

    def __init__(self, workspace: Workspace, library: SearchEngine, folder: Path) -> None:
        self.workspace = workspace
        self.library = library
        self.batches = AnthropicBatchAnswerer(workspace, library, "claude-sonnet-5-5", folder, QUICK)
        self.client = BatchesClient(RetryingSender(workspace.http, None))

    async def upload(self, folder: Path, name: str, text: str) -> str:
        snapshot = await to_thread.run_sync(freeze_bytes, folder, text.encode())
        return (await self.workspace.files.upload(snapshot, text_file(name))).record.id

    async def answers(self, asks: Sequence[Ask]) -> dict[int, Answer | FilesError]:
        found: dict[int, Answer | FilesError] = {}

        async def take(index: int, outcome: Answer | FilesError) -> None:
            assert index not in found
            found[index] = outcome

        await self.batches.answer(asks, take, max_tokens=500)
        return found

    async def ids(self) -> list[str]:
        return [batch.id for batch in await self.client.recent()]


@asynccontextmanager
async def asking(folder: Path, url: str) -> AsyncGenerator[Asking]:
    async with AsyncExitStack() as stack:
        workspace = await stack.enter_async_context(opened(url, folder))
        workers = await stack.enter_async_context(index_workers())
        library = await stack.enter_async_context(
            open_search_engine(folder / "anthropic", workspace.originals, SearchRuntime(workers))
        )
        yield Asking(workspace, library, folder / "batches")
