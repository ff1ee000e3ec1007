"""Ledger: a record, in `ledger.db`, of uploaded files and of uploads whose outcome is unknown."""

import sqlite3
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from files_api_mcp.backends.anthropic.api.files import ApiFile
from files_api_mcp.backends.anthropic.ledger.catalog import FileCatalog
from files_api_mcp.backends.anthropic.ledger.database import LedgerDatabase
from files_api_mcp.backends.anthropic.ledger.details import RecordedFile, remove_tags
from files_api_mcp.backends.anthropic.ledger.doubts import DOUBT_S, add_doubt, has_alike, is_doubtful
from files_api_mcp.backends.anthropic.ledger.rows import (
    NO_ORIGIN,
    Content,
    Entry,
    Intent,
    Origin,
    has_file,
    insert,
    select,
)
from files_api_mcp.backends.anthropic.ledger.upload_records import UploadRecords
from files_api_mcp.backends.anthropic.ledger.versions import previous_of
from files_api_mcp.backends.anthropic.ledger.view import LedgerView
from files_api_mcp.backends.clock import to_us, utc_now
from files_api_mcp.backends.errors import UpstreamBadReply
from files_api_mcp.backends.validation import new_file_id

__all__ = ["Ledger", "entry_of", "open_ledger", "records_of"]

_OWNING = ("file", "made")
_UNENDED = ("intent", "doubt")


@asynccontextmanager
async def open_ledger(
    path: Path, credential: str, principal: str = "", *, doubt_s: float = DOUBT_S
) -> AsyncGenerator["Ledger"]:
    """Open the ledger of one credential (its fingerprint, never the secret), and create it if absent.

    Each `principal` who shares the credential has a separate ledger in the file. `doubt_s` is how long a doubt counts;
    see doubts.py. A damaged ledger is set aside and rebuilt. If that fails, it is open all the same: what needs it
    raises the reason.

    Raises:
        StoreDamaged: It belongs to another program or a newer version; it is unchanged.
        StoreBusy: Another process holds it.
    """
    records = records_of(path)
    database = LedgerDatabase(path, records)
    try:
        await database.prepare()
        yield Ledger(database, records, credential, principal, doubt_s=doubt_s)
    finally:
        await database.close()


def records_of(path: Path) -> UploadRecords:
    """The records of the uploads in a ledger."""
    return UploadRecords(path.parent / "anthropic" / "uploads")


