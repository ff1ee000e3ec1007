"""StoreFolder: the parts of the store's data folder."""

from contextlib import suppress
from pathlib import Path

from files_api_mcp.backends.local.repair.set_aside import SetAside
from files_api_mcp.backends.local.sidecars import Sidecars
from files_api_mcp.backends.storage.blobs import Blobs
from files_api_mcp.backends.storage.folders import is_writable, make_private, write_private

__all__ = ["StoreFolder"]

_RESERVE_BYTES = 256 * 1024


class StoreFolder:
    """The table of files, the content by hash with its sidecars, and what was set aside."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir
        self.database = data_dir / "files.db"
        self.blobs = Blobs(data_dir / "blobs")
        self.sidecars = Sidecars(self.blobs)
        self.set_aside = SetAside(data_dir / "set-aside")
        self.is_read_only = False
        """Whether nothing can be written here; `prepare` finds out."""
        self._reserve = data_dir / "reserve"

    def prepare(self) -> None:
        """Create the data folder (0700) and its folder of blobs, or check existing ones.

        Raises:
            PermissionDenied: The folder is not there and cannot be created, or belongs to another user.
            StoreDamaged: A file has the name of a folder.
        """
        make_private(self.path, self.blobs.folder, writable=not self.database.exists())
        self.is_read_only = not is_writable(self.path)

    def keep_reserve(self) -> None:
        """Reserve some space, so that a deletion works on a full disk. Without space, nothing is done."""
        if self._reserve.exists():
            return
        try:
            write_private(self._reserve, bytes(_RESERVE_BYTES))
        except OSError:
            self.spend_reserve()

    def spend_reserve(self) -> None:
        """Free the reserved space."""
        with suppress(OSError):
            self._reserve.unlink(missing_ok=True)
