"""The interface of a search for a text, and its result."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from files_api_mcp.backends.file_filter import FileFilter
from files_api_mcp.backends.models import Progress, silent

__all__ = ["FoundText", "TextFinder", "TextMatch", "TextQuery"]


@dataclass(frozen=True, slots=True)
class TextQuery:
    """What to find: a phrase, or with `regex` a regular expression. `exact`: case and accents count. `context` counts
    lines around each match; `limit` the matches shown.

    With `within`, only files that match are searched; a note counts the named ones that do not. With `pages` (1-based,
    both inclusive), only these pages; documents without pages are left out.
    """

    pattern: str
    within: FileFilter | None = None
    pages: tuple[int, int] | None = None
    regex: bool = False
    exact: bool = False
    context: int = 0
    limit: int = 20
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class TextMatch:
    """A match with the lines around it, verbatim. `count` is the number of matches in these lines."""

    file_id: str
    filename: str
    where: str
    text: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class FoundText:
    """Matches in the order of their files, newest first or as named, and in the order of the text.

    `total` counts all matches of the search; if `is_partial`, only those that were found in time. `pages_read` counts
    the pages that were looked at.
    """

    total: int
    matches: list[TextMatch]
    notes: list[str]
    next_cursor: str | None = None
    is_partial: bool = False
    pages_read: int = 0


class TextFinder(Protocol):
    """Finds a text in files."""

    async def find_text(self, query: TextQuery, file_ids: Sequence[str], progress: Progress = silent) -> FoundText:
        """Find every place of a text in the named files, or in all files if none are named.

        Raises:
            InvalidArgument: The pattern, an option or the cursor cannot be used, or there are more than 100 ids.
            NotFound, FileExpired: One of the ids does not name a live file.
        """
        ...
