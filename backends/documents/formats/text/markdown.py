"""Lines of Markdown with the marks of its headings and its tables, which may go on from one block of the text to the
next."""

from collections.abc import Iterable, Iterator
from itertools import accumulate

from files_api_mcp.backends.documents.formats.text.markup import Markdown
from files_api_mcp.backends.documents.marks import Line, Mark, split_at_marks
from files_api_mcp.backends.documents.tables.table import DocumentTable

__all__ = ["at_offsets", "markdown_lines"]

_Mark = Mark | DocumentTable
_LONGEST = 128 * 1024
"""A longer text is given in parts, which can stand in pieces of their own."""
_MOST_HELD = 20_000_000


def markdown_lines(blocks: Iterator[str], finder: Markdown) -> Iterator[Line]:
    """The text of blocks of whole lines, as it stands, with the marks and tables of the finder."""
    for text, ends_within in _with_whole_tables(blocks):
        lines = text.split("\n")
        for line in split_at_marks(text, at_offsets(lines, finder.marks(lines, ends_within=ends_within))):
            if isinstance(line, str) and len(line) > _LONGEST:
                yield from _parts(line)
            else:
                yield line


def at_offsets(lines: list[str], marks: Iterable[tuple[int, _Mark]]) -> Iterator[tuple[int, _Mark]]:
    """The marks, each with the offset of its line in the text of the lines."""
    lengths = list(accumulate(map(len, lines), initial=0))
    end = lengths[-1] + len(lines) - 1
    return ((min(lengths[number] + number, end), mark) for number, mark in marks)


def _with_whole_tables(blocks: Iterator[str]) -> Iterator[tuple[str, bool]]:
    """The blocks, cut before rows at their ends that may go on. Each comes with whether a table at its end goes on in
    the next one all the same, because it is too long to be held."""
    held: list[str] = []
    size = 0
    for block in blocks:
        cut = _rows_at_end(block)
        if cut:
            yield "".join([*held, block[:cut]]), False
            held, size = [], 0
        held += [block[cut:]] if cut < len(block) else []
        size += len(block) - cut
        if size > _MOST_HELD:
            yield "".join(held), True
            held, size = [], 0
    if held:
        yield "".join(held), False


def _rows_at_end(block: str) -> int:
    """Where the lines with `|` start that the block ends with."""
    end = len(block)
    while end and "|" in block[(start := block.rfind("\n", 0, end - 1) + 1) : end]:
        end = start
    return end


def _parts(text: str) -> Iterator[str]:
    """Some whole lines of a text at a time."""
    start = 0
    while end := text.find("\n", start + _LONGEST // 2) + 1:
        yield text[start:end]
        start = end
    if start < len(text):
        yield text[start:]
