"""Measures queries over 100,000 rows of 8 columns, as XLSX and as CSV."""

import csv
import random
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from anyio import to_thread
from mcp import Client
from openpyxl import Workbook

from files_api_mcp.server.app import build_server
from files_api_mcp.server.settings import Settings

__all__ = ["call", "print_times"]

_ROWS = 100_000
_SQL = (
    'SELECT "Region", SUM("Amount"), COUNT(*) FROM data GROUP BY 1',
    'SELECT "Customer", SUM("Units" * "Amount") FROM data GROUP BY 1 ORDER BY 2 DESC LIMIT 5',
    "SELECT COUNT(*) FROM data WHERE \"Day\" BETWEEN '2021-01-01' AND '2021-03-01'",
)


async def print_times(root: Path, data: Path) -> None:
    """Print the seconds of each query, of which the first one loads the table."""
    files = await to_thread.run_sync(_files, root)
    async with Client(await to_thread.run_sync(build_server, Settings(roots=(root,), data_dir=data))) as client:
        for path in files:
            (file,) = (await call(client, "upload_file", path=str(path)))["files"]
            await call(client, "ask_document", question="customer", file_ids=[file["file_id"]])  # it is indexed now
            seconds: list[str] = []
            for sql in _SQL:
                began = time.perf_counter()
                await call(client, "query_table", file_id=file["file_id"], sql=sql)
                seconds.append(f"{time.perf_counter() - began:.2f}")
            print(f"{path.name}: {', '.join(seconds)} s")


def _files(root: Path) -> list[Path]:
    header, *rows = _rows()
    with (root / "sales.csv").open("w", encoding="utf-8", newline="") as text:
        csv.writer(text).writerows([header, *rows])
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sales")
    for row in (header, *rows):
        sheet.append(row)
    book.save(root / "sales.xlsx")
    return [root / "sales.xlsx", root / "sales.csv"]


def _rows() -> Iterator[list[Any]]:
    made = random.Random(18)
    yield ["Order", "Customer", "Region", "Day", "Units", "Amount", "Share", "Note"]
    for number in range(_ROWS):
        yield [
            f"SO-{number:06d}",
            f"Customer {made.randrange(2000)}",
            made.choice("NSEW"),
            date(2020, 1, 1) + timedelta(days=number % 1500),
            made.randrange(1000),
            made.randrange(1_000_000) / 100,
            made.random(),
            f"note {number % 50}",
        ]


async def call(client: Client, tool: str, **arguments: Any) -> Any:
    """The structured result of a tool.

    Raises:
        ValueError: It is an error.
    """
    result = await client.call_tool(tool, arguments)
    if result.is_error:
        raise ValueError(" ".join(getattr(part, "text", "") for part in result.content))
    return result.structured_content
