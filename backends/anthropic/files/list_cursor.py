"""The cursor of the list of files."""

import base64
import json
from dataclasses import dataclass

from files_api_mcp.backends.anthropic.api.files import ApiFile, PageToken
from files_api_mcp.backends.errors import InvalidArgument

__all__ = ["ListCursor", "rest_of"]


@dataclass(frozen=True, slots=True)
class ListCursor:
    """A page of the server's list, and the last file shown from it."""

    token: PageToken | None
    after_id: str = ""
    after: str = ""

    def encode(self) -> str:
        where = [self.token.name, self.token.value] if self.token else None
        text = json.dumps([where, self.after_id, self.after], separators=(",", ":"))
        return "page_" + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "ListCursor":
        """Read a cursor.

        Raises:
            InvalidArgument: It is not one of ours.
        """
        try:
            where, after_id, after = json.loads(base64.urlsafe_b64decode(text.removeprefix("page_") + "=="))
            cursor = cls(PageToken(*map(str, where)) if where else None, str(after_id), str(after))  # type: ignore[arg-type]
        except (ValueError, TypeError, RecursionError):
            cursor = None
        # Encoding it again also rejects other spellings of the same cursor.
        if (
            cursor is None
            or cursor.encode() != text
            or (cursor.token and cursor.token.name not in ("page", "after_id"))
        ):
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
