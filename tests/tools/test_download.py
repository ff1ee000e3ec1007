"""download_file through a client."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from mcp.types import BlobResourceContents, ElicitResult, EmbeddedResource

from files_api_mcp.backends.roots.roots import Roots
from tests.support.agent import Agent, Era, connected, settings_for, write

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


class User:
    """Answers the client's questions."""

    def __init__(self, action: Any) -> None:
        self.questions: list[str] = []
        self._action = action

    async def __call__(self, context: Any, params: Any) -> ElicitResult:
        self.questions.append(params.message)
        return ElicitResult(action=self._action)


@pytest.mark.parametrize("action", ["accept", "decline", "cancel"])
async def test_the_user_is_asked_before_a_file_is_replaced(tmp_path: Path, era: Era, action: str) -> None:
    user = User(action)
    async with connected(settings_for(tmp_path), era, elicitation_callback=user) as agent:
        file = await agent.upload("a.txt", "alpha")
        taken = write(agent.root / "taken.txt", "mine")
        target = {"file_id": file["file_id"], "save_as": "taken.txt", "overwrite": True}
        if action == "accept":
            assert (await agent.data("download_file", **target))["saved_as"] == str(taken)
        else:
            error = await agent.error("download_file", **target)
            assert error.startswith("[not_confirmed] ")
            assert "--confirm-deletes" in error
        assert taken.read_text() == ("alpha" if action == "accept" else "mine")
        await agent.data("download_file", file_id=file["file_id"], save_as="new.txt", overwrite=True)
    assert user.questions == [
        f"Replace the file taken.txt with the stored file {file['file_id']}? This cannot be undone."
    ]


async def test_never_replaces_without_a_question(tmp_path: Path, era: Era) -> None:
    user = User("decline")
    async with connected(settings_for(tmp_path, confirm_deletes="never"), era, elicitation_callback=user) as agent:
        file = await agent.upload("a.txt", "alpha")
        taken = write(agent.root / "taken.txt", "mine")
        await agent.data("download_file", file_id=file["file_id"], save_as="taken.txt", overwrite=True)
        assert taken.read_text() == "alpha"
    assert user.questions == []


async def test_always_replaces_nothing_if_the_client_cannot_ask(tmp_path: Path, era: Era) -> None:
    async with connected(settings_for(tmp_path, confirm_deletes="always"), era) as agent:
        file = await agent.upload("a.txt", "alpha")
        taken = write(agent.root / "taken.txt", "mine")
        error = await agent.error("download_file", file_id=file["file_id"], save_as="taken.txt", overwrite=True)
        assert error.startswith("[not_confirmed] ")
        assert "--confirm-deletes" in error
        assert taken.read_text() == "mine"
        await agent.data("download_file", file_id=file["file_id"], save_as="new.txt", overwrite=True)


async def test_a_file_that_appears_without_a_question_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with connected(settings_for(tmp_path), elicitation_callback=User("accept")) as agent:
        file = await agent.upload("a.txt", "alpha")
        taken = write(agent.root / "taken.txt", "mine")

        def is_taken(*_: object) -> bool:
            return False

        # As if it had appeared after the look.
        monkeypatch.setattr(Roots, "is_taken", is_taken)
        await agent.error("download_file", file_id=file["file_id"], save_as="taken.txt", overwrite=True)
        assert taken.read_text() == "mine"


@pytest.mark.parametrize("name", ["CLAUDE.md", "sub/conftest.py", "run.sh", "Makefile", "package.json"])
async def test_a_download_plants_nothing_that_programs_obey(agent: Agent, name: str) -> None:
    file = await agent.upload("a.txt", "alpha")
    (agent.root / "sub").mkdir()
    error = await agent.error("download_file", file_id=file["file_id"], save_as=name)
    assert error.startswith("[sensitive_file_refused] ")
    assert not (agent.root / name).exists()
