"""Text of e-mail: headers, attachment names and body."""

from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import BinaryIO

from files_api_mcp.backends.documents.formats.html import page_lines
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["mail_lines"]

_SHOWN = ("Subject", "From", "To", "Cc", "Date")
_MOST_BYTES = 100_000_000
_LONGEST_PARSED = 20_000


def mail_lines(content: BinaryIO) -> Iterator[str]:
    """Lines of the common headers, the names of attachments, then the text.

    Raises:
        UnsupportedType: The message is too long to be read.
    """
    data = content.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise UnsupportedType("The message is too long to read.")
    message = message_from_bytes(data, policy=default)
    for name in _SHOWN:
        value = _header(message, name)
        if value:
            yield f"{name}: {value}\n"
    yield from (f"Attachment: {name}\n" for name in _attachments(message))
    yield "\n"
    yield from _body(message)


def _header(message: EmailMessage, name: str) -> str:
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
    # On long or malformed headers, the standard library's parser may take forever or raise any exception.
    if len(raw) < _LONGEST_PARSED:
        with suppress(Exception):
            raw = str(message.get(name, ""))
    return " ".join(raw.split())


def _attachments(message: EmailMessage) -> list[str]:
    names: list[str] = []
    with suppress(Exception):
        parts = message.iter_attachments()
        names.extend(" ".join((part.get_filename() or part.get_content_type()).split()) for part in parts)
    return names


def _body(message: EmailMessage) -> Iterator[str]:
    """The plain-text part, else the HTML part."""
    plain = _text(message, "plain")
    if plain.strip():
        yield from plain.splitlines(keepends=True)
    else:
        yield from page_lines(_text(message, "html"))


def _text(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    try:
        return part.get_content()
    except (LookupError, ValueError):
        raw = part.get_payload(decode=True)
        return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""
