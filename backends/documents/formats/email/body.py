"""The text of a message's body: plain text, or HTML if it says more."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from files_api_mcp.backends.documents.formats.email.calendar import event_lines
from files_api_mcp.backends.documents.formats.email.headers import MimePart, charset, parts_of
from files_api_mcp.backends.documents.formats.html import page_lines, page_text
from files_api_mcp.backends.documents.formats.text.encoding import decoded
from files_api_mcp.backends.documents.marks import Line

__all__ = ["Body", "body_lines", "payload"]

_WORDS = re.compile(r"\w+")
_FEW = 20
"""Of the words in HTML, one in so many may be missing from the plain text: the rest of the page, such as a footer."""


class Body(NamedTuple):
    """Parts that say the same, as plain text and in a richer form, which is mostly HTML. Either may be empty."""

    plain: list[MimePart]
    rich: list[MimePart]


def payload(part: MimePart) -> bytes:
    """The decoded bytes of a part."""
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def body_lines(body: Body) -> Iterator[Line]:
    """Lines of the plain text, or of the richer form if it has words that the plain text lacks; of both if each has
    its own."""
    plain = [line for part in body.plain for line in _text_lines(part)]
    rich = [line for part in body.rich for line in _text_lines(part)]
    if not plain or not rich:
        yield from plain or rich
        return
    plain_words, rich_words = _words(plain), _words(rich)
    if not _says_more(rich_words, than=plain_words):
        yield from plain
        return
    yield from rich
    if len(plain_words - rich_words) * 2 > len(plain_words):
        yield "\n"
        yield from plain


def _text_lines(part: MimePart) -> Iterator[Line]:
    kind, data = part.get_content_type(), payload(part)
    if kind == "text/html":
        return page_lines(page_text(data, charset(part)))
    if part.is_multipart():
        # A report on delivery: each of its parts is only headers.
        headers = [f"{name}: {value}\n" for message in parts_of(part) for name, value in message.items()]
        return iter(headers)
    text = decoded(data, charset(part))
    return event_lines(text) if kind == "text/calendar" else iter(text.splitlines(keepends=True))


def _says_more(words: set[str], than: set[str]) -> bool:
    missing = words - than
    return len(missing) * _FEW > len(words) or any(char.isdecimal() for word in missing for char in word)


def _words(lines: list[Line]) -> set[str]:
    return {word for line in lines if isinstance(line, str) for word in _WORDS.findall(line.lower())}
