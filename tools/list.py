"""list_files: stored files, newest first."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from files_api_mcp.backends.file_filter import ALL_FILES, FileFilter
from files_api_mcp.backends.models import FileRecord
from files_api_mcp.backends.validation import fold_filename
from files_api_mcp.tools.context import Call
from files_api_mcp.tools.formatting import is_past, rfc3339

__all__ = ["FileList", "ListedFile", "list_files", "listed_fields", "listing"]

_MOST_IN_FULL = 100
"""Longer pages show ids and names only: in full, 1,000 files take about 38,000 tokens."""


class NamedFile(BaseModel):
    file_id: str
    filename: str
    title: str | None = None
    expired: bool | None = None


class ListedFile(NamedFile):
    mime_type: str
    size_bytes: int
    created_at: str
    expires_at: str | None = None


class FileList(BaseModel):
    files: list[ListedFile | NamedFile]
    next_cursor: str | None = None
    notes: list[str] | None = None
    next: str | None = None


async def list_files(
    call: Call,
    name_contains: Annotated[str | None, Field(description="Part of the filename, any case")] = None,
    limit: Annotated[int, Field(ge=1, le=1000, strict=True, description="1 to 1000")] = 20,
    cursor: Annotated[str | None, Field(description="next_cursor from the previous page")] = None,
) -> FileList:
    """List stored files, newest first."""
    page = await listing(call, name_contains, limit, cursor)
    return page if len(page.files) <= _MOST_IN_FULL else _shortened(page)


async def listing(call: Call, name_contains: str | None = None, limit: int = 20, cursor: str | None = None) -> FileList:
    """The same as the tool, with every file in full."""
    opened = await call.backend()
    page = await opened.files.list(limit=limit, cursor=cursor, within=_within(name_contains))
    files = [ListedFile(**listed_fields(record)) for record in page.files]
    notes = [f"{file_id}: its description is damaged; delete_file removes it." for file_id in page.damaged] or None
    following = None if page.damaged else _next(files, name_contains)
    return FileList(files=[*files], next_cursor=page.next_cursor, notes=notes, next=following)


def _shortened(page: FileList) -> FileList:
    short = [
        NamedFile(file_id=file.file_id, filename=file.filename, title=file.title, expired=file.expired)
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
        "mime_type": record.mime_type,
        "size_bytes": record.size_bytes,
        "created_at": rfc3339(record.created_at),
        "expires_at": rfc3339(record.expires_at) if record.expires_at else None,
        "expired": is_past(record.expires_at) or None,
    }


def _within(name_contains: str | None) -> FileFilter:
    """The filter of names that contain a text."""
    return FileFilter(names=(fold_filename(name_contains),)) if name_contains else ALL_FILES


def _next(files: list[ListedFile], name_contains: str | None) -> str | None:
    if files:
        return None
    if name_contains:
        return "No filename contains that; call list_files without name_contains."
    return "Nothing is stored yet; call upload_file."
