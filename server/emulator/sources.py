"""The documents of a request, stored or inline, and their citations."""

import base64
import binascii
import hashlib
from bisect import bisect_right
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Literal, cast

from anyio import CancelScope, to_thread

from files_api_mcp.backends.documents.media_types import PDF, SHOWN_IMAGES
from files_api_mcp.backends.models import NewFile, Passage, Snapshot
from files_api_mcp.backends.search.engine import SearchEngine
from files_api_mcp.backends.storage.folders import write_private
from files_api_mcp.server.emulator.files import live_file
from files_api_mcp.server.emulator.message_request import Block, MessagesRequest
from files_api_mcp.server.emulator.responses import ApiError
from files_api_mcp.server.emulator.workspaces import Workspace

__all__ = ["Source", "sources"]

_DOCUMENT_TYPES = (PDF, "text/plain")

Kind = Literal["pages", "chars", "blocks", "search_result", "data"]


@dataclass(frozen=True, slots=True)
class Source:
    """A document of a request, stored in `engine` as `stored_id`.

    `index` counts the documents (or search results) of the request. `file_id` is None for inline documents.
    `texts` are the blocks of a custom document; each is one or more lines of the stored text.
    """

    engine: SearchEngine
    stored_id: str
    kind: Kind
    index: int
    title: str | None
    file_id: str | None
    texts: tuple[str, ...] = ()
    origin: str = ""

    def citation(self, passage: Passage) -> dict[str, Any]:
        """The citation of a passage, in the API's shape for this kind of document."""
        if self.kind == "search_result":
            first, end = self._blocks(passage)
            return {
                "type": "search_result_location",
                "cited_text": "".join(self.texts[first:end]),
                "source": self.origin,
                "title": self.title,
                "search_result_index": self.index,
                "start_block_index": first,
                "end_block_index": end,
            }
        return {
            "cited_text": passage.text,
            **self._location(passage),
            "document_index": self.index,
            "document_title": self.title,
            "file_id": self.file_id,
        }

    def _location(self, passage: Passage) -> dict[str, Any]:
        if self.kind == "pages" and passage.page is not None:
            return {
                "type": "page_location",
                "start_page_number": passage.page,
                "end_page_number": passage.page + 1,
            }
        if self.kind == "blocks":
            first, end = self._blocks(passage)
            return {
                "type": "content_block_location",
                "cited_text": "".join(self.texts[first:end]),
                "start_block_index": first,
                "end_block_index": end,
            }
        return {
            "type": "char_location",
            "start_char_index": passage.start_char,
            "end_char_index": passage.end_char,
        }

    def _blocks(self, passage: Passage) -> tuple[int, int]:
        starts = list(accumulate((len(text) + 1 for text in self.texts[:-1]), initial=0))
        first = max(0, bisect_right(starts, passage.start_char) - 1)
        return first, max(first + 1, bisect_right(starts, max(passage.start_char, passage.end_char - 1)))


@asynccontextmanager
async def sources(request: MessagesRequest, workspace: Workspace) -> AsyncGenerator[list[Source]]:
    """The documents of a request in order. Inline documents exist for the length of the block.

    Raises:
        ApiError: A file is unknown, expired, or of a type that its block does not accept.
    """
    found: list[Source] = []
    documents = results = 0
    async with AsyncExitStack() as stack:
        for _, block in request.blocks:
            kind = block["type"]
            if kind == "document":
                found.append(await stack.enter_async_context(_document(block, documents, workspace)))
                documents += 1
            elif kind == "search_result":
                found.append(await stack.enter_async_context(_search_result(block, results, workspace)))
                results += 1
            elif kind == "image":
                await _check_image(block["source"], workspace)
            elif kind == "container_upload":
                await live_file(workspace, block["file_id"])
                # Without the code execution tool, nothing reads the container, and the API reports no error.
                if request.runs_code:
                    found.append(Source(workspace.engine, block["file_id"], "data", -1, None, block["file_id"]))
        yield found


