"""Bytes that no row needs any more: remembered until they are removed."""

import sqlite3
from contextlib import suppress

from files_api_mcp.backends.local.files_table import METADATA_KEPT_US, Row, is_referred_to
from files_api_mcp.backends.storage.blobs import Blobs
from files_api_mcp.backends.storage.sqlite import writing

__all__ = ["Leftovers"]

_BATCH = 200  # expired files per turn, so that no turn is long


class Leftovers:
    """What an upload that failed, a deletion or an expiry leaves to be cleared away.

    Content is removed in a transaction of its own, after the one that took its last row: a crash in between leaves
    bytes without a row, which the next start removes, and never a row without bytes. The lock makes the two steps
    of removing (does a row need it? unlink) and the two of an upload (move into place, add the row) exclude each
    other between processes. All methods run in the database's lane, so nothing here is seen half changed.
    """

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._doubtful: set[str] = set()
        self._unneeded: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._doubtful or self._unneeded)

    def doubt(self, row: Row) -> None:
        """Expect to clear away this upload: its bytes are about to be moved, and its row is not committed."""
        self._doubtful.add(row.id)
        self._unneeded.add(row.sha256)

    def trust(self, row: Row) -> None:
        """The upload is committed after all."""
        self._doubtful.discard(row.id)
        self._unneeded.discard(row.sha256)

    def unneeded(self, sha256: str) -> None:
        """A row that needed this content is about to go."""
        self._unneeded.add(sha256)

    def settle(self, connection: sqlite3.Connection) -> None:
        """Clear away what is remembered."""
        self._withdraw(connection)
        self._release(connection)

    def tidy(self, connection: sqlite3.Connection, now_us: int) -> bool:
        """Settle, and let go of the bytes of some expired files. Returns whether there are more of them."""
        more = _is_due(connection, now_us) and self._expire(connection, now_us)
        self.settle(connection)
        return more

    def _withdraw(self, connection: sqlite3.Connection) -> None:
        # A COMMIT that failed on the last fsync may have reached the disk: the caller was told that it failed.
        if self._doubtful:
            with writing(connection):
                connection.executemany("DELETE FROM files WHERE id = ?", ((file_id,) for file_id in self._doubtful))
            self._doubtful.clear()

    def _release(self, connection: sqlite3.Connection) -> None:
        if not self._unneeded:
            return
        with writing(connection):
            for sha256 in self._unneeded:
                # What cannot be removed now is removed by the next start; it must not stop uploads until then.
                with suppress(OSError):
                    if not is_referred_to(connection, sha256):
                        self._blobs.remove(sha256)
        self._unneeded.clear()

    def _expire(self, connection: sqlite3.Connection, now_us: int) -> bool:
        with writing(connection):
            query = "SELECT seq, sha256 FROM files WHERE has_content = 1 AND expires_us <= ? LIMIT ?"
            found: list[tuple[int, str]] = connection.execute(query, (now_us, _BATCH)).fetchall()
            connection.executemany("UPDATE files SET has_content = 0 WHERE seq = ?", ((seq,) for seq, _ in found))
            forgotten = now_us - METADATA_KEPT_US
            connection.execute("DELETE FROM files WHERE has_content = 0 AND expires_us <= ?", (forgotten,))
        self._unneeded.update(sha256 for _, sha256 in found)
        return len(found) == _BATCH


def _is_due(connection: sqlite3.Connection, now_us: int) -> bool:
    query = (
        "SELECT EXISTS (SELECT 1 FROM files WHERE has_content = 1 AND expires_us <= ?)"
        " OR EXISTS (SELECT 1 FROM files WHERE has_content = 0 AND expires_us <= ?)"
    )
    return bool(connection.execute(query, (now_us, now_us - METADATA_KEPT_US)).fetchone()[0])
