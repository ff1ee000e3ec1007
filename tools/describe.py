"""describe_file: metadata, pages, tables and uses of a stored file."""

from collections.abc import Sequence
from contextlib import suppress

from files_api_mcp.backends.base import Backend, KnownFile
from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.file_versions import FileVersion
from files_api_mcp.backends.models import DocumentInfo, FileRecord, OutlineEntry, Progress
from files_api_mcp.backends.table_info import TableInfo
from files_api_mcp.tools.arguments.types import FileId
from files_api_mcp.tools.context import Call
from files_api_mcp.tools.formatting import is_past
from files_api_mcp.tools.list import ListedFile, listed_fields
from files_api_mcp.tools.outline import short_outline
from files_api_mcp.tools.tables.described import DescribedTable, all_tables, short_tables
from files_api_mcp.tools.versions import DescribedVersion, described_versions, is_source_changed

__all__ = ["DescribedFile", "describe", "describe_file", "describe_whole", "page_ranges"]

_MOST_RANGES = 200


class DescribedFile(ListedFile):
    askable: bool
    pages: int | None = None
    chars: int | None = None
    next: str
    notes: list[str] | None = None
    type: str = "file"
    downloadable: bool
    source_changed: bool | None = None
    superseded_by: str | None = None
    sha256: str | None = None
    source_path: str | None = None
    pages_without_text: str | None = None
    read_by_ocr: str | None = None
    versions: list[DescribedVersion] | None = None
    outline: list[str] | None = None
    tables: list[DescribedTable] | None = None
    more_tables: list[str] | None = None


async def describe_file(call: Call, file_id: FileId) -> DescribedFile:
    """Show a file's metadata, pages, tables, and how to ask about or read it."""
    _, _, described = await describe(call, file_id)
    return described


async def describe_whole(call: Call, file_id: FileId) -> DescribedFile:
    """The same as the tool, with every table in full, whatever the size of the result."""
    _, _, described = await describe(call, file_id, whole=True)
    return described


async def describe(call: Call, file_id: str, *, whole: bool = False) -> tuple[FileRecord, DocumentInfo, DescribedFile]:
    """A file's record, its document, and both as a tool result. `whole`: with every table in full.

    Raises:
        FilesError: There is no such file, or it cannot be read now.
    """
    opened = await call.backend()
    known = await opened.reader.described(file_id)
    record, info, versions = known or await _looked_up(opened, file_id, call.progress())
    described = _described(record, info, await _outline(opened, record, info))
    _add_tables(described, await _tables(opened, record, info), whole=whole)
    described.versions, described.next = _versions(record, versions, described.next)
    if await is_source_changed(call.deps.roots, record, versions):
        described.source_changed = True
        described.next = f"The file at source_path has changed: upload it again. {described.next}"
    return record, info, described


def _add_tables(described: DescribedFile, tables: Sequence[TableInfo], *, whole: bool) -> None:
    if not tables:
        return
    shown, others = (all_tables(tables), []) if whole else short_tables(tables)
    described.tables, described.more_tables = shown, others or None
    described.next = f"For exact rows, sums and counts: query_table. {described.next}"
    if left_out := len(tables) - len(shown) - len(others):
        described.next += f" {left_out:,} more tables are not listed."


def _versions(
    record: FileRecord, versions: Sequence[FileVersion], use: str
) -> tuple[list[DescribedVersion] | None, str]:
    """The versions of a file, and its next step with what there is to say of them."""
    shown, total = described_versions(versions)
    if len(shown) < total:
        use = f"{use} {total - len(shown)} older versions are not shown."
    if record.state == "superseded":
        newer = f"use {record.superseded_by} instead" if record.superseded_by else "that one was deleted"
        use = f"A newer version superseded this file: {newer}. {use}"
    elif record.state == "gone":
        use = f"The file is no longer at source_path. {use}"
    return shown or None, use


async def _looked_up(opened: Backend, file_id: str, progress: Progress) -> KnownFile:
    record = await opened.files.describe(file_id)
    versions = () if record.source_path is None else await opened.files.versions(file_id)
    if is_past(record.expires_at):
        info = DocumentInfo(askable=False, pages=None, chars=0, note="Expired; upload it again to use it.")
    else:
        info = await opened.reader.prepare(file_id, progress, record)
    return KnownFile(record, info, versions)


async def _outline(opened: Backend, record: FileRecord, info: DocumentInfo) -> Sequence[OutlineEntry]:
    if not info.has_outline:
        return ()
    with suppress(FilesError):
        return await opened.reader.outline(record.id)
    return ()


async def _tables(opened: Backend, record: FileRecord, info: DocumentInfo) -> Sequence[TableInfo]:
    if not info.has_tables:
        return ()
    with suppress(FilesError):
        return await opened.tables.tables(record.id)
    return ()


def _described(record: FileRecord, info: DocumentInfo, outline: Sequence[OutlineEntry]) -> DescribedFile:
    shown = short_outline(outline)
    fields = listed_fields(record)
    fields["state"] = info.state if record.state == "ready" else record.state
    return DescribedFile(
        **fields,
        downloadable=record.downloadable,
        sha256=record.sha256,
        source_path=record.source_path,
        superseded_by=record.superseded_by,
        askable=info.askable,
        pages=info.pages,
        chars=info.chars if info.askable else None,
        pages_without_text=page_ranges(info.pages_without_text) or None,
        read_by_ocr=_scanned(info),
        outline=shown or None,
        next=_how_to_use(info, shown=len(shown), total=len(outline)),
    )


def _how_to_use(info: DocumentInfo, *, shown: int, total: int) -> str:
    if info.note:
        return info.note
    where = "at, pages" if info.pages is not None else "at, start_char"
    use = f"Ask with ask_document; read longer parts with read_document ({where})."
    if shown < total:
        use += f' The outline has {total - shown} more entries: read_document at="outline".'
    if info.invisible:
        use += f" {info.invisible} invisible characters are left out of the text."
    return f"{use} {info.advice}" if info.advice else use


def _scanned(info: DocumentInfo) -> str | None:
    if not info.scanned:
        return None
    return f"pages {page_ranges(info.scanned)}" if info.pages is not None else "all"


def page_ranges(pages: tuple[int, ...]) -> str:
    """Page numbers as ranges: `1-3, 7`. Many are cut."""
    runs: list[list[int]] = []
    for page in pages:
        if runs and page == runs[-1][1] + 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    shown = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs[:_MOST_RANGES])
    left_out = sum(b - a + 1 for a, b in runs[_MOST_RANGES:])
    return f"{shown} and {left_out:,} more" if left_out else shown
