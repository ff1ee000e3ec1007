"""Messages responses made of document passages, with citations in the API's shapes."""

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from anyio import to_thread

from files_api_mcp.backends.errors import FileExpired, NotFound
from files_api_mcp.backends.models import DocumentInfo, NewFile, Passage, Snapshot
from files_api_mcp.backends.search.engine import SearchEngine
from files_api_mcp.backends.search.quotes import NO_WORD
from files_api_mcp.backends.storage.folders import write_private
from files_api_mcp.backends.tokens import estimate_tokens
from files_api_mcp.server.emulator.message_request import Block, MessagesRequest
from files_api_mcp.server.emulator.prompt_cache import PromptCache, Usage
from files_api_mcp.server.emulator.responses import ApiError, new_id
from files_api_mcp.server.emulator.sources import Source, sources
from files_api_mcp.server.emulator.workspaces import Workspace

__all__ = ["MessageWriter", "estimate_tokens"]

_CONTEXT_TOKENS = 1_000_000
_MAX_PAGES = 600
_PAGE_TOKENS = 1500
_IMAGE_TOKENS = 1600
_FILES_PER_QUESTION = 20
_ANSWER_TOKENS = 600
_FRAMES = 100
"""Tokens that the search counts for what a tool's result has beside its passages."""
_NO_DOCUMENTS = "This request has no documents, and this server answers only from documents."
_NOTHING_FOUND = "The documents do not answer this."
_NO_CODE = "This server does not run code. The passages that answer the question are in found.txt.\n"


@dataclass(frozen=True, slots=True)
class _Found:
    source: Source
    passage: Passage


class MessageWriter:
    """Creates messages from the documents of a request. There is no model: the text comes from the documents."""

    def __init__(self, cache: PromptCache) -> None:
        self._cache = cache

    async def create(self, request: MessagesRequest, workspace: Workspace) -> dict[str, Any]:
        """A message in the API's shape.

        Raises:
            ApiError: A source cannot be used, or the request exceeds the context window.
        """
        async with sources(request, workspace) as found:
            infos = [await _prepared(source) for source in found]
            usage = self._usage(request, workspace, found, infos)
            budget = min(request.max_tokens, _ANSWER_TOKENS)
            passages = await _passages(request.question, found, infos, budget)
            blocks = await _content(request, workspace, found, passages)
        return _message(request, blocks, usage)

    def count_tokens(self, request: MessagesRequest) -> int:
        """The number of input tokens of a request without files."""
        return _overhead(request) + sum(_block_tokens(block) for _, block in request.blocks)

    def _usage(
        self, request: MessagesRequest, workspace: Workspace, found: Sequence[Source], infos: Sequence[DocumentInfo]
    ) -> Usage:
        pages = sum(info.pages or 0 for source, info in zip(found, infos, strict=True) if source.kind == "pages")
        if pages > _MAX_PAGES:
            raise ApiError(400, f"A maximum of {_MAX_PAGES} PDF pages may be provided.")
        held = iter([_document_tokens(info) for info in infos])
        tokens = [next(held, 0) if _is_source(block, request) else _block_tokens(block) for _, block in request.blocks]
        usage = self._cache.usage(workspace.id, request, tokens, _overhead(request))
        if usage.total > _CONTEXT_TOKENS:
            raise ApiError(400, f"prompt is too long: {usage.total} tokens > {_CONTEXT_TOKENS} maximum")
        return usage


def _is_source(block: Block, request: MessagesRequest) -> bool:
    kind = block["type"]
    return kind in ("document", "search_result") or (kind == "container_upload" and request.runs_code)


async def _prepared(source: Source) -> DocumentInfo:
    try:
        info = await source.engine.document_info(source.stored_id)
    except (NotFound, FileExpired) as exc:
        raise ApiError(404, f"File `{source.stored_id}` not found.") from exc
    if source.kind == "pages" and info.pages is None:
        raise ApiError(400, "The PDF specified was not valid.")
    return info


async def _passages(question: str, found: Sequence[Source], infos: Sequence[DocumentInfo], budget: int) -> list[_Found]:
    """The best passages of all documents, best first."""
    if not question:
        return []
    by_engine: defaultdict[SearchEngine, dict[str, Source]] = defaultdict(dict)
    for source, info in zip(found, infos, strict=True):
        if info.askable:
            by_engine[source.engine].setdefault(source.stored_id, source)
    scored: list[_Found] = []
    for engine, by_id in by_engine.items():
        ids = list(by_id)
        for start in range(0, len(ids), _FILES_PER_QUESTION):
            group = ids[start : start + _FILES_PER_QUESTION]
            try:
                answer = await engine.ask(question, group, max_tokens=budget + _FRAMES)
            except (NotFound, FileExpired) as exc:
                raise ApiError(404, f"A file in the request no longer exists: {exc.sentence}") from exc
            if NO_WORD in answer.notes:
                continue  # the start of a file is no answer
            scored += [_Found(by_id[passage.file_id], passage) for passage in answer.passages]
    scored.sort(key=lambda one: -one.passage.score)
    return _within(scored, budget)


