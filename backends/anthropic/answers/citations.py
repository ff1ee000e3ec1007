"""CitationMapper: maps the citations in a model's message to numbered passages."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

from anyio import to_thread

from files_api_mcp.backends.anthropic.answers.content_blocks import ContextFile
from files_api_mcp.backends.anthropic.answers.context import Context
from files_api_mcp.backends.anthropic.api.message_builder import Message
from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.models import Answer, Passage
from files_api_mcp.backends.search.engine import SearchEngine
from files_api_mcp.backends.tokens import estimate_tokens
from files_api_mcp.backends.validation import FILE_ID

__all__ = ["CitationMapper", "created_file_ids"]

_MOST_CHARS = 50_000_000
_RESULTS = frozenset({"bash_code_execution_tool_result", "code_execution_tool_result"})

Block = dict[str, Any]


class CitationMapper:
    """Turns one message into an answer with passages and notes."""

    def __init__(self, context: Context, engine: SearchEngine) -> None:
        self._context = context
        self._documents = context.documents
        self._engine = engine
        self._passages: list[Passage] = []
        self._tokens = 0
        self._untrue = 0
        self._left_out = 0
        self._unchecked: set[str] = set()

    async def answer(self, message: Message, max_tokens: int) -> Answer:
        """Return the answer with passages of at most `max_tokens`. Quotes are verbatim if the file's text is on this
        machine."""
        parts: list[str] = []
        for block in message.blocks:
            if block.get("type") != "text":
                continue
            citations = cast("list[object]", block.get("citations") or [])
            marks = [await self._marks(cast(Block, one), max_tokens) for one in citations if isinstance(one, dict)]
            shown = "".join(f"[{mark}]" for mark in dict.fromkeys(mark for of_one in marks for mark in of_one))
            parts.append(_marked(str(block.get("text") or ""), shown))
        text = "".join(parts).strip() or None
        notes = [*self._context.notes, *self._notes(message, text)]
        passages = [await self._placed(passage) for passage in self._passages]
        return Answer(text=text or "", passages=passages, tokens=self._tokens, notes=notes)

    async def _placed(self, passage: Passage) -> Passage:
        """The passage with its place in the document's own terms, if the file's text is on this machine."""
        held = any(file.held for file in self._documents if file.record.id == passage.file_id)
        if held and passage.last_page is None:
            with suppress(FilesError):
                return await self._engine.located(passage)
        return passage

    async def _marks(self, citation: Block, max_tokens: int) -> list[int]:
        """The numbers of the passages that a citation refers to; empty if none can be shown."""
        file = self._cited(citation)
        passages: Sequence[Passage] = ()
        if file is not None:
            await self._load(file, citation)
            # Searching a text as long as a context window takes a while.
            passages = await to_thread.run_sync(file.cited, citation)
            if passages and not file.held:
                self._unchecked.add(file.record.filename)
        if not passages:
            self._untrue += 1
        marks = [self._mark(passage, max_tokens) for passage in passages]
        return [mark for mark in marks if mark is not None]

    def _mark(self, passage: Passage, max_tokens: int) -> int | None:
        for number, known in enumerate(self._passages, start=1):
            if _location(known) == _location(passage):
                return number
        if not self._passages:
            passage = _cut(passage, max_tokens)
        cost = estimate_tokens(passage.text)
        if self._tokens + cost > max_tokens:
            self._left_out += 1
            return None
        self._tokens += cost
        self._passages.append(replace(passage, score=1.0))
        return len(self._passages)

    def _cited(self, citation: Mapping[str, Any]) -> ContextFile | None:
        index = citation.get("document_index")
        if isinstance(index, int) and not isinstance(index, bool) and 0 <= index < len(self._documents):
            return self._documents[index]
        return None

    async def _load(self, file: ContextFile, citation: Mapping[str, Any]) -> None:
        """Load the text to search the quote in."""
        try:
            if file.kind == "text" and file.held and file.text is None:
                reading = await self._engine.read(file.record.id, max_chars=_MOST_CHARS)
                file.text = "".join(window.text for window in reading.windows)
            for page in file.cited_pages(citation) if file.held else ():
                if page not in file.pages:
                    reading = await self._engine.read(file.record.id, pages=(page, page), max_chars=_MOST_CHARS)
                    file.pages[page] = reading.windows[0].text if reading.windows else ""
        except FilesError:
            # The page does not exist, or the original was removed: the quote then counts as not found.
            return

    def _notes(self, message: Message, text: str | None) -> Iterator[str]:
        if message.stop_reason == "refusal":
            yield "The model declined to answer."
        elif message.stop_reason in ("max_tokens", "pause_turn", "model_context_window_exceeded"):
            yield "The answer was cut off. Ask again with a larger max_tokens or a narrower question."
        elif text is None:
            yield "The model answered without text."
        if self._untrue:
            yield f"{self._untrue} citations were dropped: their quotes are not in the document at the cited location."
        if self._left_out:
            yield f"{self._left_out} more cited passages do not fit into max_tokens."
        if self._unchecked:
            names = ", ".join(sorted(self._unchecked))
            yield f"Quotes from {names} are unchecked: the originals are not on this machine."


def created_file_ids(blocks: Sequence[Block]) -> list[str]:
    """Ids of the files that code execution created, in order."""
    found: dict[str, None] = {}
    for block in blocks:
        if block.get("type") in _RESULTS:
            content: Any = block.get("content")
            outputs: Any = cast(Block, content).get("content") if isinstance(content, dict) else None
            for output in cast("list[object]", outputs) if isinstance(outputs, list) else []:
                file_id = cast(Block, output).get("file_id") if isinstance(output, dict) else None
                if isinstance(file_id, str) and FILE_ID.fullmatch(file_id):
                    found[file_id] = None
    return list(found)


def _marked(text: str, marks: str) -> str:
    """The text with marks inserted before its trailing whitespace."""
    if not marks:
        return text
    bare = text.rstrip()
    return f"{bare} {marks}{text[len(bare) :]}"


def _cut(passage: Passage, max_tokens: int) -> Passage:
    """The passage, truncated to `max_tokens`."""
    text = passage.text
    while (cost := estimate_tokens(text)) > max_tokens:
        text = text[: len(text) * max_tokens // cost].rstrip()
    if text == passage.text:
        return passage
    whole_words = text[: max(text.rfind(" "), text.rfind("\n"))].rstrip() or text
    end = passage.end_char if passage.last_page else passage.start_char + len(whole_words)
    return replace(passage, text=whole_words, end_char=end)


def _location(passage: Passage) -> tuple[object, ...]:
    return passage.file_id, passage.page, passage.start_char, passage.end_char, passage.text
