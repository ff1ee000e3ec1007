"""NewLocalFile: writes a temporary file next to the destination, then renames it: the whole file or none."""

import errno
import os
import secrets
import stat
from contextlib import suppress

from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.roots.os_errors import saving

__all__ = ["NewLocalFile"]

_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


class NewLocalFile:
    """Writes a new file into a folder that is held open, so that moving the folder changes nothing.

    It owns the folder's descriptor. Each method may raise StorageFull, PermissionDenied, NotFound,
    InvalidArgument or Busy; after any of them abort() leaves nothing.
    """

    def __init__(self, folder_fd: int, name: str, path: str, *, overwrite: bool) -> None:
        self._folder = folder_fd
        self._name = name
        self._path = path
        self._overwrite = overwrite
        self._refuse_taken()
        self._draft = f".{secrets.token_hex(8)}.part"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        self._fd = os.open(self._draft, flags, 0o600, dir_fd=folder_fd)

    def write(self, data: bytes) -> None:
        """Append these bytes."""
        left = memoryview(data)
        with saving():
            while left:
                left = left[os.write(self._fd, left) :]

    def commit(self) -> str:
        """Make the file durable and give it its name; returns its path."""
        with saving():
            if self._overwrite:
                self._keep_mode()
            os.fsync(self._fd)
            if self._overwrite:
                os.rename(self._draft, self._name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
            else:
                self._appear()
            os.fsync(self._folder)
        self._close()
        return self._path

    def abort(self) -> None:
        """Remove the temporary file; does nothing after commit."""
        if self._fd < 0:
            return
        try:
            with saving(), suppress(FileNotFoundError):
                os.unlink(self._draft, dir_fd=self._folder)
        finally:
            self._close()

    def _refuse_taken(self) -> None:
        """Refuse a taken name before a byte is written; commit checks it again."""
        if self._overwrite:
            return
        with suppress(FileNotFoundError):
            os.stat(self._name, dir_fd=self._folder, follow_symlinks=False)
            raise _taken()

    def _keep_mode(self) -> None:
        """Take over who may read, write and run the file that is replaced. A link has no mode of its own."""
        with suppress(FileNotFoundError):
            mode = os.stat(self._name, dir_fd=self._folder, follow_symlinks=False).st_mode
            if stat.S_ISREG(mode):
                os.fchmod(self._fd, mode & 0o777)

    def _appear(self) -> None:
        try:
            os.link(self._draft, self._name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        except FileExistsError:
            raise _taken() from None
        except OSError as exc:
            if exc.errno not in _NO_LINKS:
                raise
            self._claim_and_replace()
            return
        os.unlink(self._draft, dir_fd=self._folder)

    def _claim_and_replace(self) -> None:
        """For file systems without hard links (FAT, some network ones): create the name, then replace it."""
        try:
            os.close(os.open(self._name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=self._folder))
        except FileExistsError:
            raise _taken() from None
        os.rename(self._draft, self._name, src_dir_fd=self._folder, dst_dir_fd=self._folder)

    def _close(self) -> None:
        os.close(self._fd)
        os.close(self._folder)
        self._fd = self._folder = -1


def _taken() -> InvalidArgument:
    return InvalidArgument("A file with that name already exists.", "Choose another name, or set overwrite.")
