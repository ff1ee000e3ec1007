"""How hosts change a model's arguments before they send them: what n8n adds, and what OpenAI's strict mode fills in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from files_api_mcp.tools.arguments.signature import input_schema
from files_api_mcp.tools.catalog import CATALOG

__all__ = ["SHAPES", "Shape"]

Arguments = dict[str, Any]
Change = Callable[[str, Arguments], Arguments]

_SCHEMAS = {entry.name: input_schema(entry.function) for entry in CATALOG}
_INVENTED: dict[str, Any] = {"string": "string", "integer": 0, "boolean": False, "array": []}
_HARMLESS = frozenset({"title", "tags", "file_ids", "regex", "exact", "context", "start_char", "as_image", "overwrite"})
# These say what to store, and where: no server can tell that they are invented.
_MEANT = frozenset({"filename", "content", "save_as"})


@dataclass(frozen=True)
class Shape:
    """A host's way with arguments: `fill` changes those of every call. `wrong` are values by argument that a model
    might have invented: with each of them by itself, the result must name what to mend."""

    fill: Change
    wrong: Change


def _with_n8n(tool: str, arguments: Arguments) -> Arguments:
    """n8n adds arguments of its own to every call."""
    return {**arguments, "toolCallId": "call_1", "sessionId": "a1", "action": "sendMessage", "chatInput": tool}


def _filled(value: Any) -> Change:
    """In strict mode every argument is required: models fill in this for those that they have no value for."""
    return lambda tool, arguments: {name: arguments.get(name, value) for name in _SCHEMAS[tool]["properties"]}


def _with_harmless(tool: str, arguments: Arguments) -> Arguments:
    invented = {name: value for name, value in _all_invented(tool).items() if name in _HARMLESS}
    return _filled(None)(tool, {**invented, **arguments})


def _wrong(tool: str, arguments: Arguments) -> Arguments:
    kept = {*arguments, *_HARMLESS, *_MEANT}
    return {name: value for name, value in _all_invented(tool).items() if name not in kept}


def _all_invented(tool: str) -> Arguments:
    return {name: _INVENTED[schema["type"]] for name, schema in _SCHEMAS[tool]["properties"].items()}


def _nothing(tool: str, arguments: Arguments) -> Arguments:  # noqa: ARG001  a Change has both
    return {}


SHAPES: dict[str, Shape] = {
    "": Shape(lambda _, arguments: arguments, _nothing),
    "n8n": Shape(_with_n8n, _nothing),
    "strict mode with `null`": Shape(_filled(None), _nothing),
    'strict mode with `""`': Shape(_filled(""), _nothing),
    "strict mode with invented values": Shape(_with_harmless, _wrong),
}
