"""GroupCommit: uploads that wait at the same time share a transaction and its syncs."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import anyio
from anyio import CancelScope

from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.local.admission import Upload
from files_api_mcp.backends.models import UploadedFile

__all__ = ["GroupCommit"]

_MOST_FILES = 256
_MOST_BYTES = 64 * 1024 * 1024
"""Limits of a transaction: other processes wait for its end. The bytes are already on the disk; they are read again
only after damage."""

Commit = Callable[[Sequence[Upload]], Awaitable[Sequence[UploadedFile | FilesError]]]


@dataclass(slots=True, eq=False)
class _Waiting:
    upload: Upload
    is_taken: bool = False
    outcome: UploadedFile | Exception | None = None


class GroupCommit:
    """A queue of uploads. Whoever comes first stores all that wait; meanwhile the others wait for the next turn.

    It belongs to one event loop.
    """

    def __init__(self, commit: Commit) -> None:
        self._commit = commit
        self._waiting: deque[_Waiting] = deque()
        self._turn = anyio.Lock(fast_acquire=True)

    async def store(self, uploads: Sequence[Upload]) -> list[UploadedFile | FilesError]:
        """Store the uploads; returns their outcomes in order.

        An upload that is cancelled before its transaction begins leaves nothing. A transaction that began runs to its
        end.

        Raises:
            Exception: A transaction failed unexpectedly; others may have been committed.
        """
        mine = [_Waiting(upload) for upload in uploads]
        self._waiting.extend(mine)
        try:
            while any(one.outcome is None for one in mine):
                async with self._turn:
                    # Another's turn may have stored them all.
                    if any(one.outcome is None for one in mine):
                        await self._store_next()
        finally:
            await self._withdraw(mine)
        return [_expected(one.outcome) for one in mine]

    async def store_one(self, upload: Upload) -> UploadedFile:
        """Store one upload.

        Raises:
            FilesError: It was not stored.
        """
        (outcome,) = await self.store([upload])
        if isinstance(outcome, FilesError):
            raise outcome
        return outcome

    async def _store_next(self) -> None:
        taken = self._take()
        try:
            outcomes = await self._commit([one.upload for one in taken])
        except Exception as exc:  # noqa: BLE001 - each of them raises it
            for one in taken:
                one.outcome = exc
        except BaseException:
            # This turn was cancelled before its transaction began; the others get another one.
            for one in taken:
                one.is_taken = False
            self._waiting.extendleft(reversed(taken))
            raise
        else:
            for one, outcome in zip(taken, outcomes, strict=True):
                one.outcome = outcome

    def _take(self) -> list[_Waiting]:
        taken: list[_Waiting] = []
        size_bytes = 0
        while self._waiting and len(taken) < _MOST_FILES:
            size_bytes += self._waiting[0].upload.snapshot.size_bytes
            if taken and size_bytes > _MOST_BYTES:
                break
            taken.append(self._waiting.popleft())
            taken[-1].is_taken = True
        return taken

    async def _withdraw(self, mine: Sequence[_Waiting]) -> None:
        """After a cancellation: wait for the transaction that has begun, and take back the rest."""
        while any(one.is_taken and one.outcome is None for one in mine):
            with CancelScope(shield=True):
                async with self._turn:
                    pass
        for one in mine:
            if not one.is_taken:
                self._waiting.remove(one)


def _expected(outcome: UploadedFile | Exception | None) -> UploadedFile | FilesError:
    if isinstance(outcome, UploadedFile | FilesError):
        return outcome
    raise outcome or AssertionError("an upload that nobody stored")
