"""Whatever a handler does, its request is answered, and the answer can be sent."""

import logging
from types import SimpleNamespace
from typing import Any, cast

import pytest
from mcp.server.context import HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult, TextContent

from files_api_mcp.server.mcp.answers import ensure_answer

pytestmark = pytest.mark.anyio

REQUEST = cast(ServerRequestContext[Any, Any], SimpleNamespace(request_id=1, method="ping", params=None))
NOTIFICATION = cast(ServerRequestContext[Any, Any], SimpleNamespace(request_id=None))
LONE = "caf\udce9"
READABLE = "caf\ufffd"


async def answer(outcome: HandlerResult | Exception, to: ServerRequestContext[Any, Any] = REQUEST) -> HandlerResult:
    """The answer to a message whose handler has this outcome."""

    async def handle(_: ServerRequestContext[Any, Any]) -> HandlerResult:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return await ensure_answer(to, handle)


async def test_an_unexpected_error_is_logged_and_hidden(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(MCPError) as caught:
        await answer(RuntimeError("canary"))
    assert (caught.value.error.code, caught.value.error.message) == (-32603, "Internal server error")
    assert "canary" in caplog.text


async def test_lone_surrogates_are_replaced_in_results_and_errors() -> None:
    assert await answer({"name": LONE, "parts": [LONE, 1]}) == {"name": READABLE, "parts": [READABLE, 1]}
    result = await answer(CallToolResult(content=[TextContent(type="text", text=LONE)]))
    assert cast(dict[str, Any], result)["content"] == [{"type": "text", "text": READABLE}]
    with pytest.raises(MCPError) as caught:
        await answer(MCPError(-32602, LONE, {LONE: LONE}))
    assert caught.value.error.message == READABLE
    assert caught.value.error.data == {READABLE: READABLE}


async def test_other_results_are_passed_on() -> None:
    result = {"name": "café \U0001f600"}
    assert await answer(result) is result
    assert await answer(None) is None


async def test_a_refused_notification_is_not_answered() -> None:
    """As `tools/call` without an id."""
    assert await answer(MCPError(-32602, "Unknown tool"), NOTIFICATION) is None
