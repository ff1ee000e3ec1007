"""read_document: the text of a stored file, or its pages as images."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Annotated

from pydantic import Field

from files_api_mcp.backends.base import Backend
from files_api_mcp.backends.documents.media_types import TABLES
from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.models import DocumentInfo, FileRecord, PageImage, Reading, TextWindow
from files_api_mcp.tools.arguments.pages import parse_pages
from files_api_mcp.tools.arguments.types import FileId, PageRange
from files_api_mcp.tools.blocks import ImageBlock, TextBlock
from files_api_mcp.tools.context import Call
from files_api_mcp.tools.formatting import format_page
from files_api_mcp.tools.outline import outline_lines

__all__ = ["MAX_CHARS", "read_document", "remaining_arguments", "text_heading"]

MAX_CHARS = 20_000
"""The most text in one result."""

_DEFAULT_CHARS = 6_000
_FEWEST_CHARS = 500
_MAX_IMAGES = 5
_MOST_IMAGE_BYTES = 725_000
"""Of all pictures of one result, before base64 makes them a third larger."""
_NEXT_CHARS = 160
"""Room for what says how to read on."""
_SHORT_CHARS = 2_000
"""A longer text says how to read on in its first line too: hosts may show only the beginning."""
_MOST_CUT = 200
"""Characters that are left out so that a result ends with a line. The longest passage fits without them."""
_OUTLINE = re.compile(r"outline(?: (\d{1,6}))?", re.IGNORECASE)


async def read_document(
    call: Call,
    file_id: FileId,
    at: Annotated[
        str | None, Field(description='Any where from a result, "section 3.2", or "outline"', max_length=500)
    ] = None,
    pages: PageRange | None = None,
    start_char: Annotated[
        int | None,
        Field(ge=0, strict=True, description="Start offset, in a file without pages or in the first page"),
    ] = None,
    max_chars: Annotated[int, Field(ge=_FEWEST_CHARS, le=MAX_CHARS, strict=True)] = _DEFAULT_CHARS,
    as_image: Annotated[
        bool, Field(strict=True, description=f"Return page images (up to {_MAX_IMAGES}) instead of text")
    ] = False,
) -> list[TextBlock | ImageBlock]:
    """Read a file's text at a place, by page or character range, or view its pages as images."""
    span = parse_pages(pages) if pages else None
    opened = await call.backend()
    record = await opened.files.describe(file_id)
    if as_image:
        return await _images(opened, record, span if at is None else await _page_at(opened, file_id, at))
    while (info := await opened.reader.prepare(file_id, call.progress())).state == "reading":
        pass  # each call waits for a while
    part = _OUTLINE.fullmatch(at) if at else None
    if part:
        return [await _outline(opened, record, info, int(part[1] or 1), max_chars)]
    reading = await opened.reader.read(
        file_id, pages=span, start_char=start_char, at=at, max_chars=max_chars, progress=call.progress()
    )
    return [_text(record, info, reading, span, max_chars)]


async def _page_at(opened: Backend, file_id: str, at: str) -> tuple[int, int] | None:
    (window, *_) = (await opened.reader.read(file_id, at=at, max_chars=1)).windows
    return None if window.page is None else (window.page, window.page)


async def _images(opened: Backend, record: FileRecord, span: tuple[int, int] | None) -> list[TextBlock | ImageBlock]:
    first, last = span or (1, 1)
    shown = min(last, first + _MAX_IMAGES - 1)
    images = _few(await opened.reader.images(record.id, pages=span and (first, shown)))
    shown = first + len(images) - 1
    blocks: list[TextBlock | ImageBlock] = [TextBlock(f"next: {_pages(shown + 1, last)}")] if shown < last else []
    for image in images:
        mark = (
            f"{record.filename}, {format_page(image.page, image.label)}"
            if span or record.mime_type == "application/pdf"
            else record.filename
        )
        blocks += [TextBlock(mark), ImageBlock(image.data, image.mime_type)]
    return blocks


def _few(images: Sequence[PageImage]) -> Sequence[PageImage]:
    """The first pictures, as many as fit into one result: one at least."""
    sizes = accumulate(len(image.data) for image in images)
    return images[: max(1, sum(size <= _MOST_IMAGE_BYTES for size in sizes))]