@asynccontextmanager
async def _document(block: Block, index: int, workspace: Workspace) -> AsyncGenerator[Source]:
    source = cast(Block, block["source"])
    title = block.get("title") if isinstance(block.get("title"), str) else None
    if source["type"] == "file":
        record = await live_file(workspace, source["file_id"])
        if record.mime_type not in _DOCUMENT_TYPES:
            raise ApiError(
                400,
                f"Unsupported document file format: {record.mime_type}. "
                "Only PDF and plaintext documents are supported.",
            )
        kind: Kind = "pages" if record.mime_type == PDF else "chars"
        yield Source(workspace.engine, record.id, kind, index, title, record.id)
        return
    if source["type"] == "url":
        raise ApiError(
            400, "Unable to download the file: this server does not fetch URLs. Send a file_id or the data itself."
        )
    content, mime_type, kind, texts = _inline(source)
    async with _stored(workspace, content, mime_type) as stored_id:
        yield Source(workspace.inline_engine, stored_id, kind, index, title, None, texts)


@asynccontextmanager
async def _search_result(block: Block, index: int, workspace: Workspace) -> AsyncGenerator[Source]:
    content, texts = _joined(block.get("content"))
    async with _stored(workspace, content, "text/plain") as stored_id:
        yield Source(
            workspace.inline_engine,
            stored_id,
            "search_result",
            index,
            block.get("title"),
            None,
            texts,
            str(block.get("source", "")),
        )


def _inline(source: Block) -> tuple[bytes, str, Kind, tuple[str, ...]]:
    """The bytes, type, kind and blocks of an inline document."""
    if source["type"] == "base64":
        if source["media_type"] != PDF:
            raise ApiError(400, "source.media_type: Input should be 'application/pdf'")
        return _decoded(source["data"]), PDF, "pages", ()
    if source["type"] == "text":
        if source["media_type"] != "text/plain":
            raise ApiError(400, "source.media_type: Input should be 'text/plain'")
        return source["data"].encode("utf-8", "replace"), "text/plain", "chars", ()
    content, texts = _joined(source["content"])
    return content, "text/plain", "blocks", texts


def _joined(content: object) -> tuple[bytes, tuple[str, ...]]:
    """Text blocks, joined into one text and as separate texts."""
    if isinstance(content, str):
        return content.encode("utf-8", "replace"), (content,)
    blocks = cast(list[object], content) if isinstance(content, list) else []
    texts = tuple(str(cast(Block, block).get("text", "")) for block in blocks if isinstance(block, dict))
    return "".join(f"{text}\n" for text in texts).encode("utf-8", "replace"), texts


@asynccontextmanager
async def _stored(workspace: Workspace, content: bytes, mime_type: str) -> AsyncGenerator[str]:
    if not content:
        raise ApiError(400, "source: The document is empty")
    path = workspace.spool.new_path()
    await to_thread.run_sync(write_private, path, content)
    digest = hashlib.sha256(content).hexdigest()
    snapshot = Snapshot(path, digest, len(content), content[:1024], content[-1024:])
    stored = await workspace.inline.upload(snapshot, NewFile("inline", mime_type), reuse=False)
    try:
        yield stored.record.id
    finally:
        with CancelScope(shield=True):
            await workspace.inline.delete(stored.record.id)


def _decoded(data: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise ApiError(400, "source.data: Input is not valid base64") from exc


async def _check_image(source: Block, workspace: Workspace) -> None:
    if source["type"] == "file":
        record = await live_file(workspace, source["file_id"])
        if record.mime_type not in SHOWN_IMAGES:
            raise ApiError(400, f"Unsupported image file format: {record.mime_type}.")
    elif source["type"] == "base64":
        if source["media_type"] not in SHOWN_IMAGES:
            raise ApiError(400, f"source.media_type: Input should be one of {', '.join(SHOWN_IMAGES)}")
        _decoded(source["data"])
