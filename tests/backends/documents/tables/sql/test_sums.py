"""Sums are those of decimal numbers, in every place where SQLite takes one."""

import random
import sqlite3
from decimal import Decimal

import pytest

from files_api_mcp.backends.documents.tables.sql.sums import add_exact_sums


@pytest.fixture
def connection() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    add_exact_sums(connection)
    connection.execute("CREATE TABLE t (n)")
    return connection


def fill(connection: sqlite3.Connection, *values: object) -> None:
    connection.executemany("INSERT INTO t VALUES (?)", [(value,) for value in values])


@pytest.mark.parametrize(
    ("values", "total"),
    [
        ((), None),
        ((None, None), None),
        ((1, 2, None), 3),
        ((0.1, 0.2), 0.3),
        ((0.1, 0.2, -0.3), 0.0),
        ((1e9, 0.1, -1e9), 0.1),
        ((10, 0.25), 10.25),
        (("12 kg", " -2.5e1x", "none", b"3"), -10.0),
        ((2**62, 2**62), float(2**63)),
        ((1e308, 1e308), float("inf")),
        ((149366.0, 1e-11), 149366.0),
    ],
)
def test_a_sum(connection: sqlite3.Connection, values: tuple[object, ...], total: object) -> None:
    fill(connection, *values)
    assert connection.execute("SELECT sum(n) FROM t").fetchone() == (total,)


def test_many_amounts_add_up_to_the_cent(connection: sqlite3.Connection) -> None:
    chance = random.Random(18)
    cents = [chance.randrange(-(10**7), 10**8) for _ in range(20_000)]
    fill(connection, *(one / 100 for one in cents))
    total, average = connection.execute("SELECT sum(n), avg(n) FROM t").fetchone()
    assert total == float(Decimal(sum(cents)) / 100)
    assert average == pytest.approx(total / len(cents), rel=1e-15)


def test_averages(connection: sqlite3.Connection) -> None:
    assert connection.execute("SELECT avg(n) FROM t").fetchone() == (None,)
    fill(connection, 1, 2, None)
    assert connection.execute("SELECT avg(n), sum(DISTINCT n) FROM t").fetchone() == (1.5, 3)


def test_a_window_that_moves_loses_what_leaves_it(connection: sqlite3.Connection) -> None:
    fill(connection, 0.1, 0.2, 0.3, 5, "x", None)
    found = connection.execute(
        "SELECT sum(n) OVER (ORDER BY rowid ROWS 1 PRECEDING), avg(n) OVER (ORDER BY rowid ROWS 1 PRECEDING) FROM t"
    ).fetchall()
    assert [total for total, _ in found] == [0.1, 0.3, 0.5, 5.3, 5.0, 0.0]
    assert found[4][1] == 2.5
