"""OwnedFilesClient: a FilesClient limited to one principal's files. The key itself could see the whole workspace."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager

from files_api_mcp.backends.anthropic.api.errors import ApiFailure, error_from
from files_api_mcp.backends.anthropic.api.files import ApiFile, FilesClient, ListedPage, PageToken
from files_api_mcp.backends.anthropic.api.retry import RetryingSender
from files_api_mcp.backends.anthropic.endpoint import Dialect
from files_api_mcp.backends.anthropic.ledger.ledger import Ledger
from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.validation import check_file_id

__all__ = ["OwnedFilesClient"]

_IDS_AT_ONCE = 100
_UNKNOWN = ApiFailure(status=404, type="not_found_error", code="", message="", retry_after_s=None)


class OwnedFilesClient(FilesClient):
    """Sees only files of one ledger. Another principal's id is answered like an unknown id, without an API call, so
    neither message nor timing differs."""

    def __init__(
        self, sender: RetryingSender, ledger: Ledger, dialect: Dialect = "auto", *, call_s: float = 30.0
    ) -> None:
        super().__init__(sender, dialect, call_s=call_s)
        self._ledger = ledger

    async def metadata(self, file_id: str) -> ApiFile:
        """Describe a file; see FilesClient.metadata."""
        await self._refuse_foreign(file_id)
        return await super().metadata(file_id)

    async def delete(self, file_id: str) -> None:
        """Delete a file; see FilesClient.delete."""
        await self._refuse_foreign(file_id)
        await super().delete(file_id)

    async def by_ids(self, file_ids: Sequence[str]) -> list[ApiFile]:
        """The principal's files with these ids that exist; see FilesClient.by_ids."""
        for file_id in file_ids:
            check_file_id(file_id)
        own = [file_id for file_id in file_ids if await self._ledger.owns(file_id)]
        return await super().by_ids(own) if own else []

    async def page(self, *, limit: int, after: PageToken | None = None) -> ListedPage:
        """A page of the principal's files, newest first.

        Raises:
            InvalidArgument: The token is not one of their files, or that file was deleted.
        """
        ids = await self._ledger.owned_ids()
        start = 0
        if after is not None:
            if after.value not in ids:
                raise InvalidArgument("The list has changed.", "Start again without a cursor.")
            start = ids.index(after.value) + 1
        chosen = ids[start : start + limit]
        found: dict[str, ApiFile] = {}
        for at in range(0, len(chosen), _IDS_AT_ONCE):
            files = await super().by_ids(chosen[at : at + _IDS_AT_ONCE])
            found |= {file.id: file for file in files}
        is_last = start + limit >= len(ids)
        files = [found[file_id] for file_id in chosen if file_id in found]
        return ListedPage(files, None if is_last else PageToken("after_id", chosen[-1]), None)

    async def pages(self, *, limit: int = 1000, after: PageToken | None = None) -> AsyncIterator[ListedPage]:
        """All pages after the token; see FilesClient.pages. A page of deleted files is empty, not the end."""
        token = after
        while True:
            page = await self.page(limit=limit, after=token)
            yield page
            if page.next is None:
                return
            token = page.next

    @asynccontextmanager
    async def content(self, file_id: str, size_bytes: int) -> AsyncGenerator[AsyncIterator[bytes]]:
        """Open a file's bytes; see FilesClient.content."""
        await self._refuse_foreign(file_id)
        async with super().content(file_id, size_bytes) as blocks:
            yield blocks

    async def _refuse_foreign(self, file_id: str) -> None:
        check_file_id(file_id)
        if not await self._ledger.owns(file_id):
            raise error_from(_UNKNOWN, file_id=file_id)
