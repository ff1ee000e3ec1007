"""A new local file: written beside its place, and put there whole or not at all."""

import os
import secrets

from files_api_mcp.backends.errors import InvalidArgument

__all__ = ["NewLocalFile"]


class NewLocalFile:
    """Bytes on their way into a folder that is held open, so that nobody can move it from under us."""

    def __init__(self, folder_fd: int, name: str, path: str, *, overwrite: bool) -> None:
        self._folder = folder_fd
        self._name = name
        self._path = path
        self._overwrite = overwrite
        self._draft = f".{secrets.token_hex(8)}.part"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        self._fd = os.open(self._draft, flags, 0o600, dir_fd=folder_fd)

    def write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._fd, data) :]

    def commit(self) -> str:
        """Make the file durable and give it its name; returns its path."""
        os.fsync(self._fd)
        if self._overwrite:
            os.rename(self._draft, self._name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        else:
            try:
                os.link(self._draft, self._name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
            except FileExistsError:
                raise InvalidArgument(
                    "A file of that name is there.", "Choose another name, or set overwrite."
                ) from None
            os.unlink(self._draft, dir_fd=self._folder)
        os.fsync(self._folder)
        self._close()
        return self._path

    def abort(self) -> None:
        """Leave nothing behind."""
        if self._fd >= 0:
            os.unlink(self._draft, dir_fd=self._folder)
            self._close()

    def _close(self) -> None:
        os.close(self._fd)
        os.close(self._folder)
        self._fd = self._folder = -1
