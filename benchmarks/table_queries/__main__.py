"""Asks 200 questions with exact answers over 40 tables: `python -m benchmarks.table_queries`.

The tables are made with a fixed seed, in the formats and dialects of spreadsheets, CSV and JSON. Each question is a
SELECT that goes through the tool query_table of a real server; its rows must be those that were computed from the
values the tables were made of. 60 more are asked in English through ask_document: are the rows that decide each among
the passages? Printed are the right ones by kind, and each wrong one. `--tables 0 5` asks only about these tables.
`--write FOLDER` only writes the files, and the questions in English as `questions.jsonl`. `--time` measures queries
over 100,000 rows of 8 columns.
"""

import argparse
import json
import math
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread
from mcp import Client

from benchmarks.table_queries.questions import AskQuestion, SqlQuestion, ask_questions, sql_questions
from benchmarks.table_queries.tables import MadeTable, made_tables
from benchmarks.table_queries.timing import call, print_times
from files_api_mcp.server.app import build_server
from files_api_mcp.server.settings import Settings

__all__ = ["main", "same", "write"]

_BUDGET = 1500


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark. Returns 1 if a query had a wrong result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path, metavar="FOLDER")
    parser.add_argument("--time", action="store_true")
    parser.add_argument("--tables", type=int, nargs="+", metavar="NUMBER", default=range(len(made_tables())))
    options = parser.parse_args(arguments)
    if options.write:
        write(options.write, options.tables)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "root"
        if options.time:
            root.mkdir()
            anyio.run(print_times, root, root.parent / "data")
            return 0
        write(root, options.tables)
        return anyio.run(_run, root, root.parent / "data", options.tables)


def write(folder: Path, numbers: Collection[int]) -> None:
    """Write the files of these tables and the questions about them."""
    folder.mkdir(parents=True, exist_ok=True)
    for table in _chosen(numbers):
        (folder / table.filename).write_bytes(table.content())
    lines = [
        {"file": one.table.filename, "kind": one.kind, "question": one.question, "keys": one.keys}
        for one in ask_questions()
        if one.table.number in numbers
    ]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (folder / "questions.jsonl").write_text(text, encoding="utf-8")


def _chosen(numbers: Collection[int]) -> list[MadeTable]:
    return [table for table in made_tables() if table.number in numbers]


async def _run(root: Path, data: Path, numbers: Collection[int]) -> int:
    settings = Settings(roots=(root,), data_dir=data)
    async with Client(await to_thread.run_sync(build_server, settings)) as client:
        uploaded = [await call(client, "upload_file", path=str(root / one.filename)) for one in _chosen(numbers)]
        file_ids = {one["files"][0]["filename"]: one["files"][0]["file_id"] for one in uploaded}
        queries = [one for one in sql_questions() if one.table.number in numbers]
        asked = [one for one in ask_questions() if one.table.number in numbers]
        results = [(one.kind, await _query(client, one, file_ids)) for one in queries]
        _print("query_table", results)
        _print("ask_document", [(one.kind, await _ask(client, one, file_ids)) for one in asked])
    return int(any(wrong for _, wrong in results))


async def _query(client: Client, question: SqlQuestion, file_ids: Mapping[str, str]) -> str:
    """What is wrong with the result; "" if nothing is."""
    name = question.table.filename
    try:
        found = await call(client, "query_table", file_id=file_ids[name], sql=question.sql)
    except ValueError as exc:
        return f"{name}: {question.sql}\n    {exc}"
    # The numbers of the rows come first where each is one of the table.
    rows = [row[1:] for row in found["rows"]] if found["columns"][0] == "_row" else found["rows"]
    return "" if same(rows, question.answer) else f"{name}: {question.sql}\n    {rows} and not {question.answer}"


async def _ask(client: Client, question: AskQuestion, file_ids: Mapping[str, str]) -> str:
    """Which rows are missing; "" if none is."""
    name = question.table.filename
    arguments = {"question": question.question, "file_ids": [file_ids[name]], "max_tokens": _BUDGET}
    found = await call(client, "ask_document", **arguments)
    text = json.dumps(found["passages"], ensure_ascii=False)
    missing = [key for key in question.keys if key not in text]
    return f"{name}: {question.question}\n    without {', '.join(missing[:8])}" if missing else ""


def same(rows: Sequence[Sequence[Any]], answer: Sequence[Sequence[Any]]) -> bool:
    """Whether two results are the same; numbers may differ in what a float cannot hold."""
    return len(rows) == len(answer) and all(
        len(row) == len(expected) and all(map(_same_value, row, expected))
        for row, expected in zip(rows, answer, strict=True)
    )


def _same_value(one: object, other: object) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-6)
    return one == other


def _print(name: str, results: Sequence[tuple[str, str]]) -> None:
    right, all_ = Counter(kind for kind, wrong in results if not wrong), Counter(kind for kind, _ in results)
    print(f"{name}: {right.total()} of {all_.total()}")
    for kind, count in all_.items():
        print(f"  {kind}: {right[kind]} of {count}")
    for _, wrong in results:
        if wrong:
            print(wrong, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
