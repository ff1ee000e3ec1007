"""Questions of order, count and sum get the rows that decide them, and a query that gives what it says."""

import json
import re
from typing import Any

import pytest

from tests.support import documents
from tests.support.agent import Agent

pytestmark = pytest.mark.anyio

NAMES: list[str | float] = ["Order", "Customer", "Ordered on", "Unit price", "Amount"]
CUSTOMERS = ["Meier", "Okafor Ltd", "Dvorak", "Alder Clinic"]
ROWS: list[list[str | float]] = [
    [
        f"PO-{2000 + 7 * n}",
        CUSTOMERS[n % 4],
        f"2025-{1 + n * 5 % 12:02}-{1 + n * 11 % 28:02}",
        round(3 + n * 37 % 101 + 0.25, 2),
        1000 + n * 613 % 977,
    ]
    for n in range(120)
]
TOTAL: list[str | float] = ["Total", "", "", "", sum(int(row[4]) for row in ROWS)]


def csv(rows: list[list[str | float]]) -> bytes:
    return "".join(",".join(map(str, row)) + "\n" for row in [NAMES, *rows]).encode()


FILES = {
    "orders.csv": csv(ROWS),
    "orders.xlsx": documents.sheet([NAMES, *ROWS], name="Orders"),
    "orders.json": json.dumps([dict(zip(map(str, NAMES), row, strict=True)) for row in ROWS], indent=1).encode(),
    "totals.csv": csv([*ROWS, TOTAL]),
}


class Asked:
    """An answer about a file, and what its suggested queries give."""

    def __init__(self, agent: Agent, file_id: str, answer: dict[str, Any]) -> None:
        self.agent = agent
        self.file_id = file_id
        self.answer = answer

    @property
    def notes(self) -> list[str]:
        return self.answer.get("notes", [])

    @property
    def orders(self) -> list[str]:
        text = "\n".join(passage["text"] for passage in self.answer["passages"])
        return re.findall(r"PO-\d+|Total", text)

    async def queried(self) -> dict[str, Any]:
        """The result of the query in the only note that has one."""
        (call,) = (
            found for note in self.notes if (found := re.search(r"query_table\(file_id=(\".*?\"), sql=(.*)\)$", note))
        )
        assert json.loads(call[1]) == self.file_id
        return await self.agent.data("query_table", file_id=self.file_id, sql=json.loads(call[2]))


async def asked(agent: Agent, name: str, question: str, max_tokens: int = 1500) -> Asked:
    file_id = (await agent.upload(name, FILES[name]))["file_id"]
    answer = await agent.data("ask_document", question=question, file_ids=[file_id], max_tokens=max_tokens)
    return Asked(agent, file_id, answer)


def best(key: int, customer: str | None = None, *, lowest: bool = False, most: int = 1) -> list[Any]:
    rows = [row for row in ROWS if customer is None or row[1] == customer]
    return [row[0] for row in sorted(rows, key=lambda row: row[key], reverse=not lowest)[:most]]


@pytest.mark.parametrize("name", ["orders.csv", "orders.xlsx", "orders.json"])
@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Which order has the highest amount?", best(4)),
        ("What was the latest order of Dvorak?", best(2, "Dvorak")),
        ("What is the cheapest order of Alder Clinic by unit price?", best(3, "Alder Clinic", lowest=True)),
        ("Show the top 3 orders of Meier by amount.", best(4, "Meier", most=3)),
        ("Welche Bestellung von Okafor Ltd hat den höchsten Amount?", best(4, "Okafor Ltd")),
    ],
)
async def test_the_rows_that_decide_come_first(agent: Agent, name: str, question: str, expected: list[str]) -> None:
    found = await asked(agent, name, question)
    assert sorted(found.orders) == sorted(expected)
    assert [row[1] for row in (await found.queried())["rows"]] == expected


async def test_a_row_of_totals_is_not_the_highest(agent: Agent) -> None:
    found = await asked(agent, "totals.csv", "Which order has the highest amount?")
    assert found.orders == best(4)


