"""Visible text of web pages."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from selectolax.lexbor import LexborHTMLParser, LexborNode

from files_api_mcp.backends.documents.formats.text.encoding import decoded
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["html_lines", "page_lines", "page_text"]

_MOST_BYTES = 50_000_000
_HEAD = 64 * 1024
_DECLARED = re.compile(
    rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9_:.\-]{2,40})"
    rb"|<\?xml[^>]{0,200}\sencoding\s*=\s*[\"']([A-Za-z0-9_:.\-]{2,40})",
    re.IGNORECASE,
)

_UNSEEN = "script, style, template, noscript, svg, head > meta, head > link, [hidden], [aria-hidden=true]"
_BLOCKS = frozenset(
    "address article aside blockquote body br dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4"
    " h5 h6 header hr html li main nav ol p pre section summary table tbody td tfoot th thead title tr ul".split()
)


def html_lines(content: BinaryIO) -> Iterator[str]:
    """Lines of the visible text; headings marked, table rows with their cells between `|`.

    Raises:
        UnsupportedType: The page is too long to be read.
    """
    data = content.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise UnsupportedType("The page is too long to read.")
    return page_lines(page_text(data))


def page_text(data: bytes, label: str | None = None) -> str:
    """The page, decoded as its header (`label`) or the page itself declares, unless its bytes say otherwise."""
    return decoded(data, label or _declared(data))


def page_lines(page: str) -> Iterator[str]:
    """Lines of the visible text of a decoded page."""
    tree = LexborHTMLParser(page)
    for node in tree.css(_UNSEEN):
        node.decompose()
    line: list[str] = []
    for node in tree.root.traverse(include_text=True) if tree.root else ():
        if node.tag == "-text":
            line.append(node.text_content or "")
        elif node.tag in ("td", "th"):
            line.append(" | " if any(line) else "")
        elif node.tag in _BLOCKS:
            yield from _flushed(line)
            line = [_mark(node)]
    yield from _flushed(line)


def _declared(data: bytes) -> str | None:
    """The label of the encoding that the page declares."""
    found = _DECLARED.search(data[:_HEAD])
    return found[found.lastindex or 0].decode("ascii") if found else None


def _mark(node: LexborNode) -> str:
    tag = node.tag or ""
    if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
        return "#" * int(tag[1]) + " "
    return "- " if tag == "li" else ""


def _flushed(line: list[str]) -> Iterator[str]:
    text = " ".join("".join(line).split())
    if text.strip("#-| "):
        yield f"{text}\n"
