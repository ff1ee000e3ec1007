"""delete_file through a client, with and without confirmation by the user."""

import json
from pathlib import Path
from typing import Any, Literal

import pytest
from mcp.types import ElicitResult

from files_api_mcp.backends.errors import StoreBusy
from files_api_mcp.backends.local.store import LocalStore
from files_api_mcp.backends.models import DeletedFile
from files_api_mcp.tools.context import Call
from tests.support.agent import Agent, Era, connected, settings_for, write

pytestmark = pytest.mark.anyio


async def test_a_deleted_file_is_gone_and_a_second_deletion_reports_it(agent: Agent) -> None:
    file = await agent.upload("a.txt", "alpha")
    gone = {"file_id": file["file_id"], "filename": "a.txt", "deleted": True}
    assert await agent.data("delete_file", file_ids=[file["file_id"]]) == {"files": [gone]}
    again = await agent.data("delete_file", file_ids=[file["file_id"]])
    assert again == {"files": [{**gone, "already_deleted": True}]}
    for tool in ("describe_file", "read_document", "download_file"):
        assert (await agent.error(tool, file_id=file["file_id"])).startswith("[not_found] ")
    asked = await agent.error("ask_document", question="alpha?", file_ids=[file["file_id"]])
    assert asked.startswith("[not_found] ")


@pytest.mark.parametrize(
    "arguments",
    [
        '{"file_ids": ["ID"]}',
        '{"file_ids": ["ID", "ID"]}',
        '{"file_ids": "ID"}',
        '{"file_ids": "[\\"ID\\"]"}',
        '{"file_id": "ID"}',
        '{"file_id": ["ID"]}',
        '{"file_ids": ["ID"], "file_id": null}',
        '{"file_ids": null, "file_id": "ID"}',
    ],
)
async def test_ids_are_read_in_every_spelling(agent: Agent, arguments: str) -> None:
    file_id = (await agent.upload("a.txt", "alpha"))["file_id"]
    (gone,) = (await agent.data("delete_file", **json.loads(arguments.replace("ID", file_id))))["files"]
    assert gone["file_id"] == file_id


async def test_both_names_of_the_argument_are_refused(agent: Agent) -> None:
    error = await agent.error("delete_file", file_ids=["file_a"], file_id="file_b")
    assert error == "[invalid_argument] file_id is another name of file_ids. Give only file_ids."


@pytest.mark.parametrize(
    "arguments",
    [{}, {"file_ids": []}, {"file_ids": ["../x"]}, {"file_ids": [f"file_{n}" for n in range(101)]}, {"file_ids": [1]}],
    ids=["missing", "none", "no id", "too many", "a number"],
)
async def test_wrong_lists_of_ids_are_refused_and_name_the_argument(agent: Agent, arguments: dict[str, Any]) -> None:
    assert (await agent.error("delete_file", **arguments)).startswith("[invalid_argument] file_ids ")
    wrong = await agent.error("delete_file", file_id="../x")
    assert wrong.startswith("[invalid_argument] file_id must be an id like ")


async def test_a_hundred_files_go_in_one_call_and_an_unknown_id_stops_none(agent: Agent) -> None:
    for number in range(100):
        write(agent.root / f"{number:03}.txt", f"Tree {number}")
    await agent.data("upload_file", path=".")
    listed = (await agent.data("list_files", limit=100))["files"]
    ids = [file["file_id"] for file in listed]
    await agent.data("delete_file", file_ids=ids[30:31])
    result = await agent.data("delete_file", file_ids=[*ids[:50], "file_unknown", *ids[51:]])
    assert list(result) == ["counts", "notes", "failed", "files"]
    assert result["counts"] == {"deleted": 98, "already_deleted": 1, "failed": 1}
    assert [one["file_id"] for one in result["failed"]] == ["file_unknown"]
    assert result["failed"][0]["error"].startswith("[not_found] ")
    assert [one["file_id"] for one in result["files"]] == [*ids[:19], ids[30]]
    assert result["notes"] == ["79 more files were deleted as asked."]
    assert [file["file_id"] for file in (await agent.data("list_files"))["files"]] == [ids[50]]


