"""The made tables of the benchmark of queries, and how its results are judged."""

import pytest

from benchmarks.table_queries.__main__ import main, same
from benchmarks.table_queries.questions import ask_questions, sql_questions
from benchmarks.table_queries.tables import made_tables


def test_the_questions_are_as_many_and_as_varied_as_said() -> None:
    assert (len(made_tables()), len(sql_questions()), len(ask_questions())) == (40, 200, 60)
    assert len({one.kind for one in sql_questions()}) == 13
    assert all(one.keys for one in ask_questions())


def test_tables_are_the_same_each_time() -> None:
    first, second = made_tables()[5], made_tables()[5]
    assert first.content() == second.content()
    assert len({row["key"] for row in first.rows}) == len(first.rows)


def test_only_the_same_rows_are_right() -> None:
    assert same([["a", 0.1 + 0.2]], [["a", 0.3]])
    assert not same([["a", 1]], [["a", 2]])
    assert not same([["a"]], [["a"], ["b"]])
    assert not same([["a", None]], [["a", 0]])


def test_a_sample_of_the_queries_is_answered_right(capsys: pytest.CaptureFixture[str]) -> None:
    """One table of each kind of file."""
    assert main(["--tables", "1", "3", "5", "6", "9", "13", "21"]) == 0
    assert "query_table: 35 of 35" in capsys.readouterr().out
