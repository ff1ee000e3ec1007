"""`files-api-mcp read`."""

import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from functools import partial

from anyio import to_thread
from mcp.types import TextContent

from files_api_mcp.server.cli.client import Tools, with_tools
from files_api_mcp.server.cli.output import print_json, print_text
from files_api_mcp.server.cli.progress import Bars, Report
from files_api_mcp.server.settings import Settings
from files_api_mcp.tools.arguments import parse_pages

__all__ = ["ReadOrder", "run_read"]

_PAGES = re.compile(r", (\d+) pages$")
_NEXT = re.compile(r'--- next: (?:pages="(\d++)[\d-]*+")?(?:, )?(?:start_char=(\d+))? ---')
_PAGES_ARGUMENT = re.compile(r'pages="([\d-]+)"')
_END = "--- end ---"
_AS_IMAGE = ", no text: see it with as_image ---"


@dataclass(frozen=True, slots=True)
class ReadOrder:
    """What is read: these pages, or from this character on; neither: all of it."""

    file_id: str
    pages: str | None
    start_char: int | None
    as_json: bool


def run_read(order: ReadOrder, settings: Settings) -> int:
    """Print a document's text, all that was asked for however long; as JSON, the one window that an agent gets."""
    with Bars() as bars:
        with_tools(settings, partial(_print_window if order.as_json else _print, order, bars))
    return 0


async def _print_window(order: ReadOrder, bars: Bars, tools: Tools) -> None:
    with bars.bar() as report:
        result = await tools.result(
            "read_document", report, file_id=order.file_id, pages=order.pages, start_char=order.start_char
        )
    content = [block.model_dump(mode="json", by_alias=True, exclude_none=True) for block in result.content]
    await to_thread.run_sync(print_json, {"content": content})


async def _print(order: ReadOrder, bars: Bars, tools: Tools) -> None:
    async for piece in _pieces(order, bars, tools):
        # A thread, as a pager may take its time.
        await to_thread.run_sync(print_text, piece)


async def _pieces(order: ReadOrder, bars: Bars, tools: Tools) -> AsyncGenerator[str]:
    """What was asked for, window after window, as if one held it all."""
    with bars.bar() as report:
        window = await _window(tools, report, order.file_id, order.pages, order.start_char)
    # One window is read in no time.
    await to_thread.run_sync(bars.clear)
    last_page = parse_pages(order.pages)[1] if order.pages else window.pages
    yield f"{window.header}\n{window.text}"
    while (page := window.next_page or 0) <= last_page and window.next_mark != _END:
        start = window.next_char
        pages = (str(page) if start else f"{page}-{last_page}") if page else None
        window = await _window(tools, None, order.file_id, pages, start)
        # Within a page, or a text without pages, the mark of the place is not new.
        yield window.text.partition("\n")[2] if start else f"\n{window.text}"
    yield f"\n{_as_options(window.next_mark)}\n"


@dataclass(frozen=True, slots=True)
class _Window:
    """A result of read_document in its parts; `pages` is how many the document has."""

    header: str
    pages: int
    text: str
    next_mark: str
    next_page: int | None
    next_char: int | None


async def _window(
    tools: Tools, report: Report | None, file_id: str, pages: str | None, start_char: int | None
) -> _Window:
    result = await tools.result("read_document", report, file_id=file_id, pages=pages, start_char=start_char)
    (block,) = result.content
    assert isinstance(block, TextContent)
    header, _, rest = block.text.partition("\n")
    text, _, mark = rest.rpartition("\n")
    paged, onward = _PAGES.search(header), _NEXT.fullmatch(mark)
    page, char = onward.groups() if onward else (None, None)
    return _Window(
        header,
        int(paged[1]) if paged else 0,
        text.replace(_AS_IMAGE, ", no text ---"),
        mark,
        int(page) if page else None,
        int(char) if char else None,
    )


def _as_options(mark: str) -> str:
    return _PAGES_ARGUMENT.sub(r"--pages \1", mark).replace("start_char=", "--start-char ").replace(", ", " ")
