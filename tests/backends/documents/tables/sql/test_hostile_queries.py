"""Hostile queries: each is refused or bounded, and the process then answers the next one."""

import random
from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from files_api_mcp.backends.documents.tables.sql.mistake import Mistake
from files_api_mcp.backends.documents.tables.sql.select import select
from files_api_mcp.backends.documents.task import ReaderStopped, Task
from files_api_mcp.backends.documents.workers import DocumentWorkers
from tests.support.table_databases import opened_database, table

pytestmark = pytest.mark.anyio

SECONDS = 0.03
MOST_ANSWER = 1_200_000
TRIES = 10
ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
LONG = "printf('%.*c', 4000000, 'x')"

REFUSED = [
    "INSERT INTO data VALUES (1)",
    "UPDATE big SET n = 0",
    "DELETE FROM big",
    "REPLACE INTO big VALUES (1)",
    "DROP TABLE big",
    "CREATE TABLE x (a)",
    "CREATE TEMP TABLE x AS SELECT * FROM data",
    "CREATE VIRTUAL TABLE x USING fts5(a)",
    "CREATE VIRTUAL TABLE temp.x USING dbstat",
    "CREATE TEMP TRIGGER t AFTER INSERT ON big BEGIN SELECT 1; END",
    "ALTER TABLE big RENAME TO small",
    "ATTACH '/etc/passwd' AS p",
    "ATTACH ':memory:' AS p",
    "DETACH main",
    "VACUUM",
    "VACUUM INTO '/tmp/stolen.db'",
    "ANALYZE",
    "REINDEX",
    "BEGIN",
    "COMMIT",
    "SAVEPOINT s",
    "PRAGMA table_info(big)",
    "PRAGMA writable_schema = ON",
    "PRAGMA hard_heap_limit = 0",
    "EXPLAIN SELECT 1",
    "EXPLAIN QUERY PLAN SELECT 1",
    "SELECT * FROM pragma_table_info('big')",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM pragma_function_list",
    "SELECT * FROM pragma_hard_heap_limit(0)",
    "SELECT * FROM dbstat",
    "SELECT * FROM sqlite_dbpage",
    "SELECT * FROM sqlite_stmt",
    "SELECT * FROM bytecode('SELECT 1')",
    "SELECT * FROM tables_used('SELECT 1')",
    "SELECT * FROM fts3tokenize",
    "SELECT * FROM generate_series(1, 1000000000)",
    "SELECT * FROM sqlite_temp_master",
    "SELECT * FROM temp.sqlite_schema",
    "SELECT load_extension('/tmp/evil.so')",
    "SELECT load_extension('/tmp/evil.so', 'entry')",
    "SELECT readfile('/etc/passwd')",
    "SELECT writefile('/tmp/x', 'x')",
    "SELECT edit('x')",
    "SELECT fts3_tokenizer('simple')",
    "SELECT fts3_tokenizer('simple', x'4141414141414141')",
    "SELECT fts5(1)",
    "SELECT rtreecheck('big')",
    "SELECT sqlite_version()",
    "SELECT sqlite_compileoption_get(1)",
    "SELECT sqlite_log(1, 'x')",
    "SELECT sqlite_rename_column(1)",
    "SELECT randomblob(1000000000)",
    "SELECT zeroblob(1000000000)",
    "SELECT changes(), total_changes()",
    "SELECT 1; DROP TABLE big",
    "SELECT 1; SELECT 2",
    "SELECT 1; -- \n; ATTACH 'x' AS y",
    "/* SELECT */ DROP TABLE big",
    "-- SELECT\nDELETE FROM big",
    "WITH x AS (SELECT 1) DELETE FROM big",
    "WITH x AS (SELECT 1) INSERT INTO big SELECT * FROM x",
    "WITH x AS (DELETE FROM big RETURNING *) SELECT * FROM x",
    "SELECT * FROM (DELETE FROM big RETURNING n)",
    "SELECT 1\0; DROP TABLE big",
    "SELECT ?1",
    "SELECT :a",
    "SELECT 'never ends",
    "SELECT /* never ends",
    'SELECT "never ends',
    "",
    ";",
    "\ud800",
    "SELECT \ud800 FROM data",
    "SELECT " + "x" * 30_000,
    "SELECT " + "(" * 5000 + "1" + ")" * 5000,
    "SELECT " + "(SELECT " * 150 + "1" + ")" * 150,
    "SELECT " + "1+" * 5000 + "1",
    "SELECT " + "-" * 1 + "- 1",
    "SELECT " + " NOT" * 3000 + " 1",
    "SELECT 1" + " UNION ALL SELECT 1" * 1000,
    "SELECT " + ",".join(["1"] * 5000),
    "SELECT max(" + ",".join(["1"] * 500) + ")",
    "SELECT CASE 1" + " WHEN 1 THEN 1" * 800 + " WHEN (SELECT * FROM data) THEN 2 END FROM nothing",
    "SELECT * FROM " + ", ".join(["data"] * 100),
    "WITH " + ",".join(f"c{n} AS (SELECT * FROM c{n - 1})" for n in range(1, 300)) + " SELECT * FROM c299",
    "WITH a AS (SELECT * FROM b), b AS (SELECT * FROM a) SELECT * FROM a",
    f"SELECT n FROM data WHERE t LIKE '{'%a' * 200}'",
    f"SELECT hex({LONG}), hex(hex({LONG}))",
    f"SELECT replace({LONG}, 'x', {LONG})",
    f"SELECT {LONG} || {LONG}",
    "SELECT group_concat(a.t || b.t) FROM data a, data b",
    "SELECT json_group_array(printf('%.*c', 400000, 'x')) FROM data",
    "SELECT regexp('(a+)+$', t) FROM data",
    "SELECT t REGEXP '(a+)+$' FROM data",
    "SELECT t MATCH 'a' FROM data",
]
BOUNDED = [
    "SELECT printf('%1000000000d', 1)",
    f"{ENDLESS} SELECT x FROM c",
    f"{ENDLESS} SELECT max(x) FROM c",
    f"{ENDLESS} SELECT x FROM c ORDER BY x DESC",
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION SELECT x + 1 FROM c) SELECT count(*) FROM c",
    "WITH RECURSIVE c(x) AS (SELECT 'a' UNION ALL SELECT x || x FROM c) SELECT length(x) FROM c",
    "SELECT count(*) FROM data a, data b, data c, data d, data e",
    "SELECT a.n FROM data a, data b, data c ORDER BY random()",
    "SELECT DISTINCT a.n * b.n * c.n FROM data a, data b, data c",
    "SELECT sum(a.n) OVER (ORDER BY b.n) FROM data a, data b, data c",
    "SELECT sum(n) OVER (ORDER BY n ROWS BETWEEN 900 PRECEDING AND 900 FOLLOWING) FROM data",
    f"SELECT {LONG} FROM data",
    f"SELECT a.n, {LONG} x FROM data a, data b ORDER BY x",
    f"SELECT {LONG} LIKE '%x%x%x%x%x%x%x%x%x%y' FROM data",
    f"SELECT {LONG} GLOB '*x*x*x*x*x*x*x*x*x*y' FROM data",
    f"SELECT instr({LONG}, {LONG}) FROM data",
    f"SELECT trim({LONG}, {LONG}) FROM data",
    "SELECT value FROM data, json_each('[' || substr(replace(printf('%.*c', 100000, 'x'), 'x', ',1'), 2) || ']')",
    f"SELECT json_valid(replace({LONG}, 'x', '[')) FROM data",
    "SELECT (SELECT count(*) FROM data b, data c WHERE b.n <> a.n) FROM data a",
    "SELECT * FROM data WHERE n IN (SELECT a.n + b.n FROM data a, data b)",
    "SELECT n FROM data WHERE EXISTS (SELECT 1 FROM data b, data c, data d WHERE b.n + c.n + d.n < 0)",
    "SELECT 9223372036854775807 + n, -9223372036854775808 / -1, 1e308 * 10, abs(1) FROM data",
]