def _within(scored: list[_Found], budget: int) -> list[_Found]:
    kept: list[_Found] = []
    for one in scored:
        budget -= estimate_tokens(one.passage.text)
        if budget < 0 and kept:
            break
        kept.append(one)
    return kept


async def _content(
    request: MessagesRequest, workspace: Workspace, found: Sequence[Source], passages: Sequence[_Found]
) -> list[Block]:
    in_container = [one for one in passages if one.source.kind == "data"]
    blocks = await _code_run(workspace, in_container) if any(source.kind == "data" for source in found) else []
    citable = [one for one in passages if one.source.kind != "data"]
    if not citable:
        text = _NOTHING_FOUND if found else _NO_DOCUMENTS
        if in_container:
            text = "\n\n".join(one.passage.text for one in in_container)
        return [*blocks, _text_block(text)]
    if not request.wants_citations:
        return [*blocks, _text_block("\n\n".join(one.passage.text for one in citable))]
    for number, one in enumerate(citable):
        if number:
            blocks.append(_text_block("\n\n"))
        blocks.append({**_text_block(one.passage.text), "citations": [one.source.citation(one.passage)]})
    return blocks


def _text_block(text: str) -> Block:
    return {"type": "text", "text": text}


async def _code_run(workspace: Workspace, found: Sequence[_Found]) -> list[Block]:
    """The blocks of a code execution. It only writes the passages found to a file, and its output says so."""
    text = _NO_CODE + "\n".join(one.passage.text for one in found) + "\n"
    path = workspace.spool.new_path()
    content = text.encode("utf-8", "replace")
    await to_thread.run_sync(write_private, path, content)
    snapshot = Snapshot(path, hashlib.sha256(content).hexdigest(), len(content), content[:1024], content[-1024:])
    made = await workspace.store.upload(snapshot, NewFile("found.txt", "text/plain"), reuse=False)
    call = f"srvtoolu_{secrets.token_hex(12)}"
    return [
        {
            "type": "server_tool_use",
            "id": call,
            "name": "bash_code_execution",
            "input": {"command": "cat found.txt"},
        },
        {
            "type": "bash_code_execution_tool_result",
            "tool_use_id": call,
            "content": {
                "type": "bash_code_execution_result",
                "stdout": text,
                "stderr": "",
                "return_code": 0,
                "content": [{"type": "bash_code_execution_output", "file_id": made.record.id}],
            },
        },
    ]


def _message(request: MessagesRequest, blocks: list[Block], usage: Usage) -> dict[str, Any]:
    stop_reason, output_tokens = "end_turn", 0
    for block in blocks:
        if block["type"] != "text":
            continue
        left = request.max_tokens - output_tokens
        if estimate_tokens(block["text"]) > left:
            block["text"], stop_reason = block["text"][: max(0, left) * 4], "max_tokens"
        output_tokens += estimate_tokens(block["text"])
    message: dict[str, Any] = {
        "id": new_id("msg"),
        "type": "message",
        "role": "assistant",
        "model": request.model,
        "content": [block for block in blocks if block["type"] != "text" or block["text"]],
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": {
            "input_tokens": usage.input_tokens,
            "cache_creation_input_tokens": usage.cache_creation_input_tokens,
            "cache_read_input_tokens": usage.cache_read_input_tokens,
            "output_tokens": output_tokens,
            "service_tier": "standard",
        },
    }
    if request.runs_code:
        expires = datetime.now(UTC) + timedelta(days=30)
        message["container"] = {"id": new_id("container"), "expires_at": expires.strftime("%Y-%m-%dT%H:%M:%SZ")}
    return message


def _overhead(request: MessagesRequest) -> int:
    return 8 + estimate_tokens(request.system) + sum(estimate_tokens(str(tool)) for tool in request.tools)


def _document_tokens(info: DocumentInfo) -> int:
    return info.chars // 4 + (info.pages or 0) * _PAGE_TOKENS + 10


def _block_tokens(block: Block) -> int:
    match block["type"]:
        case "text":
            return estimate_tokens(block["text"]) + 3
        case "image":
            return _IMAGE_TOKENS
        case "document" | "search_result":
            return estimate_tokens(str(block))
        case _:
            return 10
