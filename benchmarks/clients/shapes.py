"""How hosts change a model's arguments before they send them: what n8n adds, and what OpenAI's strict mode fills in."""

from collections.abc import Callable
from typing import Any

from files_api_mcp.tools.arguments.signature import input_schema
from files_api_mcp.tools.catalog import CATALOG

__all__ = ["SHAPES"]

Arguments = dict[str, Any]
_SCHEMAS = {entry.name: input_schema(entry.function) for entry in CATALOG}


def _with_n8n(tool: str, arguments: Arguments) -> Arguments:
    """n8n adds arguments of its own to every call."""
    return {**arguments, "toolCallId": "call_1", "sessionId": "a1", "action": "sendMessage", "chatInput": tool}


def _filled(value: Any) -> Callable[[str, Arguments], Arguments]:
    """In strict mode every argument is required: models fill in this for those that they have no value for."""

    def fill(tool: str, arguments: Arguments) -> Arguments:
        return {name: arguments.get(name, value) for name in _SCHEMAS[tool]["properties"]}

    return fill


SHAPES: dict[str, Callable[[str, Arguments], Arguments]] = {
    "": lambda _, arguments: arguments,
    "n8n": _with_n8n,
    "strict, null": _filled(None),
    "strict, blank": _filled(""),
}
