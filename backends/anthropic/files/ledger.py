"""Ledger: a record, in `ledger.db`, of uploaded files and of uploads whose outcome is unknown."""

import sqlite3
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from files_api_mcp.backends.anthropic.api.files import ApiFile
from files_api_mcp.backends.anthropic.files.ledger_schema import LEDGER
from files_api_mcp.backends.clock import to_us, utc_now
from files_api_mcp.backends.storage.sqlite import Database, check_integrity, create_or_migrate, writing
from files_api_mcp.backends.validation import new_file_id

__all__ = ["Content", "Entry", "Intent", "Ledger", "open_ledger"]

_OWNING = ("file", "made")
_NAMING = (*_OWNING, "gone")
_SCOPE = "coalesce((SELECT scope FROM scope WHERE credential = ?1), 'credential ' || ?1)"
_CONTENT = "source_sha256, sent_sha256, size_bytes, filename, local_type, sent_type, title, source_path"


@dataclass(frozen=True, slots=True)
class Content:
    """The content of an upload: the source on this machine, and the form in which it is sent.

    `size_bytes` and `sent_sha256` describe the bytes sent. `local_type` is the source's type, `sent_type` the type sent
    to the API.
    """

    source_sha256: str
    sent_sha256: str
    size_bytes: int
    filename: str
    local_type: str
    sent_type: str
    title: str | None = None
    source_path: str | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    """An upload that started and whose outcome is unknown."""

    id: str
    content: Content
    lifetime_s: int | None
    begun_us: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that this machine uploaded."""

    file_id: str
    content: Content
    created_us: int
    expires_us: int | None


@asynccontextmanager
async def open_ledger(path: Path, credential: str, principal: str = "") -> AsyncGenerator["Ledger"]:
    """Open the ledger of one credential (its fingerprint, never the secret), and create it if absent.

    Each `principal` who shares the credential has a separate ledger in the file.

    Raises:
        StoreDamaged, StoreBusy, StorageFull, PermissionDenied: It cannot be used; it is unchanged.
    """
    database = Database(path, busy_timeout=10.0, schema=LEDGER)
    try:
        await database.run(check_integrity)
        await database.run(partial(create_or_migrate, schema=LEDGER))
        yield Ledger(database, credential, principal)
    finally:
        await database.close()


class Ledger:
    """Records uploads. Every write is durable when its call returns.

    The credential's workspace is read each time, because another process may have learnt it.
    """

    def __init__(self, database: Database, credential: str, principal: str = "") -> None:
        self._database = database
        self._credential = f"{credential} {principal}" if principal else credential
        self._principal = principal
        self._learnt = ""

    async def learn_workspace(self, base_url: str, workspace: str | None) -> None:
        """Record the credential's workspace, as named by the server. Other keys of it see the same files."""
        scope = f"{base_url} {workspace} {self._principal}".rstrip()
        if workspace and scope != self._learnt:
            await self._write(lambda connection, old: _move(connection, self._credential, old, scope))
            self._learnt = scope

    async def begin(self, content: Content, lifetime_s: int | None) -> Intent:
        """Record the intent to send this content."""
        intent = Intent(new_file_id().replace("file_", "op_"), content, lifetime_s, to_us(utc_now()))
        await self._write(lambda connection, scope: _insert_intent(connection, scope, intent))
        return intent

    async def intents(self, filename: str, size_bytes: int) -> list[Intent]:
        """Unfinished uploads of this name and size, the only details that the API's list shows of a file."""
        where = f"scope = {_SCOPE} AND filename = ? AND size_bytes = ?"
        query = f"SELECT id, {_CONTENT}, lifetime_s, begun_us FROM intent WHERE {where}"  # noqa: S608
        rows = await self._read(query, filename, size_bytes)
        return [Intent(row[0], Content(*row[1:9]), row[9], row[10]) for row in rows]

    async def has_strangers(self, filename: str, size_bytes: int, age_us: int) -> bool:
        """Whether another principal has an unfinished upload of this name and size that started within `age_us`."""
        if not self._principal:
            return False
        where = f"scope <> {_SCOPE} AND filename = ? AND size_bytes = ? AND begun_us > ?"
        query = f"SELECT 1 FROM intent WHERE {where}"  # noqa: S608
        return bool(await self._read(query, filename, size_bytes, to_us(utc_now()) - age_us))

    async def drop(self, intent: Intent) -> None:
        """Remove an intent that created no file."""
        await self._write(lambda connection, _: connection.execute("DELETE FROM intent WHERE id = ?", (intent.id,)))

    async def commit(self, intent: Intent, file: ApiFile) -> Entry:
        """Record that an intent created this file."""
        entry = Entry(file.id, intent.content, to_us(file.created_at), _us(file))

        def work(connection: sqlite3.Connection, scope: str) -> None:
            connection.execute("DELETE FROM intent WHERE id = ?", (intent.id,))
            _insert_entry(connection, scope, entry)

        await self._write(work)
        return entry

    async def adopt(self, entry: Entry) -> None:
        """Record a file that was not uploaded from here but whose original is now here."""
        await self._write(lambda connection, scope: _insert_entry(connection, scope, entry))

    async def same(self, content: Content, lifetime_s: int | None, tolerance_us: int) -> list[Entry]:
        """Files of the same source and name whose lifetime is equal within the tolerance."""
        found = await self._entries("source_sha256 = ? AND filename = ?", content.source_sha256, content.filename)
        if lifetime_s is None:
            return [entry for entry in found if entry.expires_us is None]
        wanted = to_us(utc_now()) + lifetime_s * 1_000_000
        return [e for e in found if e.expires_us is not None and abs(e.expires_us - wanted) <= tolerance_us]

    async def entry(self, file_id: str) -> Entry | None:
        """A file's entry; None if another machine uploaded it."""
        found = await self._entries("file_id = ?", file_id)
        return found[0] if found else None

    async def entries(self) -> dict[str, Entry]:
        """All files that this machine uploaded with this credential's workspace, by id."""
        return {entry.file_id: entry for entry in await self._entries("1")}

    async def known(self, file_ids: Iterable[str]) -> set[str]:
        """The ids among these that are or were files of any principal in this ledger."""
        found: set[str] = set()
        for file_id in file_ids:
            anywhere = " UNION ALL ".join(f"SELECT 1 FROM {table} WHERE file_id = ?1" for table in _NAMING)  # noqa: S608
            if await self._database.run(partial(_rows, anywhere, (file_id,))):
                found.add(file_id)
        return found

    async def claim(self, file_ids: Iterable[str]) -> None:
        """Record files that the API's tools created for this principal. Files that already have an owner keep it."""
        strange = [file_id for file_id in dict.fromkeys(file_ids) if not await self.known([file_id])]
        now = to_us(utc_now())

        def work(connection: sqlite3.Connection, scope: str) -> None:
            rows = [(scope, file_id, now) for file_id in strange]
            connection.executemany("INSERT OR IGNORE INTO made VALUES (?, ?, ?)", rows)

        if strange:
            await self._write(work)

    async def owns(self, file_id: str) -> bool:
        """Whether a file was uploaded from here or created in an answer here."""
        tables = " UNION ALL ".join(f"SELECT 1 FROM {t} WHERE scope = {_SCOPE} AND file_id = ?2" for t in _OWNING)  # noqa: S608
        return bool(await self._read(tables, file_id))

    async def owned_ids(self) -> list[str]:
        """Ids of all files uploaded from here or created in an answer here, newest first."""
        query = (
            f"SELECT file_id, created_us AS at_us FROM file WHERE scope = {_SCOPE}"  # noqa: S608
            f" UNION SELECT file_id, at_us FROM made WHERE scope = {_SCOPE}"
            " ORDER BY at_us DESC, file_id DESC"
        )
        return list(dict.fromkeys(row[0] for row in await self._read(query)))

    async def fill_in(self, entry: Entry, content: Content) -> Entry:
        """Add a title or path that the entry does not have."""
        title = entry.content.title or content.title
        path = entry.content.source_path or content.source_path
        if (title, path) == (entry.content.title, entry.content.source_path):
            return entry
        query = "UPDATE file SET title = ?, source_path = ? WHERE scope = ? AND file_id = ?"
        await self._write(lambda connection, scope: connection.execute(query, (title, path, scope, entry.file_id)))
        return await self.entry(entry.file_id) or entry

    async def bury(self, file_id: str, filename: str) -> None:
        """Record that a file was deleted."""

        def work(connection: sqlite3.Connection, scope: str) -> None:
            for table in _OWNING:
                connection.execute(f"DELETE FROM {table} WHERE scope = ? AND file_id = ?", (scope, file_id))  # noqa: S608
            values = (scope, file_id, filename, to_us(utc_now()))
            connection.execute("INSERT OR REPLACE INTO gone VALUES (?, ?, ?, ?)", values)

        await self._write(work)

    async def name_of_gone(self, file_id: str) -> str | None:
        """The name of a file deleted from here; None if no file with this id was."""
        rows = await self._read(f"SELECT filename FROM gone WHERE scope = {_SCOPE} AND file_id = ?", file_id)  # noqa: S608
        return rows[0][0] if rows else None

    async def _entries(self, where: str, *values: str) -> list[Entry]:
        columns = f"file_id, {_CONTENT}, created_us, expires_us"
        query = f"SELECT {columns} FROM file WHERE scope = {_SCOPE} AND {where} ORDER BY seq"  # noqa: S608
        return [Entry(row[0], Content(*row[1:9]), row[9], row[10]) for row in await self._read(query, *values)]

    async def _read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return await self._database.run(partial(_rows, query, (self._credential, *values)))

    async def _write(self, work: Callable[[sqlite3.Connection, str], object]) -> None:
        def transaction(connection: sqlite3.Connection) -> None:
            with writing(connection):
                work(connection, _scope_of(connection, self._credential))

        await self._database.run(transaction)


