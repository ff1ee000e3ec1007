"""Plain text with its headings: the text as it stands, and marks where sections and definitions start."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import BinaryIO, Protocol

from files_api_mcp.backends.documents.formats.text.code import LANGUAGES, SourceCode
from files_api_mcp.backends.documents.formats.text.decoding import decoded_blocks
from files_api_mcp.backends.documents.formats.text.markdown import at_offsets, markdown_lines
from files_api_mcp.backends.documents.formats.text.markup import AsciiDoc, LaTeX, Markdown, Org, ReStructuredText
from files_api_mcp.backends.documents.marks import Heading, Line, split_at_marks

__all__ = ["outlined", "outlined_lines"]

_DATA = re.compile(r"(data:[\w.+-]{1,60}/[\w.+-]{1,60};base64,)([A-Za-z0-9+/]{200,}+={0,2})")


class _Finder(Protocol):
    def headings(self, lines: Sequence[str]) -> Iterator[tuple[int, Heading]]: ...


_MARKUP: dict[str, Callable[[], _Finder]] = {
    ".md": Markdown,
    ".markdown": Markdown,
    ".mdx": Markdown,
    ".qmd": Markdown,
    ".rmd": Markdown,
    ".rst": ReStructuredText,
    ".org": Org,
    ".adoc": AsciiDoc,
    ".asciidoc": AsciiDoc,
    ".tex": LaTeX,
    ".latex": LaTeX,
}


def outlined_lines(content: BinaryIO, mime_type: str, filename: str) -> Iterator[Line]:
    """The text as it stands, with marks of headings and definitions, whose form the file's name tells.

    Of data in a link of Markdown, such as a picture in base64, only the size is shown: it would fill most of the text.

    Raises:
        UnsupportedType: The text is too long to be indexed.
    """
    finder = _finder(mime_type, filename)
    blocks = decoded_blocks(content)
    if isinstance(finder, Markdown):
        yield from markdown_lines(map(_without_data, blocks), finder)
        return
    for block in blocks:
        if finder is None:
            yield block
        elif isinstance(finder, SourceCode):
            yield from split_at_marks(block, finder.headings(block))
        else:
            yield from _marked(block, finder)


def outlined(lines: list[str]) -> Iterator[Line]:
    """Lines of Markdown with marks of headings, and with the size of data in the place of data."""
    return markdown_lines(iter([_without_data("".join(lines))]), Markdown())


def _without_data(text: str) -> str:
    """The text with the size of base64 data in its place."""
    if ";base64," not in text:
        return text
    return _DATA.sub(lambda found: f"{found[1]}[{len(found[2]) * 3 // 4:,} bytes]", text)


def _finder(mime_type: str, filename: str) -> _Finder | SourceCode | None:
    if mime_type == "text/markdown":
        return Markdown()
    suffix = PurePosixPath(filename).suffix.lower()
    if suffix in _MARKUP:
        return _MARKUP[suffix]()
    return SourceCode(LANGUAGES[suffix]) if suffix in LANGUAGES else None


def _marked(text: str, finder: _Finder) -> Iterator[Line]:
    lines = text.split("\n")
    return split_at_marks(text, at_offsets(lines, finder.headings(lines)))
