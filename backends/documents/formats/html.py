"""Visible text of web pages."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import BinaryIO

from selectolax.lexbor import LexborHTMLParser, LexborNode

from files_api_mcp.backends.documents.formats.html_inline import (
    BLOCK,
    KINDS,
    MOST_LINKS,
    SHOWN,
    SKIPPED,
    SPECIAL,
    inline_lines,
    joined,
    shown_value,
    whole_number,
)
from files_api_mcp.backends.documents.formats.html_links import link_end, link_target
from files_api_mcp.backends.documents.formats.html_tables import html_table_lines
from files_api_mcp.backends.documents.formats.text.encoding import decoded
from files_api_mcp.backends.documents.formats.whole_file import read_whole
from files_api_mcp.backends.documents.headings import split_number
from files_api_mcp.backends.documents.marks import Heading, Line

__all__ = ["html_lines", "page_lines", "page_text"]

_MOST_BYTES = 50_000_000
_HEAD = 64 * 1024
_DECLARED = re.compile(
    rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9_:.\-]{2,40})"
    rb"|<\?xml[^>]{0,200}\sencoding\s*=\s*[\"']([A-Za-z0-9_:.\-]{2,40})",
    re.IGNORECASE,
)
# XML may close these at once. An HTML parser would take the rest of the page for their text.
_CLOSED = re.compile(r"<(title|script|style|iframe|textarea)\b([^<>]{0,2000})/>", re.IGNORECASE)
_MOST_DEPTH = 12
"""Tables and frames in each other that are read as such. Deeper ones are only text."""

# Not the root: scripts show a page that is wholly hidden.
_HIDDEN = "html [hidden], html [aria-hidden=true]"
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_KEPT = frozenset({"pre", "listing", "xmp", "textarea"})
_NAVIGATION = frozenset({"nav", "header", "footer", "aside"})
_ENCLOSED = frozenset({"rt", "iframe"})
_LEFT = frozenset({"li", "ol", "ul", "a", *_NAVIGATION, *_ENCLOSED})
"""Tags at whose end something happens, even if the line is empty."""


def html_lines(content: BinaryIO) -> Iterator[Line]:
    """Lines of the visible text; headings marked, table rows with their cells between `|`.

    Raises:
        UnsupportedType: The page is too long to be read.
    """
    return page_lines(page_text(read_whole(content, _MOST_BYTES, "page")))


def page_text(data: bytes, label: str | None = None) -> str:
    """The page, decoded as its header (`label`) or the page itself declares, unless its bytes say otherwise."""
    found = None if label else _DECLARED.search(data[:_HEAD])
    return decoded(data, found[found.lastindex or 0].decode("ascii") if found else label)


def page_lines(page: str, depth: int = 0) -> Iterator[Line]:
    """Lines of the visible text of a decoded page."""
    if page[:100].lstrip().startswith("<?xml"):
        page = _CLOSED.sub(r"<\1\2></\1>", page)
    tree = LexborHTMLParser(page)
    for node in tree.css(_HIDDEN):
        node.decompose()
    if tree.root:
        if (title := tree.css_first("title")) and not tree.css_first("h1") and (name := joined(title.text())):
            yield Heading(1, name)
        yield from _Walk(depth).lines(tree.root)


class _Walk:
    """A walk over the nodes of a page or a cell, with the line that is being built."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._line: list[str] = []
        self._mark = ""
        self._links = 0
        self._in_navigation = 0
        self._around: list[tuple[Iterator[LexborNode], LexborNode, str | None, int]] = []
        """The nodes around the current one: their unread children, and where the text of each starts in the line."""
        self._numbers: list[int | None] = []
        """The number of the last item of each list around the node; None for lists without numbers."""

    def lines(self, root: LexborNode) -> Iterator[Line]:
        """Lines of the text in a node. Pages are nested deeply, so this does not recurse."""
        line, around, kinds = self._line, self._around, KINDS
        self._go_into(root, root.tag)
        while around:
            nodes, parent, parent_tag, start = around[-1]
            for node in nodes:
                tag = node.tag
                if tag == "-text":
                    line.append(node.text_content or "")
                elif (kind := kinds.get(tag, 0)) >= BLOCK:
                    if line:
                        yield from self._flushed()
                    if (read := self._block(node, tag or "", kind)) is None:
                        break
                    yield from read
                elif kind != SKIPPED and not self._is_read(node, tag, kind):
                    break
            else:
                around.pop()
                if line or parent_tag in _LEFT:
                    yield from self._left(parent, parent_tag, start)
        yield from self._flushed()

    def _go_into(self, node: LexborNode, tag: str | None) -> None:
        self._around.append((node.iter(include_text=True), node, tag, len(self._line)))

    def _is_read(self, node: LexborNode, tag: str | None, kind: int) -> bool:
        """Read a node in the line. False if it is read node by node, which begins."""
        line = self._line
        if kind == SHOWN:
            line.append(shown_value(node, tag))
        if tag not in _ENCLOSED:
            only = node.first_child
            if only is None:
                return True
            if only.next is None and only.tag == "-text":
                line.append(only.text_content or "")
                if tag == "a":
                    self._link(node, len(line) - 1)
                return True
        elif tag == "rt":
            line.append("(")
        self._go_into(node, tag)
        return False

    def _block(self, node: LexborNode, tag: str, kind: int) -> Iterable[Line] | None:
        """The lines of a block; None if it is read node by node, which begins."""
        if kind == SPECIAL:
            lines = self._special(node, tag)
        else:
            if tag == "li":
                self._mark = self._item(node)
            lines = inline_lines(node, self._mark, is_navigation=self._in_navigation > 0 or tag in _NAVIGATION)
            if lines or (lines is not None and tag == "li"):
                self._mark = ""
        if lines is None:
            if tag in ("ol", "ul"):
                self._numbers.append(whole_number(node.attributes.get("start"), 1) - 1 if tag == "ol" else None)
            elif tag in _NAVIGATION:
                self._in_navigation += 1
            self._go_into(node, tag)
        return lines

    def _special(self, node: LexborNode, tag: str) -> Iterable[Line] | None:
        """Lines of a block that is not read node by node."""
        if tag in _HEADINGS:
            return self._heading(node, _HEADINGS[tag])
        if tag in _KEPT:
            return [f"{text.rstrip()}\n" for text in node.text().strip("\r\n").splitlines()]
        if tag == "table" and self._depth < _MOST_DEPTH:
            return html_table_lines(node, self._cell)
        return None

    def _cell(self, node: LexborNode) -> list[Line]:
        return list(_Walk(self._depth + 1).lines(node))

    def _heading(self, node: LexborNode, level: int) -> Iterable[Line]:
        lines = inline_lines(node, "", is_navigation=True)
        if lines is None:
            walk = _Walk(_MOST_DEPTH)
            walk._in_navigation = 1
            lines = [line for line in walk.lines(node) if isinstance(line, str)]
        if not (text := " ".join([line.strip() for line in lines])):
            return ()
        number, title = split_number(text)
        return Heading(level, title, number), f"{'#' * level} {text}\n"

    def _left(self, node: LexborNode, tag: str | None, start: int) -> Iterator[Line]:
        if KINDS.get(tag, 0) >= BLOCK:
            yield from self._flushed()
        if tag == "li":
            self._mark = ""
        elif tag in ("ol", "ul"):
            self._numbers.pop()
        elif tag in _NAVIGATION:
            self._in_navigation -= 1
        elif tag == "a":
            self._link(node, start)
        elif tag == "rt":
            self._line.append(")")
        elif tag == "iframe" and self._depth < _MOST_DEPTH and (frame := node.attributes.get("srcdoc")):
            yield from self._flushed()
            yield from page_lines(frame, self._depth + 4)

    def _link(self, node: LexborNode, start: int) -> None:
        """Add the target of a link to its text."""
        if self._in_navigation or self._links == MOST_LINKS or not (href := node.attrs.get("href")):
            return
        if not (target := link_target(href)) or not (text := joined("".join(self._line[start:]))):
            return
        is_item = bool(self._mark) and not any(map(str.strip, islice(self._line, start)))
        if end := link_end(href, target, text, is_item=is_item):
            self._links += 1
            self._line.append(end)

    def _item(self, node: LexborNode) -> str:
        number = self._numbers[-1] if self._numbers else None
        if number is None:
            return "- "
        number = self._numbers[-1] = whole_number(node.attributes.get("value"), number + 1)
        return f"{number}. "

    def _flushed(self) -> tuple[str, ...]:
        """The line that is built, if it has text. The next one starts."""
        if not self._line:
            return ()
        text = " ".join("".join(self._line).split())
        self._line.clear()
        self._links = 0
        if not text:
            return ()
        mark, self._mark = self._mark, ""
        return (f"{mark}{text}\n",)
