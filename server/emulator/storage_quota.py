"""StorageQuota: limits the bytes stored in a workspace."""

from collections.abc import Callable

from files_api_mcp.backends.local.store import LocalStore
from files_api_mcp.server.emulator.responses import ApiError

__all__ = ["StorageQuota"]

_COUNTED_EVERY_S = 1.0


class StorageQuota:
    """Limits the bytes of each workspace.

    Adding up all files for each upload would make uploads slower the more there are. So an upper bound is kept, to
    which uploads are added and from which deletions are not subtracted. The files are added up when the bound exceeds
    the limit, and once a second, because other processes store files too.
    """

    def __init__(self, limit_bytes: int, clock: Callable[[], float]) -> None:
        self._limit_bytes = limit_bytes
        self._clock = clock
        self._most: dict[str, tuple[int, float]] = {}

    async def take(self, store: LocalStore, workspace_id: str, size_bytes: int) -> None:
        """Reserve room for an upload.

        Raises:
            ApiError: There is not enough (400, `storage_quota_exceeded`).
        """
        now = self._clock()
        most, counted_at = self._most.get(workspace_id, (self._limit_bytes, now))
        if most + size_bytes > self._limit_bytes or now - counted_at > _COUNTED_EVERY_S:
            most, counted_at = await store.stored_bytes(), now
        if most + size_bytes > self._limit_bytes:
            raise ApiError(400, "The organization's storage quota is exceeded.", "storage_quota_exceeded")
        self._most[workspace_id] = most + size_bytes, counted_at
