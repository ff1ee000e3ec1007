"""delete_file through a client, with and without confirmation by the user."""

from pathlib import Path
from typing import Any, Literal

import pytest
from mcp.types import ElicitResult

from tests.support.agent import Agent, Era, connected, settings_for

pytestmark = pytest.mark.anyio


async def test_a_deleted_file_is_gone_and_a_second_deletion_reports_it(agent: Agent) -> None:
    file = await agent.upload("a.txt", "alpha")
    gone = {"file_id": file["file_id"], "filename": "a.txt", "deleted": True}
    assert await agent.data("delete_file", file_id=file["file_id"]) == gone
    again = await agent.data("delete_file", file_id=file["file_id"])
    assert again == {**gone, "already_deleted": True}
    for tool in ("describe_file", "read_document", "download_file"):
        assert (await agent.error(tool, file_id=file["file_id"])).startswith("[not_found] ")
    asked = await agent.error("ask_document", question="alpha?", file_ids=[file["file_id"]])
    assert asked.startswith("[not_found] ")


class User:
    """Answers the client's questions."""

    def __init__(self, action: Literal["accept", "decline", "cancel"], *, confirm: bool = True) -> None:
        self.questions: list[str] = []
        self._result = ElicitResult(action=action, content={"confirm": confirm} if action == "accept" else None)

    async def __call__(self, context: Any, params: Any) -> ElicitResult:
        self.questions.append(params.message)
        return self._result


async def stored_files(agent: Agent) -> int:
    return len((await agent.data("list_files"))["files"])


async def test_the_user_is_asked_once_with_the_name_of_the_file(tmp_path: Path, era: Era) -> None:
    user = User("accept")
    async with connected(settings_for(tmp_path), era, elicitation_callback=user) as agent:
        file = await agent.upload("a.txt", "alpha")
        assert (await agent.data("delete_file", file_id=file["file_id"]))["deleted"] is True
        assert await stored_files(agent) == 0
    assert user.questions == [f"Delete a.txt ({file['file_id']})? This cannot be undone."]


@pytest.mark.parametrize("user", [User("decline"), User("cancel"), User("accept", confirm=False)])
async def test_without_confirmation_nothing_is_deleted_and_the_error_names_the_option(
    tmp_path: Path, era: Era, user: User
) -> None:
    async with connected(settings_for(tmp_path), era, elicitation_callback=user) as agent:
        file = await agent.upload("a.txt", "alpha")
        text = await agent.error("delete_file", file_id=file["file_id"])
        assert text.startswith("[not_confirmed] ")
        assert "--confirm-deletes" in text
        assert await stored_files(agent) == 1


async def test_never_deletes_without_a_question(tmp_path: Path, era: Era) -> None:
    user = User("decline")
    settings = settings_for(tmp_path, confirm_deletes="never")
    async with connected(settings, era, elicitation_callback=user) as agent:
        file = await agent.upload("a.txt", "alpha")
        await agent.data("delete_file", file_id=file["file_id"])
        assert await stored_files(agent) == 0
    assert user.questions == []


async def test_always_refuses_if_the_client_cannot_ask(tmp_path: Path, era: Era) -> None:
    async with connected(settings_for(tmp_path, confirm_deletes="always"), era) as agent:
        file = await agent.upload("a.txt", "alpha")
        text = await agent.error("delete_file", file_id=file["file_id"])
        assert text.startswith("[not_confirmed] ")
        assert "--confirm-deletes" in text
        assert await stored_files(agent) == 1
