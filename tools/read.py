"""read_document: the text of a stored file, or its pages as images."""

import base64
from typing import Annotated

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult, ContentBlock, ImageContent, TextContent
from pydantic import Field

from files_api_mcp.backends.base import Backend
from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.models import DocumentInfo, FileRecord, TextWindow
from files_api_mcp.tools.arguments import FileId, PageRange, parse_pages
from files_api_mcp.tools.context import Dependencies, backends, progress_to, tool_errors
from files_api_mcp.tools.formatting import format_page

__all__ = ["MAX_CHARS", "read_document", "remaining_arguments", "text_heading"]

MAX_CHARS = 20_000
"""The most text in one result."""

_MAX_IMAGES = 5


async def read_document(
    file_id: FileId,
    ctx: Context[Dependencies],
    pages: PageRange | None = None,
    start_char: Annotated[
        int | None,
        Field(ge=0, strict=True, description="Start offset, in a file without pages or within one page"),
    ] = None,
    as_image: Annotated[
        bool, Field(strict=True, description=f"Return page images (up to {_MAX_IMAGES}) instead of text")
    ] = False,
) -> CallToolResult:
    """Read a file's text by page or character range, or view its pages as images."""
    span = parse_pages(pages) if pages else None
    with tool_errors():
        opened = await backends(ctx)
        record = await opened.files.describe(file_id)
        if as_image:
            return await _images(opened, record, span)
        info = await opened.reader.prepare(file_id, progress_to(ctx))
        windows = await opened.reader.read(
            file_id, pages=span, start_char=start_char, max_chars=MAX_CHARS, progress=progress_to(ctx)
        )
    return _text(record, info, windows, span)


async def _images(opened: Backend, record: FileRecord, span: tuple[int, int] | None) -> CallToolResult:
    first, last = span or (1, 1)
    if last - first >= _MAX_IMAGES:
        raise InvalidArgument(
            f"At most {_MAX_IMAGES} pages can be returned as images.",
            f'Start with pages="{first}-{first + _MAX_IMAGES - 1}".',
        )
    images = await opened.reader.images(record.id, pages=span)
    blocks: list[ContentBlock] = []
    for image in images:
        mark = (
            f"{record.filename}, {format_page(image.page, image.label)}"
            if span or record.mime_type == "application/pdf"
            else record.filename
        )
        blocks.append(TextContent(type="text", text=mark))
        data = base64.b64encode(image.data).decode("ascii")
        blocks.append(ImageContent(type="image", data=data, mime_type=image.mime_type))
    return CallToolResult(content=blocks)


def _text(
    record: FileRecord, info: DocumentInfo, windows: list[TextWindow], span: tuple[int, int] | None
) -> CallToolResult:
    parts = [f"{record.filename} ({record.id}), {_extent(info)}"]
    parts += [f"--- {text_heading(window)} ---\n{window.text}" for window in windows]
    rest = remaining_arguments(info, windows, span)
    parts.append(f"--- {f'next: {rest}' if rest else 'end'} ---")
    return CallToolResult(content=[TextContent(type="text", text="\n".join(parts))])


def _extent(info: DocumentInfo) -> str:
    return f"{info.pages} pages" if info.pages is not None else f"{info.chars} chars"


def text_heading(window: TextWindow) -> str:
    """The heading of a part of the text: its page or character range."""
    if window.page is None:
        return f"chars {window.start_char}-{window.end_char}{' (read by OCR)' if window.scanned else ''}"
    empty = "" if window.text.strip() else ", no text: use as_image"
    part = f", from char {window.start_char}" if window.start_char else ""
    return f"{format_page(window.page, window.label, scanned=window.scanned)}{part}{empty}"


def remaining_arguments(info: DocumentInfo, windows: list[TextWindow], span: tuple[int, int] | None) -> str | None:
    """The arguments that continue reading; None if nothing is left of the requested pages."""
    if not windows:
        return None
    last = windows[-1]
    if last.end_char < last.total_chars:
        page = f'pages="{last.page}", ' if last.page is not None else ""
        return f"{page}start_char={last.end_char}"
    if last.page is None or info.pages is None:
        return None
    end = span[1] if span else info.pages
    if last.page < end:
        return f'pages="{last.page + 1}-{end}"' if last.page + 1 < end else f'pages="{end}"'
    return f'pages="{end + 1}"' if end < info.pages else None
