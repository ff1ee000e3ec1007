"""`files-api-mcp query`, and the tables that `describe` shows."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.support import fork_server
from tests.support.agent import write
from tests.support.terminal import COMMAND, at_terminal, environment, unsafe

pytestmark = pytest.mark.slow

FARES = "route,fare\nLyse,4.5\nHolm,5\nSund,\n"


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return fork_server.run(
        [*fork_server.COMMAND, *arguments, "--backend", "local", "--data-dir", str(folder / "data")],
        text=True,
        timeout=300,
    )


def test_a_query_prints_lines_for_scripts_and_json(tmp_path: Path) -> None:
    fares = str(write(tmp_path / "fares.csv", FARES))
    done = command(tmp_path, "query", fares, "SELECT * FROM data")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "_row\troute\tfare\n2\tLyse\t4.5\n3\tHolm\t5\n4\tSund\t\n"
    assert done.stderr.endswith("3 rows.\n")
    as_json = json.loads(command(tmp_path, "query", fares, "SELECT SUM(fare) AS total FROM data", "--json").stdout)
    assert as_json == {"total_rows": 1, "truncated": False, "columns": ["total"], "rows": [[9.5]]}


def test_more_than_200_rows_are_counted(tmp_path: Path) -> None:
    many = str(write(tmp_path / "many.csv", "number,name\n" + "".join(f"{n},name {n}\n" for n in range(1, 301))))
    done = command(tmp_path, "query", many, "SELECT * FROM data")
    assert len(done.stdout.splitlines()) == 201
    assert "200 of 300 rows are shown." in done.stderr


def test_a_mistake_is_exit_1_and_names_the_columns(tmp_path: Path) -> None:
    fares = str(write(tmp_path / "fares.csv", FARES))
    wrong = command(tmp_path, "query", fares, "SELECT fares FROM data")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "[invalid_argument]" in wrong.stderr
    assert '"fare"' in wrong.stderr
    assert command(tmp_path, "query", fares, "SELECT 1 FROM data", "--sheet", "Summary").returncode == 1
    assert command(tmp_path, "query", str(tmp_path / "nowhere.csv"), "SELECT 1").returncode == 1
    assert command(tmp_path, "query", fares).returncode == 2


def test_describe_has_a_line_for_each_table(tmp_path: Path) -> None:
    stored = command(tmp_path, "upload", str(write(tmp_path / "fares.csv", FARES)))
    file_id = stored.stdout.split("\t")[0]
    lines = command(tmp_path, "describe", file_id).stdout.splitlines()
    assert "tables\ttable 1\trows 1-4\t3\troute: text\tfare: number" in lines
    (next_step,) = [line for line in lines if line.startswith("next\t")]
    assert "`files-api-mcp query`" in next_step


def test_a_terminal_shows_tables_escaped(tmp_path: Path) -> None:
    evil = write(tmp_path / "fares.csv", "ro\x1b]0;owned\x07ute,fare\nLy\x1b[2Jse,4.5\nHolm,5\n")
    surroundings = environment(FILES_API_MCP_DATA_DIR=str(tmp_path / "data"))
    stored = command(tmp_path, "upload", str(evil))
    for arguments in (["query", str(evil), "SELECT * FROM data"], ["describe", stored.stdout.split("\t")[0]]):
        with at_terminal([*COMMAND, *arguments, "--backend", "local"], env=surroundings) as terminal:
            assert terminal.end() == 0
        assert unsafe(terminal.shown) == []
        assert "4.5" in terminal.shown
