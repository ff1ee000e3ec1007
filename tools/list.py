"""list_files: stored files, newest first."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, Field

from files_api_mcp.backends.file_filter import ALL_FILES, parse_within
from files_api_mcp.backends.models import FileRecord
from files_api_mcp.tools.arguments.types import AlsoNamed, Within, quoted
from files_api_mcp.tools.context import Call
from files_api_mcp.tools.formatting import is_past, rfc3339
from files_api_mcp.tools.result_size import rows_that_fit

__all__ = ["FileList", "ListedFile", "list_files", "listed_fields", "listing"]

_MOST_IN_FULL = 100
"""Longer pages show ids and names only: in full, 1,000 files take about 38,000 tokens."""

_OTHER_TOKENS = 300
"""Tokens that are kept for all but the rows and the notes of a result."""
_NOTE_TOKENS = 40
"""Tokens of the note on a damaged file."""


class NamedFile(BaseModel):
    file_id: str
    filename: str
    title: str | None = None
    tags: list[str] | None = None
    state: str | None = None
    expired: bool | None = None


class ListedFile(NamedFile):
    mime_type: str
    size_bytes: int
    created_at: str
    expires_at: str | None = None


class FileList(BaseModel):
    next_cursor: str | None = None
    next: str | None = None
    notes: list[str] | None = None
    files: Sequence[ListedFile | NamedFile]


async def list_files(
    call: Call,
    within: Annotated[
        Within | None,
        Field(
            description="Part of a name, folder/ or *.pdf, type:pdf, tag:x, after:2026-01-31, before:, state:superseded"
        ),
        AlsoNamed("name_contains", read=quoted),
    ] = None,
    limit: Annotated[int, Field(ge=1, le=1000, strict=True, description="1 to 1000")] = 20,
    cursor: Annotated[str | None, Field(description="next_cursor from the previous page")] = None,
) -> FileList:
    """List stored files, newest first."""
    while True:
        page = await listing(call, within, limit, cursor)
        shown = page if len(page.files) <= _MOST_IN_FULL else _shortened(page)
        fitting = rows_that_fit(shown.files, reserved_tokens=_OTHER_TOKENS + _NOTE_TOKENS * len(shown.notes or ()))
        if fitting >= len(shown.files):
            return shown
        # A shorter page with the same start: its cursor goes on exactly after it.
        limit = fitting or limit // 2


async def listing(call: Call, within: str | None = None, limit: int = 20, cursor: str | None = None) -> FileList:
    """The same as the tool, with every file in full, whatever the size of the result."""
    opened = await call.backend()
    wanted = parse_within(within) if within else ALL_FILES
    page = await opened.files.list(limit=limit, cursor=cursor, within=wanted)
    files = [ListedFile(**listed_fields(record)) for record in page.files]
    notes = [f"{file_id}: its description is damaged; delete_file removes it." for file_id in page.damaged] or None
    following = None if files or page.damaged else _next(within)
    return FileList(files=files, next_cursor=page.next_cursor, notes=notes, next=following)


def _shortened(page: FileList) -> FileList:
    short = [
        NamedFile(
            file_id=file.file_id,
            filename=file.filename,
            title=file.title,
            tags=file.tags,
            state=file.state,
            expired=file.expired,
        )
        for file in page.files
    ]
    note = f"Pages of over {_MOST_IN_FULL} files show ids and names only; describe_file shows the rest."
    return page.model_copy(update={"files": short, "notes": [*(page.notes or []), note]})


def listed_fields(record: FileRecord) -> dict[str, Any]:
    """The fields that a list and a description of a file share."""
    return {
        "file_id": record.id,
        "filename": record.filename,
        "title": record.title,
        "tags": list(record.tags) or None,
        "state": None if record.state == "ready" else record.state,
        "expired": is_past(record.expires_at) or None,
        "mime_type": record.mime_type,
        "size_bytes": record.size_bytes,
        "created_at": rfc3339(record.created_at),
        "expires_at": rfc3339(record.expires_at) if record.expires_at else None,
    }


def _next(within: str | None) -> str:
    return "No file matches; call list_files without within." if within else "Nothing is stored yet; call upload_file."
