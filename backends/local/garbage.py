"""Garbage collection: removes content that no row needs."""

import sqlite3
from contextlib import suppress

from files_api_mcp.backends.local import files_table as rows
from files_api_mcp.backends.local import sources_table as sources
from files_api_mcp.backends.local.expiry import drop_content, expired, forget_expired, has_expired
from files_api_mcp.backends.local.folder import StoreFolder
from files_api_mcp.backends.local.row import Row
from files_api_mcp.backends.local.states import update_state
from files_api_mcp.backends.storage.sqlite import writing

__all__ = ["Garbage"]

_BATCH = 200  # expired files per transaction, so that none is long


class Garbage:
    """Content to remove after a failed upload, a deletion or an expiry.

    Content is removed in a separate transaction, after the one that removed its last row: a crash in between leaves
    bytes without a row, which the next start removes, and never a row without bytes. The lock makes the two steps
    of removing (does a row need it? unlink) and the two of an upload (move into place, add the row) exclude each
    other between processes. All methods run in the database's one thread at a time, so none sees a change half done.
    """

    def __init__(self, folder: StoreFolder) -> None:
        self._folder = folder
        self._pending: dict[str, Row] = {}
        self._released: set[str] = set()
        self._touched: set[int] = set()

    def __bool__(self) -> bool:
        return bool(self._pending or self._released or self._touched)

    def pending(self, row: Row) -> None:
        """Register an upload whose bytes are about to be moved: unless it is confirmed, it is removed."""
        self._pending[row.id] = row
        self._released.add(row.sha256)

    def confirm(self, row: Row) -> None:
        """Keep the upload: it is committed."""
        self._pending.pop(row.id, None)
        self._released.discard(row.sha256)

    def touch(self, seq: int) -> None:
        """Register another file that an upload supersedes: unless the upload is committed, its sidecar is written
        again."""
        self._touched.add(seq)

    def committed(self) -> None:
        """Keep what the uploads did to other files."""
        self._touched.clear()

    def release(self, sha256: str) -> None:
        """Register content that loses a row: it is removed unless another row needs it."""
        self._released.add(sha256)

    def collect(self, connection: sqlite3.Connection) -> None:
        """Remove the registered content."""
        self._withdraw(connection)
        self._remove_unneeded(connection)

    def expire(self, connection: sqlite3.Connection, now_us: int) -> bool:
        """Collect, and release the content of some expired files. Returns whether there are more of them."""
        more = has_expired(connection, now_us) and self._release_expired(connection, now_us)
        self.collect(connection)
        return more

    def _withdraw(self, connection: sqlite3.Connection) -> None:
        # A COMMIT that failed on the last fsync may have reached the disk: the caller got an error.
        if self._pending or self._touched:
            with writing(connection):
                for row in self._pending.values():
                    self._folder.sidecars.remove(row.sha256, row.id)
                    self._touched.update(sources.withdraw(connection, row.id))
                    rows.remove(connection, row.id)
                for seq in self._touched:
                    other = update_state(connection, self._folder, seq)
                    if other is not None and other.has_content:
                        self._folder.blobs.sync(other.sha256)
            self._pending.clear()
            self._touched.clear()

    def _remove_unneeded(self, connection: sqlite3.Connection) -> None:
        if not self._released:
            return
        with writing(connection):
            for sha256 in self._released:
                # The next start removes what cannot be removed now; it must not stop uploads until then.
                with suppress(OSError):
                    # A sidecar may be that of a lost row: the next start sets both aside.
                    if not rows.is_referred_to(connection, sha256) and not self._folder.sidecars.of_content(sha256):
                        self._folder.blobs.remove(sha256)
        self._released.clear()

    def _release_expired(self, connection: sqlite3.Connection, now_us: int) -> bool:
        with writing(connection):
            found = expired(connection, now_us, _BATCH)
            # A damaged row may only look expired.
            over = [row for row in found if row.is_sound]
            for row in over:
                self._folder.sidecars.remove(row.sha256, row.id)
            drop_content(connection, over)
            forget_expired(connection, now_us)
        self._released.update(row.sha256 for row in over)
        return len(over) == _BATCH
