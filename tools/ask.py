"""ask_document: answers a question from stored documents, with citations."""

import json
import re
from dataclasses import asdict
from typing import Annotated

from pydantic import BaseModel, Field

from files_api_mcp.backends.models import Answer, Passage
from files_api_mcp.backends.validation import MAX_FILES_PER_QUESTION
from files_api_mcp.tools.arguments import FileId
from files_api_mcp.tools.context import Call

__all__ = ["AskResult", "ask_document", "ask_result"]

_BEFORE = 500
_LONGEST_PLACE = 8
"""Tokens of a place that is short enough to repeat."""
_SUB = re.compile(r" (?:lines|chars) \d+-\d+(?: \([^()]*\))?$")


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
    answer: str | None = None
    passages: list[CitedPassage]
    created_files: list[CreatedFile] | None = None
    usage: Usage
    notes: list[str] | None = None
    next: str


async def ask_document(
    call: Call,
    question: Annotated[str, Field(description="A question, or words the document would use")],
    file_ids: Annotated[
        list[FileId] | None, Field(description=f"Up to {MAX_FILES_PER_QUESTION}; omit to search all files")
    ] = None,
    max_tokens: Annotated[
        int, Field(ge=300, le=20_000, strict=True, description="Token budget for the result, 300 to 20000")
    ] = 1500,
) -> AskResult:
    """Find the passages that answer a question, quoted exactly with file and page. If nothing fits, retry once in
    the document's own words."""
    opened = await call.backend()
    answer = await opened.answerer.ask(question, file_ids or (), max_tokens=max_tokens, progress=call.progress())
    if answer.created_files:
        await call.notify_files_changed()
    return ask_result(answer)


def ask_result(answer: Answer) -> AskResult:
    """An answer as a tool result."""
    return AskResult(
        answer=answer.text,
        passages=[_cited(passage) for passage in answer.passages],
        created_files=[CreatedFile(**asdict(created)) for created in answer.created_files] or None,
        usage=Usage(
            passages=len(answer.passages), tokens=answer.tokens, **(asdict(answer.usage) if answer.usage else {})
        ),
        notes=answer.notes or None,
        next=_next(answer),
    )


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
    around = f"start_char={max(0, best.start_char - _BEFORE)}"
    if best.page is not None:
        around = f'pages="{best.page}"'
    elif best.where.startswith("section ") and _is_short(best.where):
        around = "at=" + json.dumps(_SUB.sub("", best.where), ensure_ascii=False)
    return f"Cite file and where. Around the first: read_document {around}."


def _is_short(place: str) -> bool:
    # Imported here: its patterns take time that a server that only lists its tools does not need.
    from files_api_mcp.backends.tokens import estimate_tokens

    return estimate_tokens(place) <= _LONGEST_PLACE