class Ledger:
    """Records uploads. Every write is durable when its call returns.

    `view` is what its credential sees, `catalog` what is known of its files.
    """

    def __init__(
        self,
        database: LedgerDatabase,
        records: UploadRecords,
        credential: str,
        principal: str = "",
        *,
        doubt_s: float = DOUBT_S,
    ) -> None:
        self.view = LedgerView(database, credential, principal)
        self.catalog = FileCatalog(self.view, records)
        self._doubt_us = round(doubt_s * 1_000_000)
        self._records = records

    async def begin(self, content: Content, lifetime_s: int | None, origin: Origin = NO_ORIGIN) -> Intent:
        """Record the intent to send this content."""
        return await self.view.write(
            lambda connection, scope: self._begun(connection, scope, content, lifetime_s, origin)
        )

    async def begin_new(self, content: Content, lifetime_s: int | None, origin: Origin = NO_ORIGIN) -> Intent | None:
        """Record the intent to send this content, unless something is known of it: a file of the same source and name,
        or an unfinished upload of the same name and size."""
        same = "scope = ? AND source_sha256 = ? AND filename = ?"
        unfinished = "filename = ? AND size_bytes = ?", content.filename, content.size_bytes

        def work(connection: sqlite3.Connection, scope: str) -> Intent | None:
            if select(connection, "file", same, scope, content.source_sha256, content.filename):
                return None
            if select(connection, "intent", *unfinished):
                return None
            return self._begun(connection, scope, content, lifetime_s, origin)

        return await self.view.write(work)

    async def doubt(self, intent: Intent) -> None:
        """Record that an intent may have created a file which was not found, and which may appear later."""
        await self.view.write(lambda connection, _: add_doubt(connection, intent.content))

    async def may_adopt(self, intent: Intent) -> bool:
        """Whether a file that looks like that of the intent cannot come from another upload from here."""
        since_us = intent.begun_us - self._doubt_us

        def work(connection: sqlite3.Connection) -> bool:
            return not has_alike(connection, intent.content, since_us, but=intent.id)

        return intent.may_adopt and await self.view.run(lambda connection, _: work(connection))

    async def intents(self, filename: str, size_bytes: int) -> list[Intent]:
        """Unfinished uploads of this name and size, the only details that the API's list shows of a file."""
        return [
            Intent.of(row)
            for row in await self.view.rows("intent", "filename = ? AND size_bytes = ?", filename, size_bytes)
        ]

    async def has_strangers(self, filename: str, size_bytes: int, age_us: int) -> bool:
        """Whether another principal has an unfinished upload of this name and size that started within `age_us`."""
        if not self.view.is_private:
            return False

        def work(connection: sqlite3.Connection, own: str) -> bool:
            where = "scope <> ? AND filename = ? AND size_bytes = ? AND begun_us > ?"
            since = to_us(utc_now()) - age_us
            return bool(select(connection, "intent", where, own, filename, size_bytes, since))

        return await self.view.run(work)

    async def drop(self, intent: Intent) -> None:
        """Remove an intent that created no file."""
        await self.view.write(lambda connection, _: _end(connection, intent))

    async def commit(self, intent: Intent, file: ApiFile, *, is_new: bool = False) -> RecordedFile:
        """Record that an intent created this file, with its tags and as a version of its path.

        Raises:
            UpstreamBadReply: The file `is_new`, but its id is `known`; nothing was recorded.
        """
        entry = entry_of(intent, file)
        is_checked = not is_new

        def work(connection: sqlite3.Connection, scope: str) -> RecordedFile | None:
            nonlocal is_checked
            # Checked once: work that is done again, on a rebuilt ledger, finds its own record.
            is_checked = is_checked or not self._is_known(connection, file.id)
            if not is_checked:
                return None
            _end(connection, intent)
            return self.catalog.record(connection, scope, entry, intent.content, intent.origin, intent.begun_us)

        recorded = await self.view.write(work)
        if recorded is None:
            raise UpstreamBadReply("The API acknowledged a different file than the one sent.")
        return recorded

    async def adopt(self, entry: Entry) -> None:
        """Record a file that was not uploaded from here but whose original is now here."""

        def work(connection: sqlite3.Connection, scope: str) -> None:
            self.catalog.record(connection, scope, entry, entry.content, NO_ORIGIN, entry.created_us)

        await self.view.write(work)

    async def same(self, content: Content, lifetime_s: int | None, tolerance_us: int) -> list[Entry]:
        """Files of the same source and name whose lifetime is equal within the tolerance."""
        where = "source_sha256 = ? AND filename = ?"
        found = [Entry.of(row) for row in await self.view.rows("file", where, content.source_sha256, content.filename)]
        if lifetime_s is None:
            return [entry for entry in found if entry.expires_us is None]
        wanted = to_us(utc_now()) + lifetime_s * 1_000_000
        return [e for e in found if e.expires_us is not None and abs(e.expires_us - wanted) <= tolerance_us]

    async def entry(self, file_id: str) -> Entry | None:
        """A file's entry; None if another machine uploaded it."""
        found = await self.view.rows("file", "file_id = ?", file_id)
        return Entry.of(found[0]) if found else None

    async def entries(self) -> dict[str, Entry]:
        """All files that this machine uploaded with this credential's workspace, by id."""
        found = [Entry.of(row) for row in await self.view.rows("file")]
        return {entry.file_id: entry for entry in found}

    async def has_source(self, sha256: str) -> bool:
        """Whether a file was made of the source with this hash."""
        return bool(await self.view.rows("file", "source_sha256 = ?", sha256))

    async def known(self, file_ids: Iterable[str], content: Content | None = None) -> set[str]:
        """The ids among these that are or were files of any principal in this ledger.

        A damaged row counts too: its file must not be taken for that of another upload. An upload of `content` that was
        interrupted between its record and its row does not count."""

        def work(connection: sqlite3.Connection) -> set[str]:
            return {one for one in file_ids if self._is_known(connection, one, content)}

        return await self.view.run(lambda connection, _: work(connection))

    async def claim(self, file_ids: Iterable[str]) -> None:
        """Record files that the API's tools created for this principal. Files that already have an owner keep it."""
        strange = [file_id for file_id in dict.fromkeys(file_ids) if not await self.known([file_id])]
        now = to_us(utc_now())

        def work(connection: sqlite3.Connection, scope: str) -> None:
            for file_id in strange:
                insert(connection, "made", (scope, file_id, now), conflict="IGNORE")

        if strange:
            await self.view.write(work)

    async def owns(self, file_id: str) -> bool:
        """Whether a file was uploaded from here or created in an answer here."""
        return any([await self.view.rows(table, "file_id = ?", file_id) for table in _OWNING])

    async def owned_ids(self) -> list[str]:
        """Ids of all files uploaded from here or created in an answer here, newest first."""
        found = [(entry.created_us, entry.file_id) for entry in (await self.entries()).values()]
        found += [(at_us, file_id) for _, file_id, at_us in await self.view.rows("made")]
        return list(dict.fromkeys(file_id for _, file_id in sorted(found, reverse=True)))

    async def bury(self, file_id: str, filename: str) -> str | None:
        """Record that a file was deleted; returns the id of the version before it, which stays superseded."""

        def work(connection: sqlite3.Connection, scope: str) -> str | None:
            previous = previous_of(connection, scope, file_id)
            self._records.remove(file_id)
            for table in _OWNING:
                connection.execute(f"DELETE FROM {table} WHERE scope = ? AND file_id = ?", (scope, file_id))  # noqa: S608
            remove_tags(connection, scope, file_id)
            insert(connection, "gone", (scope, file_id, filename, to_us(utc_now())))
            return previous

        return await self.view.write(work)

    async def name_of_gone(self, file_id: str) -> str | None:
        """The name of a file deleted from here; None if no file with this id was."""
        rows = await self.view.rows("gone", "file_id = ?", file_id)
        return rows[0][2] if rows else None

    def _begun(
        self, connection: sqlite3.Connection, scope: str, content: Content, lifetime_s: int | None, origin: Origin
    ) -> Intent:
        now = to_us(utc_now())
        intent_id = new_file_id().replace("file_", "op_")
        if is_doubtful(connection, content, now - self._doubt_us):
            add_doubt(connection, content, doubt_id=intent_id)
            return Intent(intent_id, content, lifetime_s, now, origin, may_adopt=False)
        intent = Intent(intent_id, content, lifetime_s, now, origin)
        insert(connection, "intent", intent.row(scope))
        return intent

    def _is_known(self, connection: sqlite3.Connection, file_id: str, content: Content | None = None) -> bool:
        return has_file(connection, file_id) or self._records.has_other(file_id, content)


def _end(connection: sqlite3.Connection, intent: Intent) -> None:
    for table in _UNENDED:
        connection.execute(f"DELETE FROM {table} WHERE id = ?", (intent.id,))  # noqa: S608 - names of ours


def entry_of(intent: Intent, file: ApiFile) -> Entry:
    """The entry of a file that an intent created."""
    expires_us = None if file.expires_at is None else to_us(file.expires_at)
    return Entry(file.id, intent.content, to_us(file.created_at), expires_us)
