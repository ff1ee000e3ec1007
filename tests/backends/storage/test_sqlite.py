"""A database: a file that is replaced while it is in use, and work in the thread of its caller."""

import shutil
import sqlite3
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import closing
from pathlib import Path

import pytest
from anyio import to_thread

from files_api_mcp.backends.errors import FilesError, NotFound
from files_api_mcp.backends.storage.schema import Schema
from files_api_mcp.backends.storage.sqlite import Database, create_or_migrate, writing

pytestmark = pytest.mark.anyio

SCHEMA = Schema(application_id=7, steps=(("CREATE TABLE numbers (number INTEGER NOT NULL)",),))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncGenerator[Database]:
    database = Database(tmp_path / "numbers.db", busy_timeout=5, schema=SCHEMA)
    await database.run(lambda connection: create_or_migrate(connection, schema=SCHEMA))
    yield database
    await database.close()


async def test_a_write_that_waited_while_the_file_was_replaced_goes_to_the_new_file(
    database: Database, tmp_path: Path
) -> None:
    replacements = [shutil.copyfile(tmp_path / "numbers.db", tmp_path / "copy.db")]

    def add(connection: sqlite3.Connection) -> None:
        # Here a rebuild in another process ends, for whose lock this waits.
        if replacements:
            replacements.pop().replace(tmp_path / "numbers.db")
        with writing(connection):
            connection.execute("INSERT INTO numbers VALUES (1)")

    await database.run(add)
    with closing(sqlite3.connect(tmp_path / "numbers.db")) as connection:
        assert connection.execute("SELECT number FROM numbers").fetchall() == [(1,)]


def count(connection: sqlite3.Connection) -> int:
    (found,) = connection.execute("SELECT count(*) FROM numbers").fetchone()
    return found


async def at_once(database: Database, work: Callable[[sqlite3.Connection], object] = count) -> object:
    return await to_thread.run_sync(database.run_at_once, work)


async def test_work_at_once_runs_in_the_thread_of_its_caller(database: Database) -> None:
    def both() -> tuple[object, int]:
        return database.run_at_once(
            lambda connection: (count(connection), threading.get_ident())
        ), threading.get_ident()

    found, here = await to_thread.run_sync(both)
    assert found == (0, here)


async def test_work_at_once_does_not_wait_for_other_work(database: Database) -> None:
    assert await database.run(lambda _: database.run_at_once(count)) is None
    assert await at_once(database) == 0


async def test_work_at_once_opens_nothing(database: Database, tmp_path: Path) -> None:
    await database.close()
    assert await at_once(database) is None
    unused = Database(tmp_path / "unused.db", busy_timeout=5, schema=SCHEMA)
    assert await at_once(unused) is None
    assert not await to_thread.run_sync((tmp_path / "unused.db").exists)
    assert await database.run(count) == 0


async def test_other_work_says_why_work_at_once_fails(database: Database, tmp_path: Path) -> None:
    def refuse(_: sqlite3.Connection) -> int:
        raise NotFound("There is no such number.")

    assert await at_once(database, refuse) is None
    with pytest.raises(NotFound):
        await database.run(refuse)
    with closing(sqlite3.connect(tmp_path / "numbers.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert await at_once(database) is None
    with pytest.raises(FilesError):
        await database.run(lambda connection: connection.execute("SELECT letter FROM numbers"))
    assert await at_once(database) is None  # the failure closed the file
    assert await database.run(count) == 0