async def test_a_sum_is_said_with_what_it_is_of(agent: Agent) -> None:
    found = await asked(agent, "orders.csv", "What is the total amount of Meier?")
    amounts = [int(row[4]) for row in ROWS if row[1] == "Meier"]
    (note,) = (one for one in found.notes if one.startswith("Computed: "))
    assert f"over {len(amounts)} rows where Customer = 'Meier' is {sum(amounts):,}" in note


@pytest.mark.parametrize(
    "question",
    [
        "What is the total amount of Meier in March 2025?",
        "What is the total amount of Meier since June?",
        "How many orders of Dvorak are over 1500?",
        "How many orders of Dvorak are not by Meier?",
        "What is the average amount per customer?",
        "Which order of Meier under a unit price of 50 is the highest by amount?",
    ],
)
async def test_no_query_leaves_out_a_condition_of_the_question(agent: Agent, question: str) -> None:
    found = await asked(agent, "orders.csv", question)
    assert not any(re.match("Computed|To compute|First in order", note) for note in found.notes)


async def test_a_sum_over_a_row_of_totals_is_not_computed(agent: Agent) -> None:
    found = await asked(agent, "totals.csv", "What is the total amount?")
    assert not any(note.startswith("Computed: ") for note in found.notes)


async def test_a_sum_over_some_rows_counts_no_total_among_them(agent: Agent) -> None:
    lines = [f"{region},{product},{number}" for number, region in enumerate(("North", "South") * 4) for product in "ab"]
    inner = ["Region,Product,Sales", *lines, "North,Subtotal,24", "Total,,56"]
    FILES["regions.csv"] = "\n".join(inner).encode()
    found = await asked(agent, "regions.csv", "What is the sum of sales of North?")
    assert not any(note.startswith("Computed: ") for note in found.notes)
    found = await asked(agent, "regions.csv", "What is the sum of sales of South?")
    assert any("where Region = 'South' is 32:" in note for note in found.notes)


async def test_a_firm_called_total_may_be_the_highest(agent: Agent) -> None:
    FILES["firms.csv"] = b"Customer,Amount\nAcme,5\nTotal Energies,90\nBolt,7\nTotal,102\n"
    found = await asked(agent, "firms.csv", "Which customer has the highest amount?")
    assert (await found.queried())["rows"] == [[3, "Total Energies", 90]]


async def test_a_count_is_computed(agent: Agent) -> None:
    found = await asked(agent, "orders.csv", "How many orders are there of Okafor Ltd?")
    assert any(note.startswith("Computed: 30 rows where Customer = 'Okafor Ltd'") for note in found.notes)


async def test_rows_that_do_not_fit_are_counted_and_one_query_gives_all(agent: Agent) -> None:
    found = await asked(agent, "orders.csv", "Show the orders of Dvorak", max_tokens=500)
    (note,) = found.notes
    count, total = map(int, re.findall(r"^(\d+) of (\d+) matching rows shown", note)[0])
    own = [row[0] for row in ROWS if row[1] == "Dvorak"]
    assert total == len(own)
    assert count == len([one for one in found.orders if one in own]) < total
    assert [row[1] for row in (await found.queried())["rows"]] == own


async def test_the_next_by_date_is_found(agent: Agent) -> None:
    by_date = sorted(ROWS, key=lambda row: row[2])
    found = await asked(agent, "orders.csv", f"Which order comes next after {by_date[50][0]} by ordered on?")
    later = next(row[0] for row in by_date if str(row[2]) > str(by_date[50][2]))
    assert later in found.orders


async def test_a_question_for_a_cell_runs_no_query(agent: Agent) -> None:
    found = await asked(agent, "orders.csv", "What amount has order PO-2070?")
    assert found.orders == ["PO-2070"]
    assert found.notes == []


async def test_a_table_does_not_come_before_the_text_that_answers(agent: Agent) -> None:
    await agent.upload("orders.csv", FILES["orders.csv"])
    await agent.upload("minutes.md", b"# Minutes\n\nThe last sailing from Lyse moves to 22:10, and Meier agrees.\n")
    answer = await agent.data("ask_document", question="When does the last sailing leave Lyse?")
    assert answer["passages"][0]["filename"] == "minutes.md"
    assert not answer.get("notes")
