"""Adds uploads to the store: their contents, sidecars and rows, in one transaction."""

import errno
import sqlite3
from collections.abc import Collection, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from files_api_mcp.backends.errors import BadFilename, FileChanged, FilesError, InvalidArgument
from files_api_mcp.backends.local import files_table as rows
from files_api_mcp.backends.local import sources_table as sources
from files_api_mcp.backends.local.folder import StoreFolder
from files_api_mcp.backends.local.garbage import Garbage
from files_api_mcp.backends.local.row import STATES, Row, new_row, new_source
from files_api_mcp.backends.local.states import write_sidecar
from files_api_mcp.backends.models import NewFile, Snapshot, UploadedFile
from files_api_mcp.backends.storage.bulk_sync import BulkSync
from files_api_mcp.backends.storage.disk_errors import translated
from files_api_mcp.backends.storage.sqlite import writing
from files_api_mcp.backends.validation import check_new, checked_tags

__all__ = ["MOST_BYTES", "Upload", "admit", "expected"]

MOST_BYTES = 64 * 1024 * 1024
"""Bytes of the files of one transaction: other processes wait for its end. They are on the disk before; they are read
again only after damage."""

_MISPLACED = frozenset({errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOENT, errno.ELOOP})
"""Something else has the place of a file or its subfolder: damage of these files only."""


@dataclass(frozen=True, slots=True, eq=False)
class Upload:
    """The bytes and metadata of an upload. With `reuse`, the same file is not stored twice."""

    snapshot: Snapshot
    new: NewFile
    reuse: bool = True

    def size(self) -> int:
        """Its bytes."""
        return self.snapshot.size_bytes


def expected(outcome: UploadedFile | Exception) -> UploadedFile | FilesError:
    """The outcome of an upload, if it is an expected one; any other exception is raised."""
    if isinstance(outcome, UploadedFile | FilesError):
        return outcome
    raise outcome


def admit(
    connection: sqlite3.Connection, folder: StoreFolder, garbage: Garbage, uploads: Sequence[Upload], now_us: int
) -> list[UploadedFile | FilesError]:
    """Store each snapshot under a new row, or under the row of the same file; all are durable then. The outcomes are
    in the same order.

    The content in the store is replaced by the snapshot even if it is known: its bytes may be damaged, and those of the
    snapshot are not.
    """
    with BulkSync(folder.blobs.folder, len(uploads)) as bulk:
        # Before anything is moved: a crash while they are written leaves no content without a row.
        for upload in uploads:
            folder.blobs.write(upload.snapshot, durable=not bulk.is_on)
        return _admit(connection, folder, garbage, uploads, now_us, bulk)


def _admit(
    connection: sqlite3.Connection,
    folder: StoreFolder,
    garbage: Garbage,
    uploads: Sequence[Upload],
    now_us: int,
    bulk: BulkSync,
) -> list[UploadedFile | FilesError]:
    with writing(connection):
        known = rows.known_contents(connection, [upload.snapshot.sha256 for upload in uploads if upload.reuse])
        one_by_one = _Admission(connection, folder, garbage, known, durable=not bulk.is_on)
        outcomes = [one_by_one.add(upload, new_row(upload.snapshot, upload.new, now_us)) for upload in uploads]
        # Rows are committed only after this: no row without its bytes.
        changed = one_by_one.write_sidecars()
        if bulk.is_on:
            bulk.sync()
        else:
            _sync(folder, {*changed, *(upload.snapshot.sha256 for upload in uploads)})
    garbage.committed()
    for row in one_by_one.added:
        garbage.confirm(row)
    return outcomes


class _Admission:
    """One transaction. `known` are the contents of the uploads that the store has. Without `durable`, the caller makes
    its files durable later."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        folder: StoreFolder,
        garbage: Garbage,
        known: set[str],
        *,
        durable: bool,
    ) -> None:
        self._connection = connection
        self._folder = folder
        self._garbage = garbage
        self._known = known
        self._durable = durable
        self._changed: dict[int, Row] = {}
        self.added: list[Row] = []

    def add(self, upload: Upload, row: Row) -> UploadedFile | FilesError:
        """Add one upload. A file that cannot be stored for a reason of its own leaves nothing."""
        try:
            with _savepoint(self._connection):
                uploaded = self._add(upload, row)
        except (BadFilename, InvalidArgument, FileChanged) as exc:
            return exc
        except OSError as exc:
            if exc.errno not in _MISPLACED:
                raise
            return _translated(exc)
        self.added.append(row)
        return uploaded

    def _add(self, upload: Upload, row: Row) -> UploadedFile:
        check_new(upload.new)
        if upload.new.tags:
            row = replace(row, tags=checked_tags(upload.new.tags))
        # A look for each new content would take a good part of the transaction.
        may_be_same = upload.reuse and row.sha256 in self._known
        same = rows.find_same(self._connection, row, row.created_us) if may_be_same else None
        if same is None:
            self._garbage.pending(row)
            added = rows.add(self._connection, row)
            self._known.add(row.sha256)
        else:
            added = rows.fill_in(self._connection, same, row)
        self._folder.blobs.put(upload.snapshot, durable=self._durable)
        read = sources.add_read(self._connection, added, new_source(upload.new), is_new=same is None)
        replaces = None if read.replaced is None else self._superseded(read.replaced)
        if same is None:
            self._folder.sidecars.add(added, read.source, durable=self._durable)
        elif added != same or read.source or not self._folder.sidecars.exists(added.sha256, added.id):
            self._changed[added.seq] = added
        return UploadedFile(added.record, reused=same is not None, replaces=replaces)

    def _superseded(self, seq: int) -> str | None:
        """Give another file its new state; returns its id if it is superseded now."""
        before = next(iter(rows.at_places(self._connection, [seq])), None)
        if before is None or not before.is_sound:
            return None
        self._garbage.touch(seq)
        state = STATES[sources.state_of(self._connection, seq)]
        self._changed[seq] = before if state == before.state else rows.set_state(self._connection, before, state)
        return before.id if state == "superseded" else None

    def write_sidecars(self) -> set[str]:
        """Write the sidecars of known files that changed, each once; returns the hashes of their contents."""
        for row in rows.at_places(self._connection, [*self._changed]):
            write_sidecar(self._connection, self._folder, row, durable=self._durable)
        return {row.sha256 for row in self._changed.values()}


def _sync(folder: StoreFolder, contents: Collection[str]) -> None:
    for sha256 in {content[:2]: content for content in contents}.values():
        folder.blobs.sync(sha256)


@contextmanager
def _savepoint(connection: sqlite3.Connection) -> Generator[None]:
    """Undo the block's statements, and only these, on an exception."""
    connection.execute("SAVEPOINT upload")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # SQLite has already rolled back after some errors
            connection.execute("ROLLBACK TO upload")
            connection.execute("RELEASE upload")
        raise
    connection.execute("RELEASE upload")


def _translated(failure: OSError) -> FilesError:
    try:
        with translated():
            raise failure
    except FilesError as exc:
        return exc
