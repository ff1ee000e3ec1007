"""Tables: heads of their rows, and figures in their cells."""

import pytest

from files_api_mcp.backends.search.tables.indexed_text import indexed_text
from tests.support import documents
from tests.support.agent import Agent

pytestmark = pytest.mark.anyio

CSV, TSV = "text/csv", "text/tab-separated-values"


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("19,361\n", CSV, "19 361\n"),
        ('7,"1,234",x\n', CSV, '7 "1,234" x\n'),
        ('a,b\n5" pipe,777\n8,9\n', CSV, 'a b\n5" pipe,777\n8 9\n'),
        ("a;b\n1,5;2,5\n", CSV, "a;b\n1,5;2,5\n"),
        ('{"a":[1,361],"b":"1,2"}', "application/json", '{"a":[1 361] "b":"1,2"}'),
        ("1,234\t5\n", TSV, "1,234\t5\n"),
        ("of 1,234 crowns", "text/plain", "of 1,234 crowns"),
    ],
)
def test_commas_part_values_where_they_do_in_the_file(text: str, kind: str, expected: str) -> None:
    assert indexed_text(text, kind) == expected
    assert len(expected) == len(text)


async def test_rows_deep_in_a_sheet_come_with_sheet_and_first_row(agent: Agent) -> None:
    rows: list[list[str | float]] = [["Vessel", "Port", "Toll"], *([f"Ship{n}", f"Haven{n}", n] for n in range(6000))]
    file = await agent.upload("tolls.xlsx", documents.sheet(rows, name="Tolls 2025"))
    for wanted in (3, 2500, 5990):
        answer = await agent.data("ask_document", question=f"Haven{wanted}", file_ids=[file["file_id"]], max_tokens=300)
        (best,) = answer["passages"]
        assert best["text"] == f"Ship{wanted} | Haven{wanted} | {wanted}"
        assert best["where"] == f"Tolls 2025!A{wanted + 2}:C{wanted + 2}"
        assert best["header"] == "Tolls 2025: Vessel | Port | Toll"
        assert answer["usage"]["tokens"] <= 300
