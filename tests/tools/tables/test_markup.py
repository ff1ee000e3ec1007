"""Exact answers from the tables of Word documents, web pages and Markdown."""

from pathlib import Path

import pytest

from tests.support.agent import connected, settings_for, text_of
from tests.support.documents import word

pytestmark = pytest.mark.anyio

PRICES = word(
    [("Heading 1", "Price list 2026"), ("Normal", "Table 1: Pumps and valves")],
    [
        ["Article", "Group", "Price", "Valid from"],
        ["0017", "Pumps", "1,250.00", "2026-01-01"],
        ["0018", "Pumps", "980.50", "2026-02-15"],
        ["0101", "Valves", "49.90", "2026-01-01"],
    ],
)
SALES = (
    "<h1>Report</h1><table><caption>Sales</caption><thead><tr><th rowspan=2>Region<th rowspan=2>City<th colspan=2>2024"
    "<tr><th>Sales<th>Costs<tbody><tr><td rowspan=2>North<td>Kiel<td>1,200<td>900<tr><td>Bremen<td>800<td>700"
    "<tr><td>South<td>Ulm<td>600<td>(550)</table><p>End.</p>"
)
FEES = "# Fees\n\n| Permit | Fee | Days |\n|---|--:|--:|\n| Building | $1,250 | 30 |\n| **Sign** | $120 | n/a |\n"


@pytest.mark.parametrize(
    ("name", "content", "columns", "queries"),
    [
        (
            "prices.docx",
            PRICES,
            ["Article: text", "Group: text", "Price: number", "Valid from: date"],
            [
                ('SELECT "Group", sum(Price) FROM data GROUP BY 1', [["Pumps", 2230.5], ["Valves", 49.9]]),
                ("SELECT Article FROM data WHERE \"Valid from\" > '2026-01-31'", [[3, "0018"]]),
            ],
        ),
        (
            "sales.html",
            SALES,
            ["Region: text", "City: text", "2024 Sales: integer", "2024 Costs: integer"],
            [
                ('SELECT Region, sum("2024 Sales") FROM data GROUP BY 1', [["North", 2000], ["South", 600]]),
                ('SELECT City FROM "table 1" WHERE "2024 Costs" < 0', [[5, "Ulm"]]),
            ],
        ),
        (
            "fees.md",
            FEES,
            ["Permit: text", "Fee: integer", "Days: integer"],
            [
                ("SELECT sum(Fee), count(Days) FROM data", [[1370, 1]]),
                ("SELECT Fee FROM data WHERE Permit = 'Sign'", [[3, 120]]),
            ],
        ),
    ],
)
async def test_queries_over_a_table_in_a_text(
    tmp_path: Path, name: str, content: bytes | str, columns: list[str], queries: list[tuple[str, list[list[object]]]]
) -> None:
    async with connected(settings_for(tmp_path)) as agent:
        file_id = (await agent.upload(name, content))["file_id"]
        (table,) = (await agent.data("describe_file", file_id=file_id))["tables"]
        assert table["columns"] == columns
        for sql, rows in queries:
            assert (await agent.data("query_table", file_id=file_id, sql=sql))["rows"] == rows
        shown = text_of(await agent.call("read_document", file_id=file_id, at=table["where"]))
        assert str(table["sample"][-1][0]) in shown