def _pages(first: int, last: int) -> str:
    return f'pages="{first}-{last}"' if first < last else f'pages="{last}"'


async def _outline(opened: Backend, record: FileRecord, info: DocumentInfo, first: int, max_chars: int) -> TextBlock:
    head = f"{record.filename} ({record.id}), outline"
    entries = await opened.reader.outline(record.id)
    lines: list[str] = []
    room = max_chars - len(head) - _NEXT_CHARS
    for line in outline_lines(entries)[first - 1 :]:
        room -= len(line) + 1
        if room < 0 and lines:
            break
        lines.append(line)
    if not lines:
        raise InvalidArgument(f"The outline has {len(entries)} entries.", f"Read by {_unit(info)}.")
    rest = first + len(lines)
    return _ended(head, lines, f'at="outline {rest}"' if rest <= len(entries) else None)


def _ended(head: str, parts: Sequence[str], rest: str | None) -> TextBlock:
    """A text with its end, and what continues it: in a long text in the first line too."""
    if rest and sum(map(len, parts)) > _SHORT_CHARS:
        head += f"; next: {rest}"
    return TextBlock("\n".join([head, *parts, f"--- {f'next: {rest}' if rest else 'end'} ---"]))


def _unit(info: DocumentInfo) -> str:
    return "pages" if info.pages is not None else "start_char"


def _text(
    record: FileRecord, info: DocumentInfo, reading: Reading, span: tuple[int, int] | None, max_chars: int
) -> TextBlock:
    head = f"{record.filename} ({record.id}), {_extent(info)}"
    if info.has_tables and record.mime_type in TABLES and info.chars > max_chars:
        head += "; query_table computes over all rows"
    windows = [*_fitting(reading.windows, max_chars - len(head) - _NEXT_CHARS)]
    parts = [f"--- {text_heading(window)} ---\n{window.text}" for window in windows]
    return _ended(head, parts, remaining_arguments(info, replace(reading, windows=windows), span))


def _fitting(windows: list[TextWindow], room: int) -> Iterator[TextWindow]:
    """The windows that fit with their headings. The last one is cut, at the end of a line if possible."""
    for number, window in enumerate(windows):
        room -= len(text_heading(window)) + len("---  ---\n\n")
        if number and room <= 0:
            return
        shown = window.text[: max(1, room)]
        if len(shown) < len(window.text):
            line_end = shown.rfind("\n", max(len(shown) // 2, len(shown) - _MOST_CUT)) + 1
            shown = shown[: line_end or len(shown)]
            yield replace(window, text=shown, end_char=window.start_char + len(shown))
            return
        yield window
        room -= len(shown)


def _extent(info: DocumentInfo) -> str:
    return f"{info.pages} pages" if info.pages is not None else f"{info.chars} chars"


def text_heading(window: TextWindow) -> str:
    """The heading of a part of the text: its place."""
    if window.page is None:
        return window.where
    empty = "" if window.text.strip() else ", no text: use as_image"
    part = f", from char {window.start_char}" if window.start_char else ""
    return f"{window.where}{part}{empty}"


def remaining_arguments(info: DocumentInfo, reading: Reading, span: tuple[int, int] | None) -> str | None:
    """The arguments that continue reading; None if nothing is left. The rest of a place is named by `at`."""
    if not reading.windows:
        return None
    last = reading.windows[-1]
    if reading.end is not None and (last.page, last.end_char) != reading.end:
        return _rest_of_place(last, *reading.end)
    is_cut = last.end_char < last.total_chars
    if last.page is None or info.pages is None:
        return f"start_char={last.end_char}" if is_cut else None
    end = max(last.page, span[1]) if span else info.pages if reading.end is None else last.page
    if is_cut:
        return f'pages="{last.page}", start_char={last.end_char}'
    if last.page < end:
        return _pages(last.page + 1, end)
    return f'pages="{end + 1}"' if end < info.pages else None


def _rest_of_place(last: TextWindow, end_page: int | None, end_char: int) -> str:
    if last.page is None or end_page is None:
        return f'at="chars {last.end_char}-{end_char}"'
    first, start = (last.page, last.end_char) if last.end_char < last.total_chars else (last.page + 1, 0)
    pages = f"page {first}" if first == end_page else f"pages {first}-{end_page}"
    return f'at="{pages} (chars {start}-{end_char})"'
