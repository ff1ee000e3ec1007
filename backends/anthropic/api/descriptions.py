"""FileDescriptions: asks the API to describe new files. Uploads at the same time share a request."""

import logging
from collections.abc import Generator
from contextlib import contextmanager

import anyio

from files_api_mcp.backends.anthropic.api.files import ApiFile, FilesClient
from files_api_mcp.backends.errors import FilesError, InvalidArgument, UpstreamBadReply

__all__ = ["FileDescriptions"]

_log = logging.getLogger(__name__)

_MOST = 100
_GATHERED_S = 0.02
"""Seconds to wait for uploads that are under way, so that they share the request."""
_PATIENCE_S = 5.0
"""Seconds to wait for a request that others sent."""


class FileDescriptions:
    """Describes files by their ids. Whoever comes first asks for all that wait; meanwhile the others wait for the next
    request.

    A list of several ids is a shortcut: what it does not show is asked for by its own id, as an old server may ignore
    the ids. It belongs to one event loop.
    """

    def __init__(self, client: FilesClient) -> None:
        self._client = client
        self._turn = anyio.Lock(fast_acquire=True)
        self._wanted: dict[str, ApiFile | None] = {}
        self._expected = 0
        self._change = anyio.Event()
        self._may_list = True

    @contextmanager
    def expected(self) -> Generator[None]:
        """Announce a call of `of` in this block."""
        self._expected += 1
        try:
            yield
        finally:
            self._expected -= 1
            self._changed()

    async def of(self, file_id: str) -> ApiFile:
        """Describe a file as FilesClient.metadata does, with the same errors."""
        self._wanted[file_id] = None
        self._changed()
        try:
            if await self._has_turn():
                try:
                    return self._wanted.get(file_id) or await self._asked(file_id)
                finally:
                    self._turn.release()
        finally:
            self._wanted.pop(file_id, None)
        return await self._client.metadata(file_id)

    async def _has_turn(self) -> bool:
        with anyio.move_on_after(_PATIENCE_S):
            await self._turn.acquire()
            return True
        return False

    async def _asked(self, file_id: str) -> ApiFile:
        if self._expected > 1 and self._may_list and not self._client.answers_in_beta:
            await self._gather()
            for file in await self._listed():
                if file.id in self._wanted:
                    self._wanted[file.id] = file
        return self._wanted.get(file_id) or await self._client.metadata(file_id)

    async def _gather(self) -> None:
        with anyio.move_on_after(_GATHERED_S):
            while len(self._wanted) < self._expected:
                await self._change.wait()

    async def _listed(self) -> list[ApiFile]:
        try:
            return await self._client.described(self._open_ids)
        except (InvalidArgument, UpstreamBadReply) as exc:
            _log.info("the server does not list files by their ids: %s", exc.code)
            self._may_list = False
        except FilesError as exc:
            _log.info("files are described one by one: %s", exc.code)
        return []

    def _open_ids(self) -> list[str]:
        return [file_id for file_id, found in self._wanted.items() if found is None][:_MOST]

    def _changed(self) -> None:
        self._change.set()
        self._change = anyio.Event()