WORDS = (
    "SELECT FROM data big * , ( ) WHERE GROUP BY ORDER HAVING AS a n \"n\" `t` [t] 'x' 1 = max min sum count ( ) OVER "
    "FILTER UNION ALL EXCEPT WITH RECURSIVE x NOT MATERIALIZED . ; -- \n /* */ DISTINCT JOIN ON USING LEFT LIMIT "
    "NATURAL _row IS NULL CASE WHEN THEN END VALUES || -> json_each EXISTS IN WINDOW INDEXED \" ' ` [ a.* data.*"
).split(" ")


@pytest.fixture
def big() -> Generator[BinaryIO]:
    with opened_database([table("big", ["n", "t"], *([n, "a" * 100] for n in range(1000)))]) as file:
        yield file


@pytest.fixture
async def workers() -> AsyncGenerator[DocumentWorkers]:
    async with DocumentWorkers(size=1) as workers:
        yield workers


async def answered(workers: DocumentWorkers, database: BinaryIO, sql: str, seconds: float = 5) -> dict[str, Any]:
    task = Task("query", database.fileno(), None, {"sql": sql, "sheet": None, "seconds": seconds})
    async with aclosing(workers.run([task])) as jobs:
        return [one async for answers in jobs async for one in answers][-1]


async def test_each_is_refused_or_bounded_and_the_next_one_is_answered(workers: DocumentWorkers, big: BinaryIO) -> None:
    assert len({*REFUSED, *BOUNDED}) >= 100
    for sql in [*REFUSED, *BOUNDED]:
        answer = await answered(workers, big, sql, SECONDS)
        assert "mistake" in answer or sql in BOUNDED, sql[:100]
        assert len(str(answer)) < MOST_ANSWER, sql[:100]
        assert (await answered(workers, big, "SELECT count(*), sum(n) FROM data"))["rows"] == [[1000, 499500]]
    assert not Path("/tmp/stolen.db").exists()


def test_any_words_give_a_result_or_say_what_is_wrong(big: BinaryIO) -> None:
    chance = random.Random(18)
    for _ in range(300):
        words = ["SELECT", "n", "FROM", "data"]
        for _ in range(chance.randrange(12)):
            words.insert(chance.randrange(len(words) + 1), chance.choice(WORDS))
        with suppress(Mistake):
            found = select(big, " ".join(words), None, SECONDS)
            assert all(len(row) == len(found.columns) for row in found.rows)
            assert found.row_numbers is None or len(found.row_numbers) == len(found.rows)


async def test_a_step_without_an_end_costs_its_process_only(big: BinaryIO) -> None:
    """SQLite asks for the time between steps; this one counts to a billion."""
    async with DocumentWorkers(size=1, timeout_s=2) as workers:
        with pytest.raises(ReaderStopped):
            await answered(workers, big, "SELECT printf('%.*c', 2000000000, 'x')")
        for _ in range(TRIES):
            # On a busy machine, a new process may take longer to start.
            with suppress(ReaderStopped):
                assert (await answered(workers, big, "SELECT count(*) FROM data"))["rows"] == [[1000]]
                return
    raise AssertionError("no query was answered")
