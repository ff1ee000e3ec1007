"""Listing: pages of the files of a workspace. The API cannot filter, so it is done here."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from files_api_mcp.backends.anthropic.api.files import ApiFile, FilesClient, ListedPage
from files_api_mcp.backends.anthropic.files.list_cursor import LedgerCursor, ListCursor, decode_cursor, rest_of
from files_api_mcp.backends.anthropic.files.records import facts_of, facts_of_entry, record_of
from files_api_mcp.backends.anthropic.ledger.catalog import FileCatalog
from files_api_mcp.backends.anthropic.ledger.details import UNKNOWN, FileDetails
from files_api_mcp.backends.clock import to_us
from files_api_mcp.backends.errors import PermissionDenied, StorageFull, StoreDamaged
from files_api_mcp.backends.file_filter import ALL_FILES, ANY_STATE, FileFilter, FilterFacts
from files_api_mcp.backends.models import FilePage, FileRecord, FoundFiles
from files_api_mcp.backends.validation import fold_filename

__all__ = ["UNUSABLE", "Listing"]

UNUSABLE = (StoreDamaged, StorageFull, PermissionDenied)
"""Failures of a ledger that is damaged and cannot be rebuilt now."""

_FILTERED_PAGE = 1000
_MOST_PAGES = 10
"""Pages of the server's list, or lists by ids, that one call reads: the cursor leads on."""
_IDS_AT_ONCE = 100
_FEW = 20
"""Files that are described one by one, where the server has no list by ids."""


class Listing:
    """Lists what the API shows, with the ledger's details."""

    def __init__(self, client: FilesClient, catalog: FileCatalog) -> None:
        self._client = client
        self._catalog = catalog

    async def page(self, limit: int, cursor: str | None, within: FileFilter) -> FilePage:
        """List the files that match, newest first. A page may be short although there are more: the cursor says so.

        Raises:
            InvalidArgument: The cursor is not one of ours.
        """
        start = None if cursor is None else decode_cursor(cursor)
        if isinstance(start, LedgerCursor):
            return await self._from_ledger(limit, await self._known(within), start, within)
        if start is None and _is_known_here_only(within):
            known = await self._known(within)
            if not self._client.answers_in_beta or len(known) <= _FEW:
                return await self._from_ledger(limit, known, None, within)
        return await self._from_api(limit, start or ListCursor(None), within)

    async def find(self, text: str, limit: int) -> FoundFiles:
        """Find files among the newest 1,000; see FilesBackend.find. One request, as the API cannot search."""
        page = await self._client.page(limit=_FILTERED_PAGE)
        wanted = fold_filename(text)
        found = [
            file
            for file in page.files
            if not file.is_past and (file.id.startswith(text) or wanted in fold_filename(file.filename))
        ]
        current = [record for record in await self.records(found) if record.state == "ready"]
        more = page.next is not None
        return FoundFiles(current[:limit], more=more or len(current) > limit, total=None if more else len(current))

    async def records(self, files: Sequence[ApiFile]) -> list[FileRecord]:
        """The records of files that the API described."""
        known = await self._details(files)
        return [record_of(file, known.get(file.id, UNKNOWN)) for file in files]

    async def _from_api(self, limit: int, start: ListCursor, within: FileFilter) -> FilePage:
        """Filter the server's list, page by page."""
        is_plain = within in (ALL_FILES, ANY_STATE)
        shown: list[FileRecord] = []
        token, pages = start.token, 0
        async for page in self._client.pages(limit=limit if is_plain else _FILTERED_PAGE, after=token):
            known = await self._details(page.files)
            for file in rest_of(page.files, start if token == start.token else None):
                details = known.get(file.id, UNKNOWN)
                if not within.matches(facts_of(file, details)):
                    continue
                if len(shown) == limit:
                    last = shown[-1]
                    return FilePage(shown, ListCursor(token, last.id, last.created_at.isoformat()).encode())
                shown.append(record_of(file, details))
            token, pages = page.next, pages + 1
            if _is_past(page, within):
                return FilePage(shown, None)
            if pages == _MOST_PAGES or (is_plain and len(shown) == limit):
                break
        return FilePage(shown, ListCursor(token).encode() if token else None)

    async def _from_ledger(
        self, limit: int, known: Mapping[str, FileDetails], start: LedgerCursor | None, within: FileFilter
    ) -> FilePage:
        """Ask the API for the files that match as far as the ledger knows. One that it no longer has is left out."""
        places = sorted(((details.created_us, file_id) for file_id, details in known.items()), reverse=True)
        if start is not None:
            places = [place for place in places if place < (start.created_us, start.file_id)]
        at_once = min(_FEW, limit) if self._client.answers_in_beta else _IDS_AT_ONCE
        shown: list[FileRecord] = []
        for first in range(0, min(len(places), _MOST_PAGES * at_once), at_once):
            chosen = places[first : first + at_once]
            found = {file.id: file for file in await self._client.by_ids([file_id for _, file_id in chosen])}
            for position, place in enumerate(chosen, start=first + 1):
                file, details = found.get(place[1]), known[place[1]]
                if file is not None and within.matches(facts_of(file, details)):
                    shown.append(record_of(file, details))
                if len(shown) == limit or position == _MOST_PAGES * at_once:
                    is_last = position == len(places)
                    return FilePage(shown, None if is_last else LedgerCursor(*place).encode())
        return FilePage(shown, None)

    async def _known(self, within: FileFilter) -> dict[str, FileDetails]:
        """The files that match as far as the ledger knows: not the names and types of those that others uploaded."""
        known = await (self._catalog.tagged(within.tags) if within.tags else self._catalog.all())
        nameless = replace(within, names=(), types=())
        return {
            file_id: details
            for file_id, details in known.items()
            if (
                within.matches(facts_of_entry(details.entry, details))
                if details.entry
                else nameless.matches(FilterFacts("", "", details.created_us, details.tags, details.state))
            )
        }

    async def _details(self, files: Iterable[ApiFile]) -> dict[str, FileDetails]:
        """What the API shows needs no ledger: without one, only the details are missing."""
        with suppress(*UNUSABLE):
            return await self._catalog.details([file.id for file in files])
        return {}


def _is_known_here_only(within: FileFilter) -> bool:
    return bool(within.tags or within.paths) or within.state in ("superseded", "gone")


def _is_past(page: ListedPage, within: FileFilter) -> bool:
    """Whether all later pages are from before the time that is asked for."""
    return within.since_us is not None and bool(page.files) and to_us(page.files[-1].created_at) < within.since_us