async def test_a_failure_is_told_with_its_code_beside_what_was_deleted(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [await agent.upload(f"{name}.txt", name) for name in ("alpha", "beta", "gamma")]
    ids = [file["file_id"] for file in files]
    whole = LocalStore.delete

    async def delete(self: LocalStore, file_id: str) -> DeletedFile:
        if file_id == ids[1]:
            raise StoreBusy("The store is busy.")
        if file_id == ids[2]:
            raise RuntimeError("broken")
        return await whole(self, file_id)

    monkeypatch.setattr(LocalStore, "delete", delete)
    result = await agent.data("delete_file", file_ids=ids)
    assert result["counts"] == {"deleted": 1, "failed": 2}
    assert [one["error"].partition("]")[0] for one in result["failed"]] == ["[store_busy", "[failed"]
    assert (await agent.error("delete_file", file_ids=[ids[1]])).startswith("[store_busy] ")


async def test_clients_hear_once_of_all_deleted_files(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, ...]] = []

    async def notify(_: Call, *deleted: str) -> None:
        told.append(deleted)

    files = [await agent.upload(f"{name}.txt", name) for name in ("alpha", "beta")]
    monkeypatch.setattr(Call, "notify_files_changed", notify)
    ids = [file["file_id"] for file in files]
    await agent.data("delete_file", file_ids=[*ids, "file_unknown"])
    await agent.data("delete_file", file_ids=ids)
    assert [sorted(deleted) for deleted in told] == [sorted(ids)]


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
        assert (await agent.data("delete_file", file_ids=[file["file_id"]]))["files"][0]["deleted"] is True
        assert await stored_files(agent) == 0
    assert user.questions == [f"Delete a.txt ({file['file_id']}, 5 B)? This cannot be undone."]


async def test_the_user_is_asked_once_for_many_files_with_names_and_size(tmp_path: Path, era: Era) -> None:
    user = User("accept")
    async with connected(settings_for(tmp_path), era, elicitation_callback=user) as agent:
        for number in range(12):
            write(agent.root / f"{number:02}.txt", f"Tree {number:02}" * 250)
        await agent.data("upload_file", path=".")
        ids = sorted(file["file_id"] for file in (await agent.data("list_files"))["files"])
        result = await agent.data("delete_file", file_ids=[ids[0], "file_unknown", *ids])
        assert result["counts"] == {"deleted": 12, "failed": 1}
        assert await stored_files(agent) == 0
    names = ", ".join(one["filename"] for one in result["files"][:10])
    assert user.questions == [f"Delete 12 files (21.0 KB in all)? This cannot be undone. They are {names} and 2 more."]


@pytest.mark.parametrize("user", [User("decline"), User("cancel"), User("accept", confirm=False)])
async def test_without_confirmation_nothing_is_deleted_and_the_error_names_the_option(
    tmp_path: Path, era: Era, user: User
) -> None:
    async with connected(settings_for(tmp_path), era, elicitation_callback=user) as agent:
        files = [await agent.upload(f"{name}.txt", name) for name in ("alpha", "beta")]
        text = await agent.error("delete_file", file_ids=[file["file_id"] for file in files])
        assert text.startswith("[not_confirmed] ")
        assert "--confirm-deletes" in text
        assert await stored_files(agent) == 2


async def test_never_deletes_without_a_question(tmp_path: Path, era: Era) -> None:
    user = User("decline")
    settings = settings_for(tmp_path, confirm_deletes="never")
    async with connected(settings, era, elicitation_callback=user) as agent:
        file = await agent.upload("a.txt", "alpha")
        await agent.data("delete_file", file_ids=[file["file_id"]])
        assert await stored_files(agent) == 0
    assert user.questions == []


async def test_always_refuses_if_the_client_cannot_ask(tmp_path: Path, era: Era) -> None:
    async with connected(settings_for(tmp_path, confirm_deletes="always"), era) as agent:
        files = [await agent.upload(f"{name}.txt", name) for name in ("alpha", "beta")]
        text = await agent.error("delete_file", file_ids=[file["file_id"] for file in files])
        assert text.startswith("[not_confirmed] ")
        assert "--confirm-deletes" in text
        assert await stored_files(agent) == 2
