"""Visible text of web pages."""

from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

__all__ = ["html_lines"]

_UNSEEN = "script, style, template, noscript, svg, head > meta, head > link, [hidden], [aria-hidden=true]"
_BLOCKS = frozenset(
    "address article aside blockquote body br dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4"
    " h5 h6 header hr html li main nav ol p pre section summary table tbody td tfoot th thead title tr ul".split()
)


def html_lines(text: str) -> Iterator[str]:
    """Lines of the visible text; headings marked, table rows with their cells between `|`."""
    tree = LexborHTMLParser(text)
    for node in tree.css(_UNSEEN):
        node.decompose()
    line: list[str] = []
    for node in tree.root.traverse(include_text=True) if tree.root else ():
        if node.tag == "-text":
            line.append(node.text_content or "")
        elif node.tag in ("td", "th"):
            line.append(" | " if line else "")
        elif node.tag in _BLOCKS:
            yield from _flushed(line)
            line = [_mark(node)]
    yield from _flushed(line)


def _mark(node: LexborNode) -> str:
    tag = node.tag or ""
    if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
        return "#" * int(tag[1]) + " "
    return "- " if tag == "li" else ""


def _flushed(line: list[str]) -> Iterator[str]:
    text = " ".join("".join(line).split())
    if text.strip("#-| "):
        yield f"{text}\n"
