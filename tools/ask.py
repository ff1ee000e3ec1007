"""Ask stored documents: ask_document."""

from dataclasses import asdict
from typing import Annotated

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.models import Answer, Passage
from files_api_mcp.tools.arguments import FileId
from files_api_mcp.tools.context import Dependencies, announce, backends, progress_to, reported, respond
from files_api_mcp.tools.formatting import place

__all__ = ["AskResult", "ask_document", "ask_result"]

_MOST_FILES = 20


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
    question: Annotated[str, Field(description="A question, or words the document would use")],
    ctx: Context[Dependencies],
    file_ids: Annotated[list[FileId] | None, Field(description=f"Up to {_MOST_FILES}; none: everything stored")] = None,
    max_tokens: Annotated[
        int, Field(ge=100, le=20_000, strict=True, description="Budget of the passages, 100 to 20000")
    ] = 1500,
) -> Annotated[CallToolResult, AskResult]:
    """Find the passages that answer a question, quoted exactly with file and page; if they miss, ask again once in
    the document's own words."""
    with reported():
        if not question.strip():
            raise InvalidArgument("question is empty.", "Ask a question in words.")
        if file_ids is not None and not file_ids:
            file_ids = None
        if file_ids and len(set(file_ids)) > _MOST_FILES:
            raise InvalidArgument(f"file_ids holds more than {_MOST_FILES} ids.", "Ask in several calls.")
        opened = await backends(ctx)
        answer = await opened.answerer.ask(question, file_ids or (), max_tokens=max_tokens, progress=progress_to(ctx))
    if answer.made:
        await announce(ctx)
    return respond(ask_result(answer))


def ask_result(answer: Answer) -> AskResult:
    """An answer as it is shown."""
    return AskResult(
        answer=answer.text,
        passages=[_cited(passage) for passage in answer.passages],
        created_files=[CreatedFile(**asdict(made)) for made in answer.made] or None,
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
        where=place(passage),
        header=passage.header,
        text=passage.text,
    )


def _next(answer: Answer) -> str:
    if answer.text is not None:
        marks = "its [1], [2] ... refer to the passages in order; cite file and place" if answer.passages else ""
        made = "download_file saves the created files" if answer.made else ""
        return f"Use the answer{''.join(f'; {part}' for part in (marks, made) if part)}."
    if not answer.passages:
        return "Ask again once in the document's own words, or look with read_document."
    best = answer.passages[0]
    where = f'pages="{best.page}"' if best.page is not None else f"start_char={max(0, best.start_char - 500)}"
    return f"Write the answer from the passages and cite file and place; more around the first: read_document {where}."
