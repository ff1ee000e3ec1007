"""ask_document: answers a question from stored documents, with citations."""

from dataclasses import asdict
from typing import Annotated

from pydantic import BaseModel, Field

from files_api_mcp.backends.file_filter import FileFilter, parse_within
from files_api_mcp.backends.models import Answer, Passage
from files_api_mcp.backends.validation import MAX_FILES_PER_QUESTION
from files_api_mcp.tools.arguments.pages import parse_pages
from files_api_mcp.tools.arguments.types import FileIds, PageRange, Within
from files_api_mcp.tools.context import Call
from files_api_mcp.tools.result_size import (
    MOST_TOKENS,
    compact_json,
    notes_that_fit,
    rows_that_fit,
    share_of,
    text_that_fits,
)

__all__ = ["AskResult", "ask_document", "ask_result", "scope"]

_AROUND_TOKENS = 150
"""Tokens before and after a passage that are worth a look."""
_LONG_TOKENS = 300
"""A longer passage is not read again: it holds what is around its best part."""
_OVERLAP = 80
_MOST_CREATED = 20
"""Created files in one result. list_files shows the others."""
_CREATED_TOKENS = 5_000
"""Of them, in a result that is too long."""
_SPARE = 500
"""Tokens for what is around the parts of a result, and for the notes about what was cut."""


class CitedPassage(BaseModel):
    file_id: str
    filename: str
    where: str
    header: str | None = None
    text: str


class Usage(BaseModel):
    passages: int
    tokens: int
    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    saved_usd: float | None = None


class CreatedFile(BaseModel):
    file_id: str
    filename: str
    size_bytes: int


class AskResult(BaseModel):
    usage: Usage
    next: str
    notes: list[str] | None = None
    created_files: list[CreatedFile] | None = None
    answer: str | None = None
    passages: list[CitedPassage]


async def ask_document(
    call: Call,
    question: Annotated[str, Field(description="A question, or words the document would use")],
    file_ids: Annotated[
        FileIds | None, Field(description=f"Up to {MAX_FILES_PER_QUESTION}; omit to search all files")
    ] = None,
    within: Annotated[Within | None, Field(description="As in list_files")] = None,
    pages: PageRange | None = None,
    max_tokens: Annotated[
        int, Field(ge=300, le=20_000, strict=True, description="Token budget for the result, 300 to 20000")
    ] = 1500,
) -> AskResult:
    """Find the passages that answer a question, quoted exactly with file and page. If nothing fits, retry once in
    the document's own words."""
    opened = await call.backend()
    wanted, span = scope(within, pages)
    answer = await opened.answerer.ask(
        question, file_ids or (), within=wanted, pages=span, max_tokens=max_tokens, progress=call.progress()
    )
    if answer.created_files:
        await call.notify_files_changed()
    return _cut_to_fit(ask_result(answer))


def scope(within: str | None, pages: str | None) -> tuple[FileFilter | None, tuple[int, int] | None]:
    """The files and the pages that a question is limited to; None is no limit.

    Raises:
        InvalidArgument: The words of `within` cannot be read.
    """
    return parse_within(within) if within else None, parse_pages(pages) if pages else None


def ask_result(answer: Answer) -> AskResult:
    """An answer as a tool result."""
    return AskResult(
        answer=answer.text,
        passages=[_cited(passage) for passage in answer.passages],
        created_files=[CreatedFile(**asdict(created)) for created in answer.created_files[:_MOST_CREATED]] or None,
        usage=Usage(
            passages=len(answer.passages), tokens=answer.tokens, **(asdict(answer.usage) if answer.usage else {})
        ),
        notes=notes_that_fit(answer.notes),
        next=_next(answer),
    )


def _cut_to_fit(result: AskResult) -> AskResult:
    """The result without its last passages, and then without the end of its answer, if it is too long for a host. An
    answer may be paid for, so it is never refused for its length."""
    # No estimate is higher than a token for each character.
    if len(compact_json(result)) <= MOST_TOKENS - _SPARE:
        return result
    created = result.created_files or []
    created = created[: rows_that_fit(created, reserved_tokens=MOST_TOKENS - _CREATED_TOKENS)]
    rest = result.model_copy(update={"created_files": created or None, "answer": None, "passages": []})
    answer, notes = result.answer, [*(result.notes or ())]
    if answer is not None:
        text = text_that_fits(answer, room=_room_beside(rest))
        if len(text) < len(answer):
            answer, notes = f"{text} ...", ["The answer is too long for one result: its end was cut.", *notes]
        rest = rest.model_copy(update={"answer": answer})
    count = rows_that_fit(result.passages, reserved_tokens=MOST_TOKENS - _room_beside(rest))
    if left_out := len(result.passages) - count:
        notes = [f"{left_out} of {len(result.passages)} passages, the last ones, do not fit into one result.", *notes]
    usage = result.usage.model_copy(update={"passages": count})
    return rest.model_copy(update={"usage": usage, "notes": notes or None, "passages": result.passages[:count]})


def _room_beside(rest: AskResult) -> int:
    return MOST_TOKENS - _SPARE - int(share_of(compact_json(rest)))


def _cited(passage: Passage) -> CitedPassage:
    return CitedPassage(
        file_id=passage.file_id,
        filename=passage.filename,
        where=passage.where,
        header=passage.header,
        text=passage.text,
    )


def _next(answer: Answer) -> str:
    if answer.text is not None:
        marks = "[1], [2] ... are the passages in order; cite each file and where" if answer.passages else ""
        created = "save created files with download_file" if answer.created_files else ""
        return f"Use the answer{''.join(f'; {part}' for part in (marks, created) if part)}."
    if not answer.passages:
        return "Retry once in the document's own words, or look with read_document."
    best = answer.passages[0]
    several = len({passage.file_id for passage in answer.passages}) > 1
    named = f'file_id="{best.file_id}", ' if several else ""
    direction, arguments = _around(best)
    return f"Cite file and where. {direction} the first: read_document {named}{arguments}."


def _around(passage: Passage) -> tuple[str, str]:
    """The arguments that read a few hundred tokens around a passage, or after it if it is long."""
    start, end = passage.start_char, passage.end_char
    if not end:  # Its offsets are unknown.
        return "Around", f'pages="{passage.page}"'
    # Imported here: its patterns take time that a server that only lists its tools does not need.
    from files_api_mcp.backends.tokens import estimate_tokens

    tokens = max(1, estimate_tokens(passage.text))
    width = _AROUND_TOKENS * len(passage.text) // tokens
    direction, first, last = "Around", max(0, start - width), end + width
    if tokens > _LONG_TOKENS:
        direction, first, last = "After", max(0, end - _OVERLAP), end + 2 * width
    chars = f"chars {first}-{last}"
    if passage.page is None:
        return direction, f'at="{chars}"'
    last_page = passage.last_page or passage.page
    if direction == "After" or last_page == passage.page:
        return direction, f'at="page {last_page} ({chars})"'
    return direction, f'at="pages {passage.page}-{last_page} ({chars})"'
