"""Who confirms a deletion: the person where the client can ask, as the operator decided."""

from pathlib import Path
from typing import Any, Literal

import pytest
from mcp.types import ElicitResult

from tests.support.agent import Agent, Era, connected, settings_for

pytestmark = pytest.mark.anyio


class Person:
    """Answers what the client puts to them."""

    def __init__(self, action: Literal["accept", "decline", "cancel"], *, confirm: bool = True) -> None:
        self.asked: list[str] = []
        self._result = ElicitResult(action=action, content={"confirm": confirm} if action == "accept" else None)

    async def __call__(self, context: Any, params: Any) -> ElicitResult:
        self.asked.append(params.message)
        return self._result


async def left(agent: Agent) -> int:
    return len((await agent.data("list_files"))["files"])


async def test_a_person_who_agrees_is_asked_once_and_by_name(tmp_path: Path, era: Era) -> None:
    person = Person("accept")
    async with connected(settings_for(tmp_path), era, elicitation_callback=person) as agent:
        file = await agent.upload("a.txt", "alpha")
        assert (await agent.data("delete_file", file_id=file["file_id"]))["deleted"] is True
        assert await left(agent) == 0
    assert person.asked == [f"Delete a.txt ({file['file_id']})? This cannot be undone."]


@pytest.mark.parametrize("person", [Person("decline"), Person("cancel"), Person("accept", confirm=False)])
async def test_without_agreement_nothing_is_deleted_and_the_switch_is_named(
    tmp_path: Path, era: Era, person: Person
) -> None:
    async with connected(settings_for(tmp_path), era, elicitation_callback=person) as agent:
        file = await agent.upload("a.txt", "alpha")
        text = await agent.error("delete_file", file_id=file["file_id"])
        assert text.startswith("[not_confirmed] ")
        assert "--confirm-deletes" in text
        assert await left(agent) == 1


async def test_never_asks_nobody(tmp_path: Path, era: Era) -> None:
    person = Person("decline")
    settings = settings_for(tmp_path, confirm_deletes="never")
    async with connected(settings, era, elicitation_callback=person) as agent:
        file = await agent.upload("a.txt", "alpha")
        await agent.data("delete_file", file_id=file["file_id"])
        assert await left(agent) == 0
    assert person.asked == []


async def test_always_refuses_where_nobody_can_be_asked(tmp_path: Path, era: Era) -> None:
    async with connected(settings_for(tmp_path, confirm_deletes="always"), era) as agent:
        file = await agent.upload("a.txt", "alpha")
        text = await agent.error("delete_file", file_id=file["file_id"])
        assert text.startswith("[not_confirmed] ")
        assert "--confirm-deletes" in text
        assert await left(agent) == 1
