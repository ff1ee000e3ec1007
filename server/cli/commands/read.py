"""`files-api-mcp read`."""

import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
from anyio import to_thread

from files_api_mcp.server.cli.client import ToolClient, with_tools
from files_api_mcp.server.cli.completion import FILE_ID
from files_api_mcp.server.cli.exit_codes import exit_with
from files_api_mcp.server.cli.messages import for_command_line
from files_api_mcp.server.cli.options import AS_JSON, DATA_DIR, PAGES, QUIET_LOG_LEVEL, backend_options, settings_from
from files_api_mcp.server.cli.output import print_json, print_text
from files_api_mcp.server.cli.progress import ProgressBars, ProgressCallback

if TYPE_CHECKING:
    from files_api_mcp.tools.blocks import TextBlock

__all__ = ["read"]

# The first and last line of a result of read_document.
_PAGES = re.compile(r", (\d+) pages$")
_NEXT = re.compile(r'--- next: (?:at="([^"]*)")?(?:pages="(\d++)[\d-]*+")?(?:, )?(?:start_char=(\d+))? ---')
_PAGES_ARGUMENT = re.compile(r'pages="([\d-]+)"')
_END = "--- end ---"
_AS_IMAGE = ", no text: use as_image ---"


@click.command()
@click.argument("file_id", type=FILE_ID)
@PAGES
@click.option(
    "--start-char",
    type=click.IntRange(min=0),
    metavar="N",
    help="Start at this character of a text without pages, or of the one page in --pages.",
)
@click.option("--at", metavar="PLACE", help='Only this place, as in "section 3.2", "lines 4-9" or "outline".')
@AS_JSON
@backend_options
@DATA_DIR
@QUIET_LOG_LEVEL
def read(file_id: str, pages: str | None, start_char: int | None, at: str | None, **options: Any) -> None:
    """Print a document's text with markers of its pages or places.

    PLACE is any place that `ask`, `describe` or `read` prints: a page, section, range of lines, rows or cells, or part
    of a message. "outline" prints the headings with their places.

    With --json it prints one result of the tool read_document, 20,000 characters at most.
    """
    settings = settings_from((), options)
    document = _Document(file_id, pages, start_char, at)
    task = document.print_result if options["as_json"] else document.print_text

    def run() -> int:
        with ProgressBars() as bars:
            with_tools(settings, lambda tools: task(tools, bars))
        return 0

    exit_with(run, settings)


@dataclass(frozen=True, slots=True)
class _Part:
    """One result of read_document; `pages` is the number of pages of the whole document."""

    header: str
    pages: int
    text: str
    marker: str
    next_at: str | None
    next_page: int | None
    next_char: int | None


@dataclass(frozen=True, slots=True)
class _Document:
    """A document to read: some pages, the text from a character on, a place, or, without any, the whole text."""

    file_id: str
    pages: str | None
    start_char: int | None
    at: str | None

    async def print_result(self, tools: ToolClient, bars: ProgressBars) -> None:
        """Prints one result of read_document as JSON."""
        with bars.bar() as report:
            block = await self._block(tools, report, pages=self.pages, start_char=self.start_char, at=self.at)
        await to_thread.run_sync(print_json, {"content": [{"type": "text", "text": block.text}]})

    async def print_text(self, tools: ToolClient, bars: ProgressBars) -> None:
        """Prints the whole text."""
        async for text in self._texts(tools, bars):
            # In a thread, because a pager may block for long.
            await to_thread.run_sync(print_text, text)

    async def _texts(self, tools: ToolClient, bars: ProgressBars) -> AsyncGenerator[str]:
        """Yields the text part by part, joined as if one result held all of it."""
        from files_api_mcp.tools.arguments.pages import parse_pages

        with bars.bar() as report:
            part = await self._part(tools, report, pages=self.pages, start_char=self.start_char, at=self.at)
        # Only the first call takes long, because it extracts the text.
        await to_thread.run_sync(bars.clear)
        last_page = parse_pages(self.pages)[1] if self.pages else part.pages
        yield f"{for_command_line(part.header)}\n{part.text}"
        while self.at is not None and part.next_at:
            part = await self._part(tools, None, at=part.next_at)
            yield f"\n{part.text}"
        while self.at is None and (page := part.next_page or 0) <= last_page and part.marker != _END:
            start = part.next_char
            pages = (str(page) if start else f"{page}-{last_page}") if page else None
            part = await self._part(tools, None, pages=pages, start_char=start)
            # A part that starts inside a page, or in a text without pages, repeats the page's marker.
            yield part.text.partition("\n")[2] if start else f"\n{part.text}"
        yield f"\n{_with_options(part.marker)}\n"

    async def _block(self, tools: ToolClient, progress: ProgressCallback | None, **place: Any) -> "TextBlock":
        """The text of one result of read_document."""
        from files_api_mcp.tools.blocks import TextBlock
        from files_api_mcp.tools.read import MAX_CHARS, read_document

        (block,) = await tools.result(read_document, progress, file_id=self.file_id, max_chars=MAX_CHARS, **place)
        assert isinstance(block, TextBlock)
        return block

    async def _part(self, tools: ToolClient, progress: ProgressCallback | None, **place: Any) -> _Part:
        block = await self._block(tools, progress, **place)
        header, _, rest = block.text.partition("\n")
        text, _, marker = rest.rpartition("\n")
        paged, onward = _PAGES.search(header), _NEXT.fullmatch(marker)
        at, page, char = onward.groups() if onward else (None, None, None)
        return _Part(
            header,
            int(paged[1]) if paged else 0,
            text.replace(_AS_IMAGE, ", no text ---"),
            marker,
            at,
            int(page) if page else None,
            int(char) if char else None,
        )


def _with_options(marker: str) -> str:
    """The marker of the next part, with options of this command instead of arguments of the tool."""
    pages = _PAGES_ARGUMENT.sub(r"--pages \1", marker)
    return pages.replace("start_char=", "--start-char ").replace("at=", "--at ").replace(", ", " ")
