"""A cancelled call stops its work within a second, and leaves nothing half done."""

from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
from anyio import to_thread

from tests.support.agent import Agent, write

pytestmark = pytest.mark.anyio


async def cancel_at_first_progress(agent: Agent, path: str, word: str) -> None:
    """Upload until progress says `word`, then cancel the call as a client does."""
    scope = anyio.CancelScope()

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        if word in (message or ""):
            scope.cancel()

    with anyio.fail_after(60), scope:
        await agent.client.call_tool("upload_file", {"path": path}, progress_callback=hear)
    assert scope.cancelled_caught, "the call ended before it could be cancelled"


def left_in_spool(agent: Agent) -> list[Path]:
    return [path for path in (agent.root.parent / "data" / "spool").glob("*/*") if path.is_file()]


async def test_cancelling_while_a_big_file_is_frozen_leaves_no_trace(agent: Agent) -> None:
    await agent.upload("first.txt", "so that everything is open")
    with (agent.root / "big.bin").open("wb") as big:
        big.truncate(490_000_000)
        big.write(b"\x01\x02")
    await cancel_at_first_progress(agent, "big.bin", "")
    with anyio.fail_after(60):
        while await to_thread.run_sync(left_in_spool, agent):
            await anyio.lowlevel.checkpoint()
    with anyio.fail_after(60):
        names = [file["filename"] for file in (await agent.data("list_files"))["files"]]
    assert names == ["first.txt"]


async def test_a_file_cancelled_while_it_is_indexed_is_whole_at_the_next_call(agent: Agent) -> None:
    words = " ".join(f"word{number}" for number in range(2000))
    text = "".join(f"Chapter {number}. {words}\n" for number in range(400)) + "The ferryman keeps the lantern.\n"
    write(agent.root / "book.txt", text)
    await cancel_at_first_progress(agent, "book.txt", "ndex")
    with anyio.fail_after(60):
        (file,) = (await agent.data("list_files"))["files"]
    answer = await agent.data("ask_document", question="ferryman lantern", file_ids=[file["file_id"]])
    assert "The ferryman keeps the lantern." in answer["passages"][0]["text"]
