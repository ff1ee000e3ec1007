"""Messages requests: reads the JSON body and validates it as strictly as the API."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from starlette.requests import Request

from files_api_mcp.server.emulator.responses import ApiError

__all__ = ["BATCH_BYTES", "MESSAGE_BYTES", "Block", "MessagesRequest", "json_body", "messages_request"]

MESSAGE_BYTES = 32 * 1024 * 1024
BATCH_BYTES = 256 * 1024 * 1024

_BLOCKS = frozenset(
    "text image document search_result container_upload thinking redacted_thinking tool_use tool_result "
    "server_tool_use web_search_tool_result bash_code_execution_tool_result text_editor_code_execution_tool_result "
    "code_execution_tool_result web_fetch_tool_result mcp_tool_use mcp_tool_result".split()
)
_MAX_DEPTH = 3
_STRICTER = "2026-10-21"

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MessagesRequest:
    """A validated request. `blocks` are those of all messages in order, each with its message's role."""

    model: str
    max_tokens: int
    blocks: list[tuple[str, Block]]
    system: str
    tools: list[Block]
    stream: bool

    @property
    def question(self) -> str:
        """The text of the last user turn."""
        last: list[str] = []
        for role, block in reversed(self.blocks):
            if role != "user":
                if last:
                    break
                continue
            if block["type"] == "text":
                last.insert(0, str(block["text"]))
        return "\n".join(last).strip()

    @property
    def names_files(self) -> bool:
        """Whether a document or image block refers to a stored file."""
        shown = (block for _, block in self.blocks if block["type"] in ("document", "image"))
        return any(block["source"]["type"] == "file" for block in shown)

    @property
    def runs_code(self) -> bool:
        return any(str(tool.get("type", "")).startswith("code_execution") for tool in self.tools)

    @property
    def wants_citations(self) -> bool:
        return any(_cited(block) for _, block in self.blocks if block["type"] in ("document", "search_result"))


async def json_body(request: Request, max_bytes: int) -> dict[str, Any]:
    """Reads the JSON object in the body.

    Raises:
        ApiError: The body is too large (413), not UTF-8, not JSON, or not an object (400).
    """
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > max_bytes:
        raise _too_large()
    body = bytearray()
    async for block in request.stream():
        body += block
        if len(body) > max_bytes:
            raise _too_large()
    try:
        found = json.loads(body.decode("utf-8"), parse_constant=_reject_constant)
    except UnicodeDecodeError as exc:
        raise ApiError(400, "The request body is not valid UTF-8", "request_body_encoding_invalid") from exc
    except (ValueError, RecursionError) as exc:
        raise ApiError(400, "The request body is not valid JSON") from exc
    if not isinstance(found, dict):
        raise ApiError(400, "The request body should be an object")
    return cast(dict[str, Any], found)


def messages_request(body: Mapping[str, Any], version: str) -> MessagesRequest:
    """Validates a request by the rules of an API version (the date in its header).

    Raises:
        ApiError: The API would reject the request (400). The message starts with the path of the field.
    """
    model = _typed(body, "model", str)
    if not model:
        raise ApiError(400, "model: String should have at least 1 character")
    max_tokens = _typed(body, "max_tokens", int)
    if max_tokens < 1:
        raise ApiError(400, "max_tokens: Input should be greater than or equal to 1")
    messages = _typed(body, "messages", list)
    if not messages:
        raise ApiError(400, "messages: at least one message is required")
    blocks = [found for index, message in enumerate(messages) for found in _blocks_of(message, f"messages.{index}")]
    _reject_mixed_citations([block for _, block in blocks])
    if version >= _STRICTER:
        _reject_removed(body, blocks)
    stream = body.get("stream", False)
    if not isinstance(stream, bool):
        raise ApiError(400, "stream: Input should be a valid boolean")
    request = MessagesRequest(model, max_tokens, blocks, _system(body.get("system")), _tools(body.get("tools")), stream)
    if request.wants_citations and _formatted(body):
        raise ApiError(400, "citations: cannot be combined with output_config.format")
    return request


def _blocks_of(message: object, path: str) -> list[tuple[str, Block]]:
    if not isinstance(message, dict):
        raise ApiError(400, f"{path}: Input should be an object")
    fields = cast(Block, message)
    role = fields.get("role")
    if role not in ("user", "assistant"):
        raise ApiError(400, f"{path}.role: Input should be 'user' or 'assistant'")
    content = fields.get("content")
    if isinstance(content, str):
        return [(role, {"type": "text", "text": content})]
    if not isinstance(content, list):
        raise ApiError(400, f"{path}.content: Field required")
    found: list[tuple[str, Block]] = []
    for number, block in enumerate(cast(list[object], content)):
        found += [(role, inner) for inner in _flat(block, f"{path}.content.{number}", 0)]
    return found


