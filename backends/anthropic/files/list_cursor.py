"""The cursors of lists of files."""

import base64
import json
from dataclasses import dataclass
from typing import Any

from files_api_mcp.backends.anthropic.api.files import ApiFile, PageToken
from files_api_mcp.backends.errors import InvalidArgument

__all__ = ["LedgerCursor", "ListCursor", "decode_cursor", "rest_of"]


@dataclass(frozen=True, slots=True)
class ListCursor:
    """A page of the server's list, and the last file shown from it."""

    token: PageToken | None
    after_id: str = ""
    after: str = ""

    def encode(self) -> str:
        where = [self.token.name, self.token.value] if self.token else None
        return _encoded([where, self.after_id, self.after])


@dataclass(frozen=True, slots=True)
class LedgerCursor:
    """The last file shown from a list of files that the ledger knows."""

    created_us: int
    file_id: str

    def encode(self) -> str:
        return _encoded([self.created_us, self.file_id])


def decode_cursor(text: str) -> ListCursor | LedgerCursor:
    """Read a cursor.

    Raises:
        InvalidArgument: It is not one of ours.
    """
    try:
        cursor = _decoded(json.loads(base64.urlsafe_b64decode(text.removeprefix("page_") + "==")))
    except (ValueError, TypeError, RecursionError):
        cursor = None
    # Encoding it again also rejects other spellings of the same cursor.
    if cursor is None or cursor.encode() != text:
        raise InvalidArgument(
            "The cursor is not from this list.", "Pass next_cursor unchanged, or no cursor for the first page."
        )
    return cursor


def rest_of(files: list[ApiFile], start: ListCursor | None) -> list[ApiFile]:
    """The files of a page that were not shown yet. The last one shown may have been deleted since."""
    if start is None or not start.after_id:
        return files
    for index, file in enumerate(files):
        if file.id == start.after_id:
            return files[index + 1 :]
    return [file for file in files if file.created_at.isoformat() <= start.after]


def _encoded(fields: list[Any]) -> str:
    text = json.dumps(fields, separators=(",", ":"))
    return "page_" + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decoded(fields: Any) -> ListCursor | LedgerCursor | None:
    match fields:
        case [int(created_us), str(file_id)]:
            return LedgerCursor(created_us, file_id)
        case [None, str(after_id), str(after)]:
            return ListCursor(None, after_id, after)
        case [[("page" | "after_id") as name, str(value)], str(after_id), str(after)]:
            return ListCursor(PageToken(name, value), after_id, after)
        case _:
            return None
