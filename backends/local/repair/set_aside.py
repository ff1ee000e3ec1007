"""SetAside: content that no table knows, kept for 30 days in case its row was lost."""

import errno
import os
import re
import secrets
import shutil
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from files_api_mcp.backends.clock import from_us
from files_api_mcp.backends.local.row import Row
from files_api_mcp.backends.local.sidecars import SidecarName, Sidecars
from files_api_mcp.backends.storage.blobs import Blobs
from files_api_mcp.backends.storage.folders import fsync_file, fsync_folder, make_private

__all__ = ["KEPT_DAYS", "SetAside"]

KEPT_DAYS = 30
_OURS = re.compile(r"[0-9a-f]{64}(\.|$)|files\.db-\d{8}T|[0-9a-f]{16}\.new$")
"""The names of files here. Others are not removed: the folder may be a link to one with other files."""
_NO_LINKS = {errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS}
_KEPT_US = KEPT_DAYS * 86_400 * 1_000_000


class SetAside:
    """Content without a row, with its sidecars, in a folder like that of the blobs; and damaged databases.

    It may be what an interrupted upload left, or a file whose row was lost, such as after an older `files.db` was put
    back. The time of modification is when it was set aside. Callers hold the lock of the table of files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._blobs = Blobs(folder)
        self._sidecars = Sidecars(self._blobs)

    def take(self, blobs: Blobs, sha256: str, file_ids: Collection[str], now_us: int, *, is_needed: bool) -> None:
        """Move content with the sidecars of these ids here. Content that a row needs stays there as well."""
        make_private(self._folder)
        self._blobs.ensure_shard(sha256)
        source, target = blobs.path(sha256), self._blobs.path(sha256)
        if blobs.size(sha256) is not None:
            # A sound copy that is here is not replaced: this one may be damaged.
            if not self._blobs.is_whole(sha256):
                _copy(source, target)
            _stamp(target, now_us)
        for file_id in file_ids:
            kept = self._sidecars.path(sha256, file_id)
            with suppress(FileNotFoundError):
                _copy(Sidecars(blobs).path(sha256, file_id), kept)
                _stamp(kept, now_us)
        self._blobs.sync(sha256)
        for file_id in file_ids:
            Sidecars(blobs).remove(sha256, file_id)
        if not is_needed and blobs.size(sha256) is not None:
            source.unlink()
        blobs.sync(sha256)

    def take_database(self, path: Path, now_us: int) -> None:
        """Keep a damaged database here under another name. The file itself stays until it is replaced."""
        make_private(self._folder)
        kept = self._folder / f"{path.name}-{from_us(now_us):%Y%m%dT%H%M%S%f}"
        with suppress(FileNotFoundError):
            _copy(path, kept)
            _stamp(kept, now_us)
        fsync_folder(self._folder)

    def take_damaged(self, blobs: Blobs, sha256: str, now_us: int) -> None:
        """Move content whose bytes are damaged here, under a name that nothing restores."""
        make_private(self._folder)
        kept = self._folder / f"{sha256}.damaged"
        with suppress(FileNotFoundError):
            blobs.path(sha256).replace(kept)
            _stamp(kept, now_us)
        fsync_folder(self._folder)
        blobs.sync(sha256)

    def give_back(self, blobs: Blobs, row: Row) -> None:
        """Move the content and the sidecar of a row back among the blobs, durably."""
        blobs.ensure_shard(row.sha256)
        # What is there may be damaged.
        if self._blobs.is_whole(row.sha256) or blobs.size(row.sha256) is None:
            _copy(self._blobs.path(row.sha256), blobs.path(row.sha256))
        Sidecars(blobs).write(row)
        blobs.sync(row.sha256)
        self._sidecars.remove(row.sha256, row.id)
        if not any(sha256 == row.sha256 for sha256, _ in self._sidecars.in_shard(row.sha256[:2])):
            self._blobs.remove(row.sha256)

    def mend(self, blobs: Blobs, sha256: str) -> None:
        """Put a copy of lost content back among the blobs, durably, if a sound one is here."""
        if self._blobs.is_whole(sha256):
            blobs.ensure_shard(sha256)
            _copy(self._blobs.path(sha256), blobs.path(sha256))
            blobs.sync(sha256)

    def restorable(self) -> Iterator[Row]:
        """The rows of the sidecars here whose content is here too."""
        for sha256, file_id in self._names():
            row = self._sidecars.read(sha256, file_id)
            if row is not None and self._blobs.size(sha256) == row.size_bytes:
                yield row

    def kept_until_us(self, row: Row) -> int:
        """When a row's sidecar is removed from here."""
        return self._sidecars.path(row.sha256, row.id).lstat().st_mtime_ns // 1000 + _KEPT_US

    def prune(self, now_us: int) -> None:
        """Remove what was set aside more than 30 days ago."""
        for path in self._files():
            with suppress(FileNotFoundError):
                if path.lstat().st_mtime_ns // 1000 <= now_us - _KEPT_US:
                    path.unlink()

    def _names(self) -> Iterator[SidecarName]:
        for shard in self._blobs.shards():
            yield from sorted(self._sidecars.in_shard(shard))

    def _files(self) -> Iterator[Path]:
        for folder, _, names in os.walk(self._folder):
            yield from (Path(folder, name) for name in names if _OURS.match(name))


def _copy(source: Path, target: Path) -> None:
    """Give a file a second name, or copy it durably where that is not possible. An existing target is replaced."""
    unfinished = target.with_name(f"{secrets.token_hex(8)}.new")
    try:
        try:
            os.link(source, unfinished, follow_symlinks=False)
        except OSError as exc:
            if exc.errno not in _NO_LINKS:
                raise
            shutil.copyfile(source, unfinished, follow_symlinks=False)
            fsync_file(unfinished)
        unfinished.replace(target)
    finally:
        # A rename between two names of one file does nothing.
        unfinished.unlink(missing_ok=True)


def _stamp(path: Path, now_us: int) -> None:
    os.utime(path, ns=(now_us * 1000, now_us * 1000), follow_symlinks=False)
