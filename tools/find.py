"""find_text: every place of a phrase or regular expression in stored documents."""

from dataclasses import replace
from typing import Annotated

from pydantic import BaseModel, Field

from files_api_mcp.backends.text_finder import FoundText, TextQuery
from files_api_mcp.backends.validation import MAX_FILES_PER_QUESTION
from files_api_mcp.tools.arguments.types import FileIds, PageRange, Within
from files_api_mcp.tools.ask import scope
from files_api_mcp.tools.context import Call
from files_api_mcp.tools.result_size import notes_that_fit, rows_that_fit

__all__ = ["FindResult", "find_result", "find_text"]


_OTHER_TOKENS = 2_500
"""Tokens that are kept for all but the matches of a result."""


class Match(BaseModel):
    file_id: str
    filename: str
    where: str
    text: str
    count: int | None = None


class FindResult(BaseModel):
    total: int
    next_cursor: str | None = None
    next: str
    notes: list[str] | None = None
    matches: list[Match]


async def find_text(
    call: Call,
    pattern: str,
    file_ids: Annotated[
        FileIds | None, Field(description=f"Up to {MAX_FILES_PER_QUESTION}; omit to search all files")
    ] = None,
    within: Annotated[Within | None, Field(description="As in list_files")] = None,
    pages: PageRange | None = None,
    regex: Annotated[bool, Field(strict=True, description="RE2 syntax")] = False,
    exact: Annotated[bool, Field(strict=True, description="Case and accents count")] = False,
    context: Annotated[int, Field(strict=True, description="Lines around, 0 to 20")] = 0,
    limit: Annotated[int, Field(strict=True, description="1 to 500")] = 20,
    cursor: str | None = None,
) -> FindResult:
    """Find and count every place of a phrase or regular expression, across line ends, quoted with file and page."""
    opened = await call.backend()
    wanted, span = scope(within, pages)
    query = TextQuery(
        pattern, within=wanted, pages=span, regex=regex, exact=exact, context=context, limit=limit, cursor=cursor
    )
    while True:
        found = find_result(await opened.finder.find_text(query, file_ids or (), call.progress()))
        fitting = rows_that_fit(found.matches, reserved_tokens=_OTHER_TOKENS)
        if fitting == len(found.matches) or query.limit == 1:
            return found
        # A shorter page with the same start: its cursor goes on exactly after it.
        query = replace(query, limit=max(1, fitting))


def find_result(found: FoundText) -> FindResult:
    """What was found as a tool result."""
    return FindResult(
        total=found.total,
        matches=[
            Match(
                file_id=one.file_id,
                filename=one.filename,
                where=one.where,
                text=one.text,
                count=one.count if one.count > 1 else None,
            )
            for one in found.matches
        ],
        next_cursor=found.next_cursor,
        notes=notes_that_fit(found.notes),
        next=_next(found),
    )


def _next(found: FoundText) -> str:
    if found.matches:
        return "For more around a match set context, or read_document at=its where."
    if found.is_partial:
        return "Go on with next_cursor, or name file_ids."
    return "No match: try fewer words, or ask_document."
