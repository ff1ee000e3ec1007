"""Content-addressed blobs: one file per hash, `blobs/ab/<sha256>`, written once and never changed."""

import errno
import hashlib
import os
import re
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from files_api_mcp.backends.errors import FileChanged
from files_api_mcp.backends.models import Snapshot
from files_api_mcp.backends.storage.folders import fsync_folder, write_private

__all__ = ["Blobs", "hashes_among"]

_BLOCK_BYTES = 1024 * 1024
_UNREADABLE = {errno.EIO, errno.ENOENT, errno.ENOTDIR, errno.ELOOP}
"""The bytes are gone or damaged; other errors, such as of a process without descriptors, say nothing about them."""
_SHARD = re.compile(r"[0-9a-f]{2}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Blobs:
    """The folder of blobs. It does not use the table of files; callers hold the lock of that table."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._base = str(folder)
        self._durable_shards: set[str] = set()

    def path(self, sha256: str) -> Path:
        """The path of the content with this hash, whether it exists or not."""
        return Path(self.location(sha256))

    def location(self, sha256: str) -> str:
        """The same path as text: making a Path takes longer than some calls of the system."""
        return f"{self._base}/{sha256[:2]}/{sha256}"

    def write(self, snapshot: Snapshot, *, durable: bool = True) -> int | None:
        """Write the bytes that a snapshot has in memory to its path, unless they are there; returns the file's size.

        They are durable unless the caller syncs later. None: there is no file, and nothing to write.
        """
        size_bytes = _size(snapshot.path)
        if snapshot.content is None or size_bytes == len(snapshot.content):
            return size_bytes
        write_private(snapshot.path, snapshot.content, durable=durable)
        return len(snapshot.content)

    def put(self, snapshot: Snapshot, *, durable: bool = True) -> None:
        """Move the durable bytes of a snapshot into place. An existing file is replaced: its bytes may be damaged.

        The name is durable after `sync`, or without `durable` when the caller has synced the file system: so are the
        bytes that the snapshot has in memory. A second call changes nothing: work whose database turned out to be
        damaged is done again.

        Raises:
            FileChanged: The file of the snapshot was changed; nothing was moved.
        """
        size_bytes = self.write(snapshot, durable=durable)
        if size_bytes is None and self.is_whole(snapshot.sha256):
            return
        if size_bytes != snapshot.size_bytes:
            raise FileChanged("The private copy of the file was changed or removed during the upload.")
        target = self.location(snapshot.sha256)
        if durable:
            self.ensure_shard(snapshot.sha256)
        try:
            os.replace(snapshot.path, target)  # noqa: PTH105  Path.replace makes another Path
        except FileNotFoundError:
            self.ensure_shard(snapshot.sha256, durable=durable)
            os.replace(snapshot.path, target)  # noqa: PTH105

    def sync(self, sha256: str) -> None:
        """Make creations, renames and removals in the subfolder of this hash durable, if it exists."""
        with suppress(FileNotFoundError, NotADirectoryError):
            fsync_folder(self.path(sha256).parent)

    def ensure_shard(self, sha256: str, *, durable: bool = True) -> None:
        """Create the subfolder of this hash unless it exists; its name is durable unless the caller syncs later."""
        shard = sha256[:2]
        with suppress(FileExistsError):
            os.mkdir(f"{self._base}/{shard}", 0o700)  # noqa: PTH102  making a Path takes longer
            self._durable_shards.discard(shard)
        # Also for an existing shard: the process that created it may have died before its fsync.
        if durable and shard not in self._durable_shards:
            fsync_folder(self.folder)
            self._durable_shards.add(shard)

    def size(self, sha256: str) -> int | None:
        """The size of the content with this hash; None without a regular file."""
        try:
            found = self.path(sha256).lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return found.st_size if stat.S_ISREG(found.st_mode) else None

    def open(self, sha256: str) -> int:
        """Open the content for reading; it stays readable when it is removed."""
        return os.open(self.path(sha256), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)

    def is_whole(self, sha256: str) -> bool:
        """Whether the content is there and its bytes have this hash. This reads all of them."""
        digest = hashlib.sha256()
        try:
            if self.size(sha256) is None:
                return False
            with open(self.open(sha256), "rb", buffering=0) as file:
                while block := file.read(_BLOCK_BYTES):
                    digest.update(block)
        except OSError as exc:
            if exc.errno not in _UNREADABLE:
                raise
            return False
        return digest.hexdigest() == sha256

    def remove(self, sha256: str) -> None:
        """Remove the content, if it exists. A power cut may restore it; the next start removes it again."""
        self.path(sha256).unlink(missing_ok=True)

    def shards(self) -> list[str]:
        """Names of the subfolders, sorted; none if there is no folder."""
        try:
            with os.scandir(self.folder) as entries:
                return sorted(entry.name for entry in entries if _SHARD.fullmatch(entry.name) and entry.is_dir())
        except FileNotFoundError:
            return []

    def in_shard(self, shard: str) -> set[str]:
        """The hashes that have a file in this subfolder. Other files are not listed."""
        return hashes_among(self.names(shard), shard)

    def names(self, shard: str) -> set[str]:
        """The names of all files in this subfolder."""
        with os.scandir(self.folder / shard) as entries:
            return {entry.name for entry in entries}

    def is_empty(self) -> bool:
        """Whether there is no content and nothing that belongs to content."""
        return not any(_SHA256.match(name) for shard in self.shards() for name in self.names(shard))


def hashes_among(names: Iterable[str], shard: str) -> set[str]:
    """The hashes among the names of the files of a subfolder."""
    return {name for name in names if _SHA256.fullmatch(name) and name[:2] == shard}


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None
