"""JSON-RPC messages of both protocol versions."""

import json
from typing import Any, Literal

from benchmarks.speed.rounds import Unavailable

Era = Literal["legacy", "modern"]
LEGACY, MODERN = "2025-11-25", "2026-07-28"
INITIALIZED = b'{"jsonrpc":"2.0","method":"notifications/initialized"}'
_INFO = {"name": "speed", "version": "1"}
_META: dict[str, Any] = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": _INFO,
}
"""What each request of the newer version holds."""


def encoded(number: int, method: str, params: dict[str, Any], era: Era) -> bytes:
    """A request in one line."""
    if era == "modern":
        params = {**params, "_meta": _META}
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode()


def handshake() -> dict[str, Any]:
    """The parameters of `initialize`, which opens a session of the older version."""
    return {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": _INFO}


def result_of(message: dict[str, Any]) -> dict[str, Any]:
    """The result in an answer. Raises: Unavailable for an error, and for a message that is no answer."""
    if "error" in message:
        raise Unavailable(message["error"]["message"])
    if "result" not in message:
        raise Unavailable(f"the server sent {message.get('method')} in place of an answer")
    return message["result"]


def structured(result: dict[str, Any]) -> dict[str, Any]:
    """The structured content of a tool's result. Raises: Unavailable for an error of the tool."""
    if result.get("isError"):
        raise Unavailable(result["content"][0]["text"])
    return result.get("structuredContent") or {}
