"""Text of web pages that no block interrupts, with the links, pictures and form fields in it."""

from selectolax.lexbor import LexborNode

from files_api_mcp.backends.documents.formats.html_links import link_end, link_target

__all__ = ["BLOCK", "ENDED", "KINDS", "MOST_LINKS", "SHOWN", "SKIPPED", "SPECIAL", "inline_lines", "joined"]
__all__ += ["shown_value", "whole_number"]

MOST_LINKS = 5
"""Links of a line whose targets are shown."""
SHOWN, ENDED, SKIPPED, BLOCK, SPECIAL = range(1, 6)
KINDS: dict[str | None, int] = {
    **dict.fromkeys("img input option".split(), SHOWN),
    **dict.fromkeys("a rt iframe".split(), ENDED),
    **dict.fromkeys("script style template noscript rp datalist meta link".split(), SKIPPED),
    **dict.fromkeys(
        "address article aside blockquote body br caption dd desc details div dl dt fieldset figcaption figure footer"
        " form head header hr html li main nav ol p section summary tbody td text tfoot th thead title tr ul".split(),
        BLOCK,
    ),
    **dict.fromkeys("h1 h2 h3 h4 h5 h6 pre listing xmp textarea table".split(), SPECIAL),
}
"""How a tag is read: it stands for a word, has a word at its end, is not seen, is lines of text, or has lines of
another form. Others only have text."""
_UNTYPED = frozenset({"hidden", "password", "submit", "button", "reset", "image", "file"})


def inline_lines(block: LexborNode, mark: str, *, is_navigation: bool) -> list[str] | None:
    """The lines of a block, the first after `mark`; None if other blocks or what is rare are in it.

    Most of a page is in such blocks. A walk that knows where each node ends takes several times as long.
    """
    first = block.first_child
    if first is None:
        return []
    tag = first.tag
    if tag == "-text":
        if first.next is None:
            text = " ".join((first.text_content or "").split())
            return [f"{mark}{text}\n"] if text else []
    elif KINDS.get(tag, 0) >= SKIPPED:
        return None
    return _mixed_lines(block, mark, is_navigation=is_navigation)


def _mixed_lines(block: LexborNode, mark: str, *, is_navigation: bool) -> list[str] | None:
    lines: list[str] = []
    line: list[str] = []
    links = MOST_LINKS if is_navigation else 0
    kinds = KINDS
    nodes = block.traverse(include_text=True)
    next(nodes)
    for node in nodes:
        tag = node.tag
        if tag == "-text":
            line.append(node.text_content or "")
        elif kind := kinds.get(tag):
            if tag == "a":
                href = node.attrs.get("href") if links < MOST_LINKS else None
                if href and href[0] != "#" and (target := link_target(href)):
                    if (text := _only_text(node)) is None:
                        return None
                    next(nodes)
                    is_item = bool(mark) and not any(map(str.strip, line))
                    end = link_end(href, target, text, is_item=is_item) if text.strip() else ""
                    line += text, end
                    links += bool(end)
            elif kind == SHOWN:
                line.append(shown_value(node, tag))
            elif tag != "br":
                return None
            else:
                lines += _ended(line, mark)
                line, mark, links = [], "" if lines else mark, MOST_LINKS if is_navigation else 0
    return lines + _ended(line, mark)


def _ended(line: list[str], mark: str) -> list[str]:
    text = joined("".join(line))
    return [f"{mark}{text}\n"] if text else []


def _only_text(link: LexborNode) -> str | None:
    """The text of a link; None if it is empty or has other nodes."""
    only = link.first_child
    if only is None or only.next is not None or only.tag != "-text":
        return None
    return only.text_content or ""


def shown_value(node: LexborNode, tag: str | None) -> str:
    """What stands for a picture, a field of a form, or between its choices."""
    if tag == "img":
        alt = joined(node.attributes.get("alt") or "")
        return f" [image: {alt}] " if alt else ""
    if tag == "option":
        return " "
    kind = (node.attributes.get("type") or "text").lower()
    if kind in ("checkbox", "radio"):
        return "[x] " if "checked" in node.attributes else "[ ] "
    return "" if kind in _UNTYPED else f" {node.attributes.get('value') or ''} "


def joined(text: str) -> str:
    """The text with one space for each run of blanks."""
    return " ".join(text.split())


def whole_number(text: str | None, otherwise: int) -> int:
    """The value of an attribute that is a number of at most six digits."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 7 else otherwise