def _reject_removed(body: Mapping[str, Any], blocks: list[tuple[str, Block]]) -> None:
    """Rejects fields and blocks that the API version of October 2026 removed."""
    for name in ("temperature", "top_p", "top_k"):
        if name in body:
            raise ApiError(400, f"{name}: Extra inputs are not permitted")
    for role, block in blocks:
        if role == "assistant" and block["type"] == "document":
            raise ApiError(400, "messages: document blocks are not allowed in assistant messages")
        if role == "user" and block["type"] == "text" and block.get("citations"):
            raise ApiError(400, "messages: text blocks in user messages cannot have citations")


def _formatted(body: Mapping[str, Any]) -> bool:
    config = body.get("output_config")
    return "output_format" in body or (isinstance(config, dict) and "format" in cast(Block, config))


def _flat(block: object, path: str, depth: int) -> list[Block]:
    """A block, or the blocks inside a tool result, in order."""
    if not isinstance(block, dict):
        raise ApiError(400, f"{path}: Input should be an object")
    fields = cast(Block, block)
    kind = fields.get("type")
    if not isinstance(kind, str) or kind not in _BLOCKS:
        raise ApiError(400, f"{path}.type: Input tag does not match any of the expected tags")
    if kind == "text" and not isinstance(fields.get("text"), str):
        raise ApiError(400, f"{path}.text: Field required")
    if kind in ("document", "image"):
        _check_source(fields.get("source"), kind, path)
    if kind == "search_result" and not (isinstance(fields.get("title"), str) and isinstance(fields.get("source"), str)):
        raise ApiError(400, f"{path}.title: Field required")
    if kind == "container_upload" and not isinstance(fields.get("file_id"), str):
        raise ApiError(400, f"{path}.file_id: Field required")
    if kind != "tool_result" or not isinstance(fields.get("content"), list):
        return [fields]
    if depth >= _MAX_DEPTH:
        raise ApiError(400, f"{path}: nested too deeply")
    inner = cast(list[object], fields["content"])
    return [b for number, item in enumerate(inner) for b in _flat(item, f"{path}.content.{number}", depth + 1)]


def _check_source(source: object, kind: str, path: str) -> None:
    if not isinstance(source, dict):
        raise ApiError(400, f"{path}.source: Field required")
    fields = cast(Block, source)
    needed = {
        "file": ("file_id",),
        "base64": ("media_type", "data"),
        "url": ("url",),
        "text": ("media_type", "data"),
    }
    if kind == "document" and fields.get("type") == "content":
        if not isinstance(fields.get("content"), (str, list)):
            raise ApiError(400, f"{path}.source.content: Field required")
        return
    of_kind = fields.get("type")
    if not isinstance(of_kind, str) or of_kind not in needed or (kind == "image" and of_kind == "text"):
        raise ApiError(400, f"{path}.source.type: Input tag does not match any of the expected tags")
    for name in needed[of_kind]:
        if not isinstance(fields.get(name), str):
            raise ApiError(400, f"{path}.source.{name}: Field required")


def _reject_mixed_citations(blocks: list[Block]) -> None:
    settings = {_cited(block) for block in blocks if block["type"] in ("document", "search_result")}
    if len(settings) > 1:
        raise ApiError(400, "citations: must be enabled on all documents of a request, or on none")


def _cited(block: Block) -> bool:
    citations = block.get("citations")
    return bool(isinstance(citations, dict) and cast(Block, citations).get("enabled"))


def _system(system: object) -> str:
    if system is None or isinstance(system, str):
        return system or ""
    if not isinstance(system, list):
        raise ApiError(400, "system: Input should be a string or a list of text blocks")
    texts = [cast(Block, block).get("text") for block in cast(list[object], system) if isinstance(block, dict)]
    return "\n".join(text for text in texts if isinstance(text, str))


def _tools(tools: object) -> list[Block]:
    if tools is None:
        return []
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in cast(list[object], tools)):
        raise ApiError(400, "tools: Input should be a list of objects")
    return cast(list[Block], tools)


def _typed(body: Mapping[str, Any], name: str, kind: type[Any]) -> Any:
    if name not in body:
        raise ApiError(400, f"{name}: Field required")
    value = body[name]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ApiError(400, f"{name}: Input should be a valid {kind.__name__}")
    return value


def _too_large() -> ApiError:
    return ApiError(413, "Request exceeds the maximum allowed number of bytes.", headers={"connection": "close"})


def _reject_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")
