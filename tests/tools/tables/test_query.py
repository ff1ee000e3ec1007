"""The result of query_table: bounded, each row with its number."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from files_api_mcp.backends.table_querier import TableResult
from files_api_mcp.backends.tokens import estimate_tokens
from files_api_mcp.tools.result_size import MOST_BYTES, MOST_TOKENS, compact_json
from files_api_mcp.tools.tables.query import query_result
from tests.support.agent import Agent, Era, connected, settings_for, text_of
from tests.support.documents import word

pytestmark = pytest.mark.anyio


def shown(**fields: Any) -> dict[str, Any]:
    return query_result(TableResult(**fields)).model_dump(exclude_none=True)


def test_the_number_of_a_row_comes_first() -> None:
    found = shown(columns=["fare"], rows=[[4.5], [None]], total_rows=2, row_numbers=[2, 7])
    assert found == {"total_rows": 2, "truncated": False, "columns": ["_row", "fare"], "rows": [[2, 4.5], [7, None]]}


def test_a_number_that_was_asked_for_stays_in_its_column() -> None:
    found = shown(columns=["fare", "_row"], rows=[[4, 2]], total_rows=1, row_numbers=[2])
    assert (found["columns"], found["rows"]) == (["fare", "_row"], [[4, 2]])


def test_sums_have_no_row_number() -> None:
    assert shown(columns=["sum"], rows=[[149366]], total_rows=1)["rows"] == [[149366]]


def test_rows_that_are_left_out_are_counted_and_the_next_step_is_named() -> None:
    found = shown(columns=["n"], rows=[[1]] * 200, total_rows=1234)
    assert found["truncated"]
    assert found["next"] == (
        "200 of 1,234 rows are shown. Compute over all with COUNT, SUM or GROUP BY, or go on with LIMIT and OFFSET 200."
    )
    partial = shown(columns=["n"], rows=[[1]] * 200, total_rows=9999, is_partial=True)
    assert partial["next"].startswith("200 of at least 9,999 rows are shown.")


def test_the_result_is_never_too_large() -> None:
    for value in ("word " * 100, "語" * 300, "x1" * 900):
        result = query_result(TableResult(columns=["a", "b"], rows=[[value, 1]] * 200, total_rows=200))
        assert 0 < len(result.rows) < 200
        assert result.truncated
        text = compact_json(result)
        assert estimate_tokens(text) <= MOST_TOKENS
        assert len(text.encode()) <= MOST_BYTES


def test_notes_are_passed_on() -> None:
    assert shown(columns=["n"], rows=[], total_rows=0, notes=("3 cells are errors.",))["notes"] == [
        "3 cells are errors."
    ]


SALES = "Customer,Amount,Paid,Code\n" + "".join(
    f"{'Meier' if number % 3 else 'Olsen'},{number}.5,2025-01-{number:02},00{number:03}\n" for number in range(1, 29)
)


async def test_a_query_through_a_client(tmp_path: Path, era: Era) -> None:
    async with connected(settings_for(tmp_path), era) as agent:
        file = await agent.upload("sales.csv", SALES)
        (table,) = (await agent.data("describe_file", file_id=file["file_id"]))["tables"]
        assert table["columns"] == ["Customer: text", "Amount: number", "Paid: date", "Code: text"]
        query = {"file_id": file["file_id"]}
        found = await agent.data(
            "query_table", **query, sql='SELECT COUNT(*), SUM("Amount") FROM data WHERE "Customer" = \'Meier\''
        )
        meier = [number + 0.5 for number in range(1, 29) if number % 3]
        assert found == {
            "total_rows": 1,
            "truncated": False,
            "columns": ["COUNT(*)", 'SUM("Amount")'],
            "rows": [[len(meier), sum(meier)]],
        }
        last = await agent.data(
            "query_table", **query, sql=f'SELECT * FROM "{table["name"]}" ORDER BY Paid DESC LIMIT 1'
        )
        assert last["columns"] == ["_row", "Customer", "Amount", "Paid", "Code"]
        assert last["rows"] == [[29, "Meier", 28.5, "2025-01-28", "00028"]]
        # The number of the row leads back to its text.
        shown = text_of(await agent.call("read_document", **query, at=f"rows {last['rows'][0][0]}"))
        assert "Meier,28.5,2025-01-28,00028" in shown


async def test_structured_content_and_text_are_the_same(agent: Agent) -> None:
    file = await agent.upload("sales.csv", SALES)
    result = await agent.call("query_table", file_id=file["file_id"], sql="SELECT * FROM data")
    assert json.loads(text_of(result)) == result.structured_content


async def test_mistakes_come_back_with_what_there_is(agent: Agent) -> None:
    file = await agent.upload("sales.csv", SALES)
    error = await agent.error("query_table", file_id=file["file_id"], sql="SELECT Amout FROM data")
    assert error.startswith("[invalid_argument] ")
    assert "Amount" in error
    assert (await agent.error("query_table", file_id=file["file_id"], sql="DROP TABLE data")).startswith(
        "[invalid_argument] "
    )
    sheet = await agent.error("query_table", file_id=file["file_id"], sql="SELECT 1 FROM data", sheet="Summary")
    assert sheet.startswith("[invalid_argument] ")
    notes = await agent.upload("notes.txt", "Twelve apple trees.\n")
    none = await agent.error("query_table", file_id=notes["file_id"], sql="SELECT 1")
    assert none.startswith("[unsupported_type] ")


def book() -> bytes:
    made, content = Workbook(), io.BytesIO()
    one, two = made.active, made.create_sheet("Two tables")
    assert isinstance(one, Worksheet)
    for row in (["name", "amount"], ["Alice", 5], ["Bob", 7.5]):
        one.append(row)
    for row in (["x", "y"], [1, 2], [3, 4], [], ["day", "note"], ["Monday", "rain"], ["Tuesday", "sun"]):
        two.append(row)
    made.save(content)
    return content.getvalue()


async def test_each_table_of_a_description_is_found_by_its_name_and_place(agent: Agent) -> None:
    """The names in the catalog are those of SQL, in every format that has tables."""
    files = {
        "book.xlsx": book(),
        "sales.csv": SALES.encode(),
        "log.jsonl": b'{"name": "Alice", "amount": 5}\n{"name": "Bob", "amount": 7.5}\n',
        "page.html": b"<h1>Prices</h1><table><tr><th>name<th>amount<tr><td>Alice<td>5<tr><td>Bob<td>7.5</table>",
        "notes.md": b"# Prices\n\n| name | amount |\n| --- | --- |\n| Alice | 5 |\n| Bob | 7.5 |\n",
        "prices.docx": word([("Heading 1", "Prices")], [["name", "amount"], ["Alice", "5"], ["Bob", "7.5"]]),
    }
    for name, content in files.items():
        file = await agent.upload(name, content)
        described = await agent.data("describe_file", file_id=file["file_id"])
        assert described["tables"], name
        for table in described["tables"]:
            query = {"file_id": file["file_id"], "sql": f'SELECT * FROM "{table["name"]}"'}
            found = await agent.data("query_table", **query)
            assert found["total_rows"] == table["rows"], name
            assert found["columns"] == ["_row", *(column.rpartition(": ")[0] for column in table["columns"])]
            assert [row[1:] for row in found["rows"][:3]] == table["sample"]
            chosen = await agent.data(
                "query_table", file_id=file["file_id"], sheet=table["name"], sql="SELECT * FROM data"
            )
            assert chosen["rows"] == found["rows"]
            shown = text_of(await agent.call("read_document", file_id=file["file_id"], at=table["where"]))
            assert str(table["sample"][-1][0]) in shown
