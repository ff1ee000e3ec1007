"""Visible text of web pages."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO

from selectolax.lexbor import LexborHTMLParser, LexborNode

from files_api_mcp.backends.documents.formats.html_links import link_target
from files_api_mcp.backends.documents.formats.html_tables import table_lines
from files_api_mcp.backends.documents.formats.text.encoding import decoded
from files_api_mcp.backends.documents.headings import split_number
from files_api_mcp.backends.documents.marks import Heading, Line
from files_api_mcp.backends.errors import UnsupportedType

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
_MOST_LINKS = 5
"""Links of a line whose targets are shown."""

_HIDDEN = "[hidden], [aria-hidden=true]"
_UNSEEN = frozenset({"script", "style", "template", "noscript", "rp", "datalist", "meta", "link"})
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset(
    "address article aside blockquote body br caption dd desc details div dl dt fieldset figcaption figure footer form"
    " head header hr html li main nav ol p section summary table tbody td text tfoot th thead title tr ul".split()
)
_KEPT = frozenset({"pre", "listing", "xmp", "textarea"})
_INLINE, _BLOCK, _SPECIAL, _SKIPPED = range(4)
_KINDS: dict[str | None, int] = {
    **dict.fromkeys(_UNSEEN, _SKIPPED),
    **dict.fromkeys(_BLOCKS, _BLOCK),
    **dict.fromkeys((*_HEADINGS, *_KEPT, "table"), _SPECIAL),
}
"""How the walk treats a tag; others are inline."""
_NAVIGATION = frozenset({"nav", "header", "footer", "aside"})
_ENTERED = frozenset({"li", "ol", "ul", *_NAVIGATION})
_SHOWN = frozenset({"img", "input", "rt", "option"})
_LEFT = frozenset({*_ENTERED, "a", "rt", "iframe"})
_UNTYPED = frozenset({"hidden", "password", "submit", "button", "reset", "image", "file"})


def html_lines(content: BinaryIO) -> Iterator[Line]:
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
        if (title := tree.css_first("title")) and not tree.css_first("h1") and (name := _joined(title.text())):
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
        self._around: list[tuple[Iterator[LexborNode], LexborNode, int]] = []
        """The nodes around the current one: their unread children, and where the text of each starts in the line."""
        self._numbers: list[int | None] = []
        """The number of the last item of each list around the node; None for lists without numbers."""

    def lines(self, root: LexborNode) -> Iterator[Line]:
        """Lines of the text in a node. Pages are nested deeply, so this does not recurse."""
        line, around, kinds = self._line, self._around, _KINDS
        around.append((root.iter(include_text=True), root, 0))
        while around:
            nodes, parent, start = around[-1]
            depth = len(around)
            for node in nodes:
                tag = node.tag
                if tag == "-text":
                    line.append(node.text_content or "")
                elif (kind := kinds.get(tag, _INLINE)) != _SKIPPED:
                    if kind >= _BLOCK:
                        yield from self._block(node, tag or "", kind)
                        if len(around) == depth:
                            continue
                    else:
                        self._inline(node, tag)
                    break
            else:
                around.pop()
                tag = parent.tag
                if kinds.get(tag, _INLINE) >= _BLOCK:
                    yield from self._flushed()
                if tag in _LEFT:
                    yield from self._left(parent, tag, start)
        yield from self._flushed()

    def _block(self, node: LexborNode, tag: str, kind: int) -> Iterable[Line]:
        """The lines that a block ends or has. Unless these are all, the walk goes into the node."""
        before = self._flushed()
        if kind == _BLOCK and (text := _plain(node)):
            mark, self._mark = self._item(node) if tag == "li" else self._mark, ""
            return (*before, f"{mark}{text}\n")
        if kind == _SPECIAL and (special := self._special(node, tag)) is not None:
            return chain(before, special) if before else special
        if tag in _ENTERED:
            self._enter(node, tag)
        self._around.append((node.iter(include_text=True), node, 0))
        return before

    def _special(self, node: LexborNode, tag: str) -> Iterator[Line] | None:
        """Lines of a block that is not read node by node."""
        if tag in _HEADINGS:
            return self._heading(node, _HEADINGS[tag])
        if tag in _KEPT:
            return (f"{text.rstrip()}\n" for text in node.text().strip("\r\n").splitlines())
        if tag == "table" and self._depth < _MOST_DEPTH:
            return table_lines(node, self._cell)
        return None

    def _cell(self, node: LexborNode) -> list[Line]:
        text = _plain(node)
        return [f"{text}\n"] if text else list(_Walk(self._depth + 1).lines(node))

    def _heading(self, node: LexborNode, level: int) -> Iterator[Line]:
        walk = _Walk(_MOST_DEPTH)
        walk._in_navigation = 1
        if text := _plain(node) or " ".join(line.strip() for line in walk.lines(node) if isinstance(line, str)):
            number, title = split_number(text)
            yield Heading(level, title, number)
            yield f"{'#' * level} {text}\n"

    def _enter(self, node: LexborNode, tag: str) -> None:
        if tag == "li":
            self._mark = self._item(node)
        elif tag in ("ol", "ul"):
            self._numbers.append(_number(node.attributes.get("start"), 1) - 1 if tag == "ol" else None)
        elif tag in _NAVIGATION:
            self._in_navigation += 1

    def _inline(self, node: LexborNode, tag: str | None) -> None:
        if tag in _SHOWN:
            self._show(node, tag)
        self._around.append((node.iter(include_text=True), node, len(self._line)))

    def _show(self, node: LexborNode, tag: str | None) -> None:
        if tag == "img":
            if alt := _joined(node.attributes.get("alt") or ""):
                self._line.append(f" [image: {alt}] ")
        elif tag == "input":
            kind = (node.attributes.get("type") or "text").lower()
            if kind in ("checkbox", "radio"):
                self._line.append("[x] " if "checked" in node.attributes else "[ ] ")
            elif kind not in _UNTYPED:
                self._line.append(f" {node.attributes.get('value') or ''} ")
        elif tag == "rt":
            self._line.append("(")
        elif tag == "option":
            self._line.append(" ")

    def _left(self, node: LexborNode, tag: str | None, start: int) -> Iterator[Line]:
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
        text = _joined("".join(self._line[start:]))
        if not text or self._in_navigation or self._links == _MOST_LINKS:
            return
        is_item = bool(self._mark) and not "".join(self._line[:start]).strip()
        if target := link_target(node.attributes.get("href") or "", text, files_only=is_item):
            self._links += 1
            self._line.append(f" ({target})")

    def _item(self, node: LexborNode) -> str:
        number = self._numbers[-1] if self._numbers else None
        if number is None:
            return "- "
        number = self._numbers[-1] = _number(node.attributes.get("value"), number + 1)
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


def _plain(node: LexborNode) -> str:
    """The text of a node that contains only text; empty for other nodes. Most cells and headings are so."""
    only = node.first_child
    if only is None or only.tag != "-text" or only.next is not None:
        return ""
    return " ".join((only.text_content or "").split())


def _joined(text: str) -> str:
    return " ".join(text.split())


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 7 else otherwise
