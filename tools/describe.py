"""See what is stored: list_files and describe_file."""

from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from files_api_mcp.backends.models import DocumentInfo, FileRecord, Progress
from files_api_mcp.tools.arguments import FileId
from files_api_mcp.tools.context import Backends, Dependencies, backends, progress_to, reported, respond
from files_api_mcp.tools.times import is_past, rfc3339

__all__ = ["DescribedFile", "describe_file", "description", "list_files"]


class ListedFile(BaseModel):
    file_id: str
    filename: str
    title: str | None = None
    mime_type: str
    size_bytes: int
    created_at: str
    expires_at: str | None = None
    expired: bool | None = None


class FileList(BaseModel):
    files: list[ListedFile]
    next_cursor: str | None = None
    next: str | None = None


class DescribedFile(ListedFile):
    type: str = "file"
    downloadable: bool
    sha256: str | None = None
    source_path: str | None = None
    askable: bool
    pages: int | None = None
    chars: int | None = None
    pages_without_text: str | None = None
    read_by_ocr: str | None = None
    next: str


async def list_files(
    ctx: Context[Dependencies],
    name_contains: Annotated[str | None, Field(description="Part of the filename, any case")] = None,
    limit: Annotated[int, Field(ge=1, le=1000, strict=True, description="1 to 1000")] = 20,
    cursor: Annotated[str | None, Field(description="next_cursor of the page before")] = None,
) -> Annotated[CallToolResult, FileList]:
    """List stored files, newest first."""
    with reported():
        opened = await backends(ctx)
        page = await opened.files.list(limit=limit, cursor=cursor, name_contains=name_contains)
    files = [ListedFile(**_listed(record)) for record in page.files]
    return respond(FileList(files=files, next_cursor=page.next_cursor, next=_empty_hint(files, name_contains)))


async def describe_file(file_id: FileId, ctx: Context[Dependencies]) -> Annotated[CallToolResult, DescribedFile]:
    """Show a file's metadata, its pages, and how it can be asked or read."""
    with reported():
        _, _, described = await description(await backends(ctx), file_id, progress_to(ctx))
    return respond(described)


async def description(
    opened: Backends, file_id: str, progress: Progress
) -> tuple[FileRecord, DocumentInfo, DescribedFile]:
    """What is known of a file, and how that is shown.

    Raises:
        FilesError: There is no such file, or it cannot be looked at now.
    """
    record = await opened.files.describe(file_id)
    if is_past(record.expires_at):
        info = DocumentInfo(askable=False, pages=None, chars=0, note="Expired; upload it again to use it.")
    else:
        info = await opened.reader.prepare(file_id, progress)
    return record, info, _described(record, info)


def _listed(record: FileRecord) -> dict[str, Any]:
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


def _empty_hint(files: list[ListedFile], name_contains: str | None) -> str | None:
    if files:
        return None
    if name_contains:
        return "No filename contains that; call list_files without name_contains."
    return "Nothing is stored yet; call upload_file."


def _described(record: FileRecord, info: DocumentInfo) -> DescribedFile:
    return DescribedFile(
        **_listed(record),
        downloadable=record.downloadable,
        sha256=record.sha256,
        source_path=record.source_path,
        askable=info.askable,
        pages=info.pages,
        chars=info.chars if info.askable else None,
        pages_without_text=page_ranges(info.pages_without_text) or None,
        read_by_ocr=_scanned(info),
        next=_how_to_use(info),
    )


def _how_to_use(info: DocumentInfo) -> str:
    if info.note:
        return info.note
    where = "pages" if info.pages is not None else "start_char"
    use = f"Ask with ask_document; read whole passages with read_document ({where})."
    return f"{use} {info.advice}" if info.advice else use


def _scanned(info: DocumentInfo) -> str | None:
    if not info.scanned:
        return None
    return f"pages {page_ranges(info.scanned)}" if info.pages is not None else "all"


def page_ranges(pages: tuple[int, ...]) -> str:
    """Page numbers as `1-3, 7`."""
    runs: list[list[int]] = []
    for page in pages:
        if runs and page == runs[-1][1] + 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
