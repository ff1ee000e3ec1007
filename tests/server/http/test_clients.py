"""The SDK's client, in both eras and over both transports, does with every tool what it does over stdio."""

from pathlib import Path

import anyio
import pytest
from mcp.types import BlobResourceContents, EmbeddedResource

from tests.support.agent import Agent, Era, text_of, write
from tests.support.http_server import TOKEN, served

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.mark.parametrize("transport", ["http", "sse"])
async def test_every_tool_works(tmp_path: Path, root: Path, transport: str, era: Era) -> None:
    with served(tmp_path, transport, "--confirm-deletes", "never", root=root, token=TOKEN) as server:
        with anyio.fail_after(60):
            async with server.agent(era) as agent:
                await use_every_tool(agent)
        assert ("SSE is deprecated" in server.errors) == (transport == "sse")
        code, errors = server.stop()
    assert code == 0
    assert errors == ""
    assert TOKEN not in server.errors


async def use_every_tool(agent: Agent) -> None:
    file = await agent.data("upload_file", path="notes.md")
    file_id = file["files"][0]["file_id"]
    assert [found["file_id"] for found in (await agent.data("list_files"))["files"]] == [file_id]
    assert (await agent.data("describe_file", file_id=file_id))["filename"] == "notes.md"
    answer = await agent.data("ask_document", question="When does the harbour open?", file_ids=[file_id])
    assert "opens at six" in answer["passages"][0]["text"]
    assert "opens at six" in text_of(await agent.call("read_document", file_id=file_id))
    (resource,) = [
        block.resource
        for block in (await agent.call("download_file", file_id=file_id)).content
        if isinstance(block, EmbeddedResource)
    ]
    assert isinstance(resource, BlobResourceContents)
    await agent.data("download_file", file_id=file_id, save_as="copy.md")
    assert (
        await anyio.Path(agent.root / "copy.md").read_bytes() == await anyio.Path(agent.root / "notes.md").read_bytes()
    )
    assert (await agent.data("delete_file", file_ids=[file_id]))["files"][0]["deleted"] is True
    assert (await agent.error("describe_file", file_id=file_id)).startswith("[not_found] ")


@pytest.mark.parametrize("transport", ["http", "sse"])
async def test_all_connections_share_one_store(tmp_path: Path, root: Path, transport: str, era: Era) -> None:
    """Over SSE the SDK enters a server's lifespan once for each connection."""
    with served(tmp_path, transport, root=root) as server, anyio.fail_after(60):
        async with server.agent(era) as first:
            async with server.agent(era) as second:
                await second.data("upload_file", path="notes.md")
            (file,) = (await first.data("list_files"))["files"]
            assert len(list((server.data_dir / "spool").iterdir())) == 1
        async with server.agent(era) as third:
            assert (await third.data("describe_file", file_id=file["file_id"]))["filename"] == "notes.md"


async def test_fifty_clients_with_equal_ids_each_get_their_own_answers(tmp_path: Path) -> None:
    """Every client counts its requests from the same number on, in either era."""
    root = tmp_path / "root"
    for number in range(50):
        write(root / f"file{number}.md", f"The password of boat {number} is canary-{number}-boat.\n")
    with served(tmp_path, "http", root=root, token=TOKEN) as server:

        async def one(number: int) -> None:
            era: Era = "auto" if number % 2 else "legacy"
            async with server.agent(era) as agent:
                file = (await agent.data("upload_file", path=f"file{number}.md"))["files"][0]
                assert file["filename"] == f"file{number}.md"
                question = "What is the password of the boat?"
                answer = await agent.data("ask_document", question=question, file_ids=[file["file_id"]])
                assert {passage["file_id"] for passage in answer["passages"]} == {file["file_id"]}
                assert f"canary-{number}-boat" in answer["passages"][0]["text"]

        with anyio.fail_after(60):
            async with anyio.create_task_group() as group:
                for number in range(50):
                    group.start_soon(one, number)