def _us(file: ApiFile) -> int | None:
    return None if file.expires_at is None else to_us(file.expires_at)


def _rows(query: str, values: tuple[object, ...], connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
    return connection.execute(query, values).fetchall()


def _scope_of(connection: sqlite3.Connection, credential: str) -> str:
    return connection.execute(f"SELECT {_SCOPE}", (credential,)).fetchone()[0]


def _move(connection: sqlite3.Connection, credential: str, old: str, new: str) -> None:
    if old == new:
        return
    connection.execute("INSERT OR REPLACE INTO scope VALUES (?, ?)", (credential, new))
    if old != _unknown(credential):
        return
    # Rows that another key of the workspace already recorded stay as they are.
    for table in (*_NAMING, "intent"):
        connection.execute(f"UPDATE OR IGNORE {table} SET scope = ? WHERE scope = ?", (new, old))  # noqa: S608


def _unknown(credential: str) -> str:
    """The scope of a credential whose workspace is unknown."""
    return f"credential {credential}"


def _insert_intent(connection: sqlite3.Connection, scope: str, intent: Intent) -> None:
    query = f"INSERT INTO intent (id, scope, {_CONTENT}, lifetime_s, begun_us) VALUES ({', '.join('?' * 12)})"  # noqa: S608
    values = (intent.id, scope, *_values(intent.content), intent.lifetime_s, intent.begun_us)
    connection.execute(query, values)


def _insert_entry(connection: sqlite3.Connection, scope: str, entry: Entry) -> None:
    columns = f"scope, file_id, {_CONTENT}, created_us, expires_us"
    query = f"INSERT OR REPLACE INTO file ({columns}) VALUES ({', '.join('?' * 12)})"  # noqa: S608
    connection.execute(query, (scope, entry.file_id, *_values(entry.content), entry.created_us, entry.expires_us))


def _values(content: Content) -> tuple[str | int | None, ...]:
    return (
        content.source_sha256,
        content.sent_sha256,
        content.size_bytes,
        content.filename,
        content.local_type,
        content.sent_type,
        content.title,
        content.source_path,
    )
