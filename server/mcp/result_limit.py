"""within_limits: the last look at the size of a result, before it is sent."""

import json
from collections.abc import Mapping
from typing import Any, cast

from mcp.shared.exceptions import MCPError
from mcp.types import INTERNAL_ERROR
from pydantic_core import to_json

from files_api_mcp.backends.errors import FilesError, InvalidArgument
from files_api_mcp.tools.catalog import CATALOG
from files_api_mcp.tools.result_size import MOST_BYTES, MOST_TOKENS, tokens_of

__all__ = ["within_limits"]

_ENVELOPE_BYTES = 1_000
"""Of the message around a result."""
_IMAGE_TOKENS = 1568 * 1568 // 750
"""Of a square picture with the longest sides that we send."""
_WRITERS = frozenset(entry.name for entry in CATALOG if entry.writes)
_LONGEST_ERROR = 4_000
_NARROWER = {
    "list_files": "Set a smaller limit.",
    "find_text": "Set a smaller limit or context.",
    "ask_document": "Set a smaller max_tokens, or name fewer file_ids.",
    "query_table": "SELECT fewer columns or rows.",
    "read_document": "Set a smaller max_chars, or name fewer pages.",
}
_CUTS = ((20, 2_000), (5, 500), (1, 100))
"""The most items of a list and characters of a text: the first that is enough."""

Result = dict[str, Any]


def within_limits(result: Result, encoded: bytes, method: str, params: Mapping[str, Any] | None) -> Result:
    """The result itself if it fits, `encoded` as it is sent; else a smaller one. The tools keep to the limits, so this
    happens only if one of them miscounts.

    A tool that changes something always reports it, shortened and with a note. What only reads becomes an error with
    the next step.

    Raises:
        MCPError: The result of another request than a tool's is too large.
    """
    # No estimate is higher than a token for each byte.
    if len(encoded) <= MOST_TOKENS or _fits(result, len(encoded)):
        return result
    tool = str((params or {}).get("name", ""))
    if method != "tools/call" or "content" not in result:
        raise MCPError(INTERNAL_ERROR, _too_large("").text)
    if result.get("isError"):
        return _as_error(result, _texts(result)[:_LONGEST_ERROR])
    return _shortened(result) if tool in _WRITERS else _as_error(result, _too_large(tool).text)


def _fits(result: Result, size: int) -> bool:
    return size <= MOST_BYTES - _ENVELOPE_BYTES and tokens_of(_texts(result)) + _images(result) <= MOST_TOKENS


def _texts(result: Result) -> str:
    """The texts that a model reads: of a tool's result its content, which has all of the structure too."""
    if isinstance(blocks := result.get("content", result.get("contents")), list):
        return "\n".join(str(block["text"]) for block in cast(list[Result], blocks) if "text" in block)
    return to_json(result).decode()


def _images(result: Result) -> int:
    blocks = cast(list[Result], result.get("content") or [])
    return _IMAGE_TOKENS * sum(block.get("type") == "image" for block in blocks)


def _too_large(tool: str) -> FilesError:
    return InvalidArgument(
        f"The result would be larger than {MOST_BYTES:,} bytes or {MOST_TOKENS:,} tokens.",
        _NARROWER.get(tool, "Ask for less."),
    )


def _as_error(result: Result, text: str) -> Result:
    kept = {name: value for name, value in result.items() if name not in ("content", "structuredContent")}
    return {**kept, "content": [{"type": "text", "text": text}], "isError": True}


def _shortened(result: Result) -> Result:
    """The result with shorter lists and texts, and a note that says so."""
    note = "This result was cut to fit; list_files and describe_file show the rest."
    structure: Result = result.get("structuredContent") or {}
    for most_items, most_chars in _CUTS:
        cut = cast(Result, _cut(structure, most_items, most_chars))
        if structure:
            cut["notes"] = [note, *cut.get("notes", [])]
        text = json.dumps(cut, ensure_ascii=False, separators=(",", ":")) if structure else _texts(result)[:most_chars]
        content = [{"type": "text", "text": text}]
        if not structure:
            content.append({"type": "text", "text": note})
        shorter = {**result, "content": content, **({"structuredContent": cut} if structure else {})}
        if _fits(shorter, len(to_json(shorter))):
            return shorter
    return {**result, "content": [{"type": "text", "text": note}], "structuredContent": {"notes": [note]}}


def _cut(value: Any, most_items: int, most_chars: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= most_chars else f"{value[:most_chars]}..."
    if isinstance(value, list):
        return [_cut(item, most_items, most_chars) for item in cast(list[Any], value)[:most_items]]
    if isinstance(value, dict):
        return {name: _cut(item, most_items, most_chars) for name, item in cast(Result, value).items()}
    return value
