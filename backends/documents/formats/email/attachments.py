"""Text of attached documents, each read by the reader of its format."""

import io
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from operator import itemgetter

from files_api_mcp.backends.documents.formats.email.calendar import event_lines
from files_api_mcp.backends.documents.formats.email.headers import MimePart, charset
from files_api_mcp.backends.documents.formats.text.encoding import decoded
from files_api_mcp.backends.documents.marks import Hidden, Line, Mark, MarkedText, Part, Table, split_at_marks
from files_api_mcp.backends.documents.media_types import ODP, PPTX, sniff
from files_api_mcp.backends.documents.tables.table import DocumentTable
from files_api_mcp.backends.errors import UnsupportedType

__all__ = ["attached_kind", "document_lines"]

_MOST_BYTES = 30_000_000
_MOST_PAGES = 1000
_ENDS = 64 * 1024
_CALENDARS = frozenset({"text/calendar", "application/ics"})


def attached_kind(part: MimePart, data: bytes, name: str) -> str:
    """The media type of an attachment, from its decoded bytes and name."""
    if part.get_content_type() in _CALENDARS or part.is_multipart():
        return part.get_content_type()
    return sniff(data[:_ENDS], data[-_ENDS:], name)


def document_lines(part: MimePart, data: bytes, kind: str, name: str, path: str) -> Iterator[Line]:
    """Lines of an attachment with these decoded bytes. What cannot be read is named, with the reason."""
    if len(data) > _MOST_BYTES:
        yield f"[{name} is not read: it is too large. Upload it as a file]\n"
        return
    if part.get_content_maintype() == "text":
        data = decoded(data, charset(part)).encode("utf-8", "replace")
    open_marks: dict[type, Line] = {}
    missing = name
    try:
        for line in _lines(data, kind, name, path):
            if isinstance(line, Table | Hidden):
                open_marks[type(line)] = type(line)(None)
            elif isinstance(line, DocumentTable):
                open_marks[Table] = Table(None)
            missing = f"the rest of {name}"
            yield line
    except UnsupportedType as exc:
        yield f"[{missing} cannot be read: {exc.sentence}]\n"
    except Exception:  # noqa: BLE001  a parser may raise any on damaged bytes; the rest of the message is still good
        yield f"[{missing} cannot be read: The file is damaged, or its content does not match its type.]\n"
    yield from open_marks.values()


def _lines(data: bytes, kind: str, name: str, path: str) -> Iterator[Line]:
    if kind in _CALENDARS:
        yield from event_lines(decoded(data))
        return
    # These modules import this one when the first message comes.
    from files_api_mcp.backends.documents.extract import extract
    from files_api_mcp.backends.documents.tables.extract import TABLES_OF, tables_in_bytes

    document = extract(io.BytesIO(data), kind, None, name)
    has_tables = False
    place = path
    for number, text in enumerate(document.texts, start=1):
        if number > _MOST_PAGES and document.paginated:
            yield f"[only the first {_MOST_PAGES} pages of {name} are read]\n"
            return
        if document.paginated and (document.pages or 1) > 1:
            place = f"{path} > {'slide' if kind in (PPTX, ODP) else 'page'} {number}"
            yield Part(place)
        has_tables = has_tables or bool(text.tables)
        yield from split_at_marks(text.text, _marks(text, place))
        if document.paginated and text.text and not text.text.endswith("\n"):
            yield "\n"
    if kind in TABLES_OF and not has_tables:
        with suppress(Exception):  # the text is worth more than the tables
            yield from (replace(table, where=path) for table in tables_in_bytes(io.BytesIO(data), kind))


def _marks(text: MarkedText, place: str) -> Sequence[tuple[int, Mark | DocumentTable]]:
    """The marks and tables of a text. Tables with a place in their document are at `place` in the message."""
    if not text.tables:
        return text.marks
    tables = [(start, replace(table, where=table.where and place)) for start, _, table in text.tables]
    return sorted([*tables, *text.marks], key=itemgetter(0))
