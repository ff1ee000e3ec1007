"""A deletion is confirmed in every dialect of clients: it happens, or the result says that nobody said yes."""

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.types import ElicitResult
from mcp_types import CLIENT_CAPABILITIES_META_KEY

from files_api_mcp.server.mcp import confirmation
from tests.support.agent import connected, settings_for, write
from tests.support.http_server import call_request
from tests.support.stdio_process import Process

NAME = "a\u00a0b.txt"

# What a client answers, and whether the file is deleted.
ANSWERS: dict[str, tuple[dict[str, Any], bool]] = {
    "accepted without content": ({"result": {"action": "accept"}}, True),
    "accepted with null": ({"result": {"action": "accept", "content": None}}, True),
    "accepted with an empty object": ({"result": {"action": "accept", "content": {}}}, True),
    "accepted with a yes": ({"result": {"action": "accept", "content": {"confirm": True}}}, True),
    "accepted with a no": ({"result": {"action": "accept", "content": {"confirm": False}}}, False),
    "accepted with a no in a string": ({"result": {"action": "accept", "content": {"confirm": "false"}}}, False),
    "accepted with another field": ({"result": {"action": "accept", "content": {"note": "fine"}}}, True),
    "declined": ({"result": {"action": "decline"}}, False),
    "cancelled": ({"result": {"action": "cancel", "content": None}}, False),
    "method not found": ({"error": {"code": -32601, "message": "Method not found"}}, False),
    "internal error": ({"error": {"code": -32603, "message": "Internal error"}}, False),
    "an action that is none": ({"result": {"action": "maybe"}}, False),
    "content that is none": ({"result": {"action": "accept", "content": "yes"}}, False),
    "an empty result": ({"result": {}}, False),
}


class Client:
    """A client over stdio that writes its messages itself, with a folder of files."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.root.mkdir()
        self.server = Process(folder, self.root)

    def call(self, tool: str, arguments: dict[str, Any], meta: dict[str, Any] | None = None, **more: Any) -> Any:
        params = {"name": tool, "arguments": arguments, **({"_meta": meta} if meta else {}), **more}
        return self.server.request(1, "tools/call", **params)

    def stored(self, name: str, meta: dict[str, Any] | None = None) -> str:
        """The id of a new file."""
        write(self.root / name / NAME, name)
        answer = self.call("upload_file", {"path": f"{name}/{NAME}"}, meta)
        return str(answer["result"]["structuredContent"]["files"][0]["file_id"])


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Generator[Client]:
    client = Client(tmp_path_factory.mktemp("older"))
    with client.server.process as process:
        who = {"name": "test", "version": "1"}
        can: dict[str, Any] = {"elicitation": {}}
        client.server.request(0, "initialize", protocolVersion="2025-06-18", capabilities=can, clientInfo=who)
        client.server.send(b'{"jsonrpc":"2.0","method":"notifications/initialized"}')
        yield client
        process.kill()


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Generator[Client]:
    client = Client(tmp_path_factory.mktemp("newer"))
    with client.server.process as process:
        yield client
        process.kill()


def assert_outcome(result: dict[str, Any], *, deleted: bool) -> None:
    text = result["content"][0]["text"]
    assert bool(result.get("isError")) != deleted, text
    if deleted:
        assert result["structuredContent"]["files"][0]["deleted"]
    else:
        assert text.startswith("[not_confirmed] ")
        assert "--confirm-deletes never" in text


def assert_asked(params: dict[str, Any]) -> None:
    assert params["message"].startswith("Delete a\\xa0b.txt (file_")
    assert params["requestedSchema"] == {"type": "object", "properties": {}}


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_to_a_request(older: Client, answer: str) -> None:
    """In older protocol versions the server sends a request."""
    reply, deleted = ANSWERS[answer]
    call = {"name": "delete_file", "arguments": {"file_id": older.stored(answer)}}
    older.server.send(json.dumps({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call}).encode())
    assert older.server.process.stdout
    asked: dict[str, Any] = {}
    while asked.get("method") != "elicitation/create":
        asked = json.loads(older.server.process.stdout.readline())
    assert_asked(asked["params"])
    older.server.send(json.dumps({"jsonrpc": "2.0", "id": asked["id"], **reply}).encode())
    assert_outcome(older.server.answer(2)["result"], deleted=deleted)


@pytest.mark.parametrize("answer", [name for name, (reply, _) in ANSWERS.items() if "result" in reply])
def test_an_answer_in_the_next_call(newer: Client, answer: str) -> None:
    """In newer ones the result asks, and the client calls again with the answer."""
    reply, deleted = ANSWERS[answer]
    meta = json.loads(call_request("delete_file", {})[1])["params"]["_meta"]
    meta[CLIENT_CAPABILITIES_META_KEY] = {"elicitation": {"form": {}}}
    given = {"file_id": newer.stored(answer, meta)}
    pending = newer.call("delete_file", given, meta)["result"]
    ((key, asked),) = pending["inputRequests"].items()
    assert_asked(asked["params"])
    more = {"requestState": pending["requestState"], "inputResponses": {key: reply["result"]}}
    assert_outcome(newer.call("delete_file", given, meta, **more)["result"], deleted=deleted)


@pytest.mark.anyio
async def test_no_answer_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nobody(*_: Any) -> ElicitResult:
        await anyio.sleep_forever()
        raise AssertionError

    monkeypatch.setattr(confirmation, "_ANSWERED_WITHIN_S", 0.01)
    async with connected(settings_for(tmp_path), "legacy", elicitation_callback=nobody) as agent:
        file = await agent.upload("a.txt", "alpha")
        assert (await agent.error("delete_file", file_id=file["file_id"])).startswith("[not_confirmed] ")
        assert (await agent.data("list_files"))["files"]
