"""Headers of messages: encoded words, parameters, and bytes that nothing declares."""

import re
from collections.abc import Callable
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import TypeAlias, cast

from files_api_mcp.backends.documents.formats.text.encoding import decoded

__all__ = ["MimePart", "charset", "filename", "header", "parts_of", "trimmed"]

MimePart: TypeAlias = "Message[str, str]"
_LONGEST = 20_000
"""Characters of a header that are parsed. The standard library takes quadratic time."""
_QUOTED_NAME = re.compile(r'"([^"\\,;:@<>()\[\]]*)"(?= <)')


def header(part: MimePart, name: str, guess: Callable[[], str]) -> str:
    """The text of a header, in one line; empty if it is missing. `guess` returns the encoding of undeclared bytes."""
    return _QUOTED_NAME.sub(r"\1", " ".join(_words(_raw(part, name), guess).split()))


def filename(part: MimePart, guess: Callable[[], str]) -> str:
    """The file name of a part; empty if it has none."""
    for name, kind in (("filename", "Content-Disposition"), ("name", "Content-Type")):
        raw = _raw(part, kind)
        if not raw.isascii():
            # The standard library has no letters for these bytes.
            part.replace_header(kind, _words(raw, guess))
        try:
            value = part.get_param(name, "", kind)
            found = " ".join(_words(collapse_rfc2231_value(value), guess).split())
        except (TypeError, ValueError, LookupError):
            continue
        if found:
            return found
    return ""


def charset(part: MimePart) -> str | None:
    """The label of the encoding that a part declares."""
    value = part.get_param("charset")
    return collapse_rfc2231_value(value) if value else None


def parts_of(part: MimePart) -> list[MimePart]:
    """The parts in a part: of an attached message, the message."""
    found: object = part.get_payload()
    parts = cast("list[object]", found) if isinstance(found, list) else []
    return [cast("MimePart", one) for one in parts if isinstance(one, Message)]


def trimmed(part: MimePart) -> MimePart:
    """The part without the ends of headers that are too long to be parsed."""
    for name in ("Content-Type", "Content-Disposition", "Content-Transfer-Encoding"):
        value = part.get(name)
        if value is not None and len(str(value)) > _LONGEST:
            part.replace_header(name, str(value)[:200])
    return part


def _raw(part: MimePart, name: str) -> str:
    return next((str(value) for key, value in part.raw_items() if key.lower() == name.lower()), "")


def _words(raw: str, guess: Callable[[], str]) -> str:
    if not raw.isascii():
        return _bytes(raw.encode("utf-8", "surrogateescape"), None, guess)
    if "=?" not in raw or len(raw) > _LONGEST:
        return raw
    try:
        parts = decode_header(raw)
    except (HeaderParseError, ValueError):
        return raw
    return "".join(part if isinstance(part, str) else _bytes(part, label, guess) for part, label in parts)


def _bytes(data: bytes, label: str | None, guess: Callable[[], str]) -> str:
    return decoded(data, label or (None if data.isascii() else guess()))
