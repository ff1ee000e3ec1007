"""Files and lists of files in the API's JSON shape, in its GA and beta dialects."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from files_api_mcp.backends.models import FilePage, FileRecord
from files_api_mcp.server.emulator.headers import betas
from files_api_mcp.server.emulator.responses import json_bytes, json_response

__all__ = ["Dialect", "ListResponses", "file_object"]

_MOST_KEPT_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Dialect:
    """The dialect of a request, chosen only by its beta header."""

    beta: bool
    managed: bool

    @classmethod
    def from_request(cls, request: Request) -> "Dialect":
        named = betas(request.headers)
        beta = "files-api-2025-04-14" in named
        return cls(beta=beta, managed=not beta and "managed-agents-2026-04-01" in named)


def file_object(record: FileRecord, dialect: Dialect) -> dict[str, Any]:
    """A file in the API's JSON shape."""
    fields: dict[str, Any] = {
        "id": record.id,
        "type": "file",
        "filename": record.filename,
        "mime_type": record.mime_type,
        "size_bytes": record.size_bytes,
        "created_at": _timestamp(record.created_at),
        "downloadable": record.downloadable,
    }
    if not dialect.beta:
        fields["expires_at"] = None if record.expires_at is None else _timestamp(record.expires_at)
    return fields


class ListResponses:
    """Answers with pages. The JSON of the latest ones is kept: the store returns the same page until a file changes."""

    def __init__(self) -> None:
        # The page is kept with its text: no other page can have its identity then.
        self._kept: OrderedDict[tuple[int, Dialect], tuple[FilePage, bytes]] = OrderedDict()
        self._bytes = 0

    def response(self, page: FilePage, dialect: Dialect) -> Response:
        """The response with this page."""
        key = id(page), dialect
        if key not in self._kept:
            text = json_bytes(_list_object(page, dialect))
            self._kept[key] = page, text
            self._bytes += len(text)
            while self._bytes > _MOST_KEPT_BYTES and len(self._kept) > 1:
                self._bytes -= len(self._kept.popitem(last=False)[1][1])
        return json_response(self._kept[key][1])


def _list_object(page: FilePage, dialect: Dialect) -> dict[str, Any]:
    body: dict[str, Any] = {"data": [file_object(record, dialect) for record in page.files]}
    if not dialect.beta:
        body["next_page"] = page.next_cursor
    if dialect.beta or dialect.managed:
        body["has_more"] = page.next_cursor is not None
        body["first_id"] = page.files[0].id if page.files else None
        body["last_id"] = page.files[-1].id if page.files else None
    return body


def _timestamp(moment: datetime) -> str:
    # Milliseconds, written with six digits, as recorded from the API; in place of the offset, which is that of UTC.
    return f"{moment.isoformat(timespec='milliseconds')[:-6]}000Z"
