"""Finds rows of the store, and refuses those that are missing, expired or damaged."""

import sqlite3
from collections.abc import Collection, Sequence
from itertools import islice

from files_api_mcp.backends.errors import FileExpired, NotFound, StoreDamaged
from files_api_mcp.backends.file_filter import ANY_STATE, FileFilter
from files_api_mcp.backends.file_versions import FileVersion
from files_api_mcp.backends.local import files_table as rows
from files_api_mcp.backends.local import sources_table as sources
from files_api_mcp.backends.local.content_stream import ContentStream, open_content
from files_api_mcp.backends.local.cursor import encode_cursor
from files_api_mcp.backends.local.filtering import Range, matches, matching_places, newer
from files_api_mcp.backends.local.row import Row, RowsDamaged
from files_api_mcp.backends.local.states import record_of
from files_api_mcp.backends.models import FilePage, FileRecord
from files_api_mcp.backends.storage.blobs import Blobs
from files_api_mcp.backends.validation import check_file_id

__all__ = ["Lookup"]


class Lookup:
    """Reads the table of files through one connection. Times are in microseconds.

    `lost` are the places of damaged rows that cannot be restored. Any other damaged row raises RowsDamaged.
    """

    def __init__(self, connection: sqlite3.Connection, blobs: Blobs, now_us: int, lost: Collection[int]) -> None:
        self._connection = connection
        self._blobs = blobs
        self.now_us = now_us
        self._lost = lost

    def page(self, limit: int, below: int, within: FileFilter) -> FilePage:
        """Those of the files older than a place that match, newest first."""
        found = matching_places(self._connection, within, Range(below, self.now_us), limit + 1)
        places = [*islice(found, limit + 1)]
        shown = self.checked(rows.at_places(self._connection, places[:limit]))
        return self._page(shown, encode_cursor(places[limit - 1]) if len(places) > limit else None)

    def beside(self, file_id: str, limit: int, *, upwards: bool) -> FilePage:
        """Files next to one, newest first."""
        seq = self.described(file_id).seq
        if not upwards:
            return self.page(limit, seq, ANY_STATE)
        found = newer(self._connection, above=seq, limit=limit + 1, now_us=self.now_us)
        shown = self.checked(found[-limit:])
        return self._page(shown, encode_cursor(shown[0].seq) if len(found) > limit else None)

    def described(self, file_id: str) -> Row:
        """The row of a file, sound, perhaps expired."""
        row = self.any(file_id)
        if not row.is_sound:
            raise StoreDamaged(
                f"The row of {file_id} in the store is damaged.",
                "Delete it and upload the file again, or ask the operator to run `files-api-mcp verify --repair`.",
            )
        return row

    def held(self, file_id: str) -> tuple[FileRecord, str]:
        """The record of a file as `record` gives it, and the hash of its content, which is there in its full length."""
        row = self.whole(file_id)
        return self.record(row), row.sha256

    def record(self, row: Row) -> FileRecord:
        """The record of a row, with the file that superseded it."""
        return record_of(self._connection, row)

    def versions(self, file_id: str) -> Sequence[FileVersion]:
        """The files of a file's paths, newest first."""
        return sources.versions(self._connection, self.described(file_id).seq)

    def matches(self, row: Row, within: FileFilter) -> bool:
        """Whether a row matches."""
        return matches(self._connection, row, within)

    def any(self, file_id: str) -> Row:
        """The row of a file, sound or not."""
        check_file_id(file_id)
        row = rows.find(self._connection, file_id, self.now_us)
        if row is not None:
            return self.checked([row])[0]
        if rows.name_of_deleted(self._connection, file_id) is not None:
            raise NotFound(f"{file_id} was deleted.")
        raise NotFound(f"No file has the id {file_id}.")

    def live(self, file_id: str) -> Row:
        """The row of a file that has not expired."""
        row = self.described(file_id)
        if not row.is_live(self.now_us):
            raise FileExpired(f"The content of {file_id} expired.")
        return row

    def all_live(self, file_ids: Sequence[str]) -> Sequence[Row]:
        """The rows of those of the files that have not expired."""
        found = (rows.find(self._connection, file_id, self.now_us) for file_id in file_ids)
        checked = self.checked([row for row in found if row is not None])
        return [row for row in checked if row.is_sound and row.is_live(self.now_us)]

    def whole(self, file_id: str) -> Row:
        """The row of a file whose content is there in its full length."""
        row = self.live(file_id)
        if self._blobs.size(row.sha256) != row.size_bytes:
            raise self._missing(file_id)
        return row

    def open(self, file_id: str) -> tuple[Row, ContentStream]:
        """A file's row, and its content as a stream."""
        row = self.whole(file_id)
        try:
            return row, open_content(self._blobs, row)
        except FileNotFoundError:
            raise self._missing(file_id) from None

    def checked(self, found: Sequence[Row]) -> Sequence[Row]:
        """The same rows.

        Raises:
            RowsDamaged: One is damaged and may be restored.
        """
        if any(not row.is_sound and row.seq not in self._lost for row in found):
            raise RowsDamaged
        return found

    def _missing(self, file_id: str) -> StoreDamaged:
        # Another process may have deleted the file since its row was read: the row is deleted before the content.
        self.live(file_id)
        return StoreDamaged(
            f"The stored bytes of {file_id} are missing or damaged.",
            "Upload the file again to mend it, or ask the operator to run `files-api-mcp verify`.",
        )

    def _page(self, shown: Sequence[Row], next_cursor: str | None) -> FilePage:
        damaged = tuple(row.id for row in shown if not row.is_sound)
        return FilePage([self.record(row) for row in shown if row.is_sound], next_cursor, damaged)
