"""Text of e-mail: headers, every part of the body, and what is attached; of web archives and mailboxes as well."""

import io
import re
from collections.abc import Callable, Iterator
from email import message_from_bytes
from functools import cache
from typing import BinaryIO

from files_api_mcp.backends.documents.formats.email.attachments import attached_kind, document_lines
from files_api_mcp.backends.documents.formats.email.body import body_lines, payload
from files_api_mcp.backends.documents.formats.email.headers import MimePart, filename, header, parts_of
from files_api_mcp.backends.documents.formats.email.structure import contents_of
from files_api_mcp.backends.documents.formats.text.encoding import encoding_of
from files_api_mcp.backends.documents.formats.whole_file import read_whole
from files_api_mcp.backends.documents.marks import Line, Part
from files_api_mcp.backends.documents.media_types import EML, IMAGES

__all__ = ["mail_lines"]

_SHOWN = ("Subject", "From", "To", "Cc", "Date")
_MOST_BYTES = 100_000_000
_MOST_ATTACHMENTS = 200
_MOST_DEPTH = 8
_NEXT_MESSAGE = re.compile(rb"(?:\A|(?<=\n)\r?\n)From [^\n]*\n(?=[A-Za-z][A-Za-z0-9-]{0,80}:)")
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)


def mail_lines(content: BinaryIO) -> Iterator[Line]:
    """Lines of each message: the common headers, the names of attachments, the body, and the text of attachments.

    Raises:
        UnsupportedType: The file is too long to be read.
    """
    data = read_whole(content, _MOST_BYTES, "message")
    reader = _Reader()
    for number, message in enumerate(_messages(data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")), start=1):
        if number > 1:
            yield "\n"
        yield from reader.lines(message, f"message {number}" if number > 1 else "")


def _messages(data: bytes) -> Iterator[bytes]:
    """The messages of a mailbox, or the one message."""
    found = list(_NEXT_MESSAGE.finditer(data)) if data.startswith(b"From ") else []
    if len(found) < 2:
        yield data
        return
    ends = [following.start() for following in found[1:]]
    for one, end in zip(found, [*ends, len(data)], strict=True):
        yield _QUOTED_FROM.sub(rb"\1", data[one.end() : end])


class _Reader:
    """Reads the messages of a file. All their attachments together are limited."""

    def __init__(self) -> None:
        self._attachments = 0

    def lines(self, data: bytes, path: str, depth: int = 0) -> Iterator[Line]:
        """Lines of a message whose path in the file is empty or such as "message 2"."""
        guess = cache(lambda: encoding_of(io.BytesIO(data)))
        yield from self._message(message_from_bytes(data), path, depth, guess)

    def _message(self, message: MimePart, path: str, depth: int, guess: Callable[[], str]) -> Iterator[Line]:
        if not depth:  # an attached message is a part already
            yield Part(path)
        for name in _SHOWN:
            if value := header(message, name, guess):
                yield f"{name}: {value}\n"
        contents = contents_of(message)
        attachments = _named(contents.attachments, guess)
        yield from (f"Attachment: {name}\n" for name in attachments)
        yield "\n"
        for number, body in enumerate(contents.bodies):
            yield from ("\n" for _ in range(min(number, 1)))
            yield from _ended(body_lines(body))
        if contents.is_cut:
            yield "[the message has more parts than can be read]\n"
        for name, part in attachments.items():
            yield from self._attachment(part, name, f"{path} > {name}" if path else name, depth, guess)

    def _attachment(self, part: MimePart, name: str, path: str, depth: int, guess: Callable[[], str]) -> Iterator[Line]:
        data = payload(part)
        kind = attached_kind(part, data, name)
        if kind in IMAGES:
            return
        yield Part(path)
        yield f"\nAttachment: {name}\n"
        self._attachments += 1
        if self._attachments > _MOST_ATTACHMENTS or depth >= _MOST_DEPTH:
            yield f"[{name} is not read: the file has too many attachments]\n"
        elif part.is_multipart():
            for message in parts_of(part)[:1]:
                yield from self._message(message, path, depth + 1, guess)
        elif kind == EML:
            yield from self.lines(data, path, depth + 1)
        else:
            yield from _ended(document_lines(part, data, kind, name, path))


def _named(attachments: list[MimePart], guess: Callable[[], str]) -> dict[str, MimePart]:
    """The attachments by their names, which are made distinct."""
    named: dict[str, MimePart] = {}
    for part in attachments:
        name = first = filename(part, guess) or _subject(part, guess) or part.get_content_type()
        number = 2
        while name in named:
            name, number = f"{first} ({number})", number + 1
        named[name] = part
    return named


def _subject(part: MimePart, guess: Callable[[], str]) -> str:
    """The name of an attached message without a name."""
    messages = parts_of(part)
    subject = header(messages[0], "Subject", guess) if messages else ""
    return f"{subject}.eml" if subject else ""


def _ended(lines: Iterator[Line]) -> Iterator[Line]:
    """Lines of which the last one has a line end."""
    last = "\n"
    for line in lines:
        if isinstance(line, str) and line:
            last = line
        yield line
    if not last.endswith("\n"):
        yield "\n"
