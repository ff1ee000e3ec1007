"""A database whose file is replaced while it is in use."""

import shutil
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import Path

import pytest

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
