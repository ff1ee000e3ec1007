"""download_file through a client."""

import hashlib

import pytest
from mcp.types import BlobResourceContents, EmbeddedResource

from tests.support.agent import Agent

pytestmark = pytest.mark.anyio


async def test_a_download_saves_the_exact_bytes_and_overwrites_only_on_request(agent: Agent) -> None:
    content = bytes(range(256)) * 10_000
    file = await agent.upload("data.bin", content)
    saved = await agent.data("download_file", file_id=file["file_id"], save_as="copy.bin")
    assert (agent.root / "copy.bin").read_bytes() == content
    assert saved["sha256"] == hashlib.sha256(content).hexdigest()
    assert saved["size_bytes"] == len(content)
    refusal = await agent.error("download_file", file_id=file["file_id"], save_as="copy.bin")
    assert "overwrite" in refusal
    await agent.data("download_file", file_id=file["file_id"], save_as="copy.bin", overwrite=True)


@pytest.mark.parametrize("target", ["../escape.txt", "/tmp/escape.txt", ".bashrc", ".ssh/authorized_keys"])
async def test_a_download_is_saved_only_below_a_root_and_not_in_hidden_folders(agent: Agent, target: str) -> None:
    file = await agent.upload("a.txt", "alpha")
    (agent.root / ".ssh").mkdir()
    await agent.error("download_file", file_id=file["file_id"], save_as=target)
    assert not (agent.root.parent / "escape.txt").exists()
    assert list((agent.root / ".ssh").iterdir()) == []


async def test_small_files_are_returned_inline_and_large_ones_name_save_as(agent: Agent) -> None:
    small = await agent.upload("small.txt", "alpha")
    result = await agent.call("download_file", file_id=small["file_id"])
    (resource,) = [block.resource for block in result.content if isinstance(block, EmbeddedResource)]
    assert isinstance(resource, BlobResourceContents)
    assert resource.blob == "YWxwaGE="
    large = await agent.upload("large.bin", b"\x01\x00" * 600_000)
    assert "save_as" in await agent.error("download_file", file_id=large["file_id"])
