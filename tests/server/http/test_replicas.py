"""Several servers behind one address: with the same key, each reads the request state of the others."""

import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from mcp_types import CLIENT_CAPABILITIES_META_KEY

from files_api_mcp.server.http.settings import HttpSettings, Limits, OAuthSettings
from files_api_mcp.server.settings import BadSettings, state_keys_from
from tests.support.authorization_server import issuing
from tests.support.http_app import Inside, inside
from tests.support.http_server import call_request
from tests.support.tenants import resource

pytestmark = pytest.mark.anyio

KEY, OLDER = "k" * 32, "o" * 40


async def asked(server: Inside, token: str, file_id: str, pending: dict[str, Any] | None = None) -> dict[str, Any]:
    """delete_file, by a client that can ask its person; with what is pending the person has agreed."""
    headers, body = call_request("delete_file", {"file_id": file_id})
    message = json.loads(body)
    message["params"]["_meta"][CLIENT_CAPABILITIES_META_KEY] = {"elicitation": {"form": {}}}
    if pending is not None:
        (question,) = pending["inputRequests"]
        message["params"]["requestState"] = pending["requestState"]
        message["params"]["inputResponses"] = {question: {"action": "accept", "content": {"confirm": True}}}
    async with server.web() as web:
        headers = {**headers, "Authorization": f"Bearer {token}"}
        return (await web.post("/mcp", headers=headers, content=json.dumps(message))).json()


@pytest.mark.parametrize(
    ("first", "second", "understood"),
    [((KEY,), (KEY,), True), ((OLDER,), (KEY, OLDER), True), ((KEY,), (OLDER,), False), ((), (), False)],
)
async def test_replicas_with_the_same_key_share_request_state(
    tmp_path: Path, first: tuple[str, ...], second: tuple[str, ...], *, understood: bool
) -> None:
    async with AsyncExitStack() as stack:
        issuer = stack.enter_context(issuing())
        http = HttpSettings(oauth=OAuthSettings(issuer.url, audience="files"))
        one, two = [
            await stack.enter_async_context(inside(tmp_path, Limits(), http, state_keys=keys))
            for keys in (first, second)
        ]
        ana, ben = (issuer.token("files", name) for name in ("ana", "ben"))
        assert resource(one) != resource(two)
        async with one.web() as web:
            headers, body = call_request("create_upload", {"filename": "a.txt", "content": "alpha"})
            made = await web.post("/mcp", headers={**headers, "Authorization": f"Bearer {ana}"}, content=body)
            file_id = made.json()["result"]["structuredContent"]["file"]["file_id"]
        pending = (await asked(one, ana, file_id))["result"]
        assert "error" in await asked(two, ben, file_id, pending), "another's state"
        reply = await asked(two, ana, file_id, pending)
        if understood:
            assert reply["result"]["structuredContent"]["files"][0]["deleted"] is True
        else:
            assert "requestState" in reply["error"]["message"]


@pytest.mark.parametrize("value", ["", " , ", "short", f"{KEY},short"])
def test_short_state_keys_are_rejected(value: str) -> None:
    with pytest.raises(BadSettings, match="STATE_KEY"):
        state_keys_from("STATE_KEY", {"STATE_KEY": value})


def test_state_keys_keep_their_order_and_are_not_shown(tmp_path: Path) -> None:
    assert state_keys_from("K", {"K": f"{KEY}, {OLDER}"}) == (KEY, OLDER)
    assert state_keys_from(None, {}) == ()
