"""Every message can be sent: one line of valid UTF-8."""

import json

import pytest
from mcp.types import JSONRPCMessage, JSONRPCNotification, JSONRPCResponse

from files_api_mcp.server.jsonrpc.outgoing import encode, error_response

LONE = "caf\udce9 \ud83d\u2028\n\0"
READABLE = "caf\ufffd \ufffd\u2028\n\0"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (JSONRPCResponse(jsonrpc="2.0", id=1, result={LONE: [LONE]}), {"id": 1, "result": {READABLE: [READABLE]}}),
        (error_response(None, -1, LONE), {"id": None, "error": {"code": -1, "message": READABLE}}),
        (
            JSONRPCNotification(jsonrpc="2.0", method="x", params={"message": LONE}),
            {"method": "x", "params": {"message": READABLE}},
        ),
    ],
)
def test_lone_surrogates_are_replaced(message: JSONRPCMessage, expected: object) -> None:
    line = encode(message)
    assert b"\n" not in line
    assert json.loads(line.decode()) == {"jsonrpc": "2.0", **expected}  # type: ignore[dict-item]


def test_a_result_that_json_cannot_hold_is_answered_with_an_error(caplog: pytest.LogCaptureFixture) -> None:
    looped: list[object] = []
    looped.append(looped)
    for result in ({"a": object()}, {"a": looped}, {"a": object(), "b": LONE}):
        answer = json.loads(encode(JSONRPCResponse(jsonrpc="2.0", id=5, result=result)))
        assert answer == {"jsonrpc": "2.0", "id": 5, "error": {"code": -32603, "message": "Internal server error"}}
    assert "cannot be written" in caplog.text
