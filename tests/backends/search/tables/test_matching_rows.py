"""Rows of tables that match a question are quoted as rows, with their own header and place."""

import json
from typing import Any

import pytest

from tests.support import documents
from tests.support.agent import Agent

pytestmark = pytest.mark.anyio

NAMES: list[str | float] = ["Order", "Customer", "Item", "Status", "Amount"]
CUSTOMERS = ["Meier", "Meier & Sons", "Okafor Ltd", "Dvorak", "Alder Clinic", "Nantes Post", "Haddad", "Porto Rope"]
ITEMS = ["office chair", "desk lamp", "printer paper"]
STATES = ["delivered", "cancelled", "on hold", "in transit", "returned"]
ROWS: list[list[str | float]] = [
    [f"PO-{2000 + 7 * n}", CUSTOMERS[n % 8], ITEMS[n % 3], STATES[n % 5], 100 + 3 * n] for n in range(160)
]


def csv(delimiter: str) -> bytes:
    return "".join(delimiter.join(map(str, row)) + "\n" for row in [NAMES, *ROWS]).encode()


def json_lines() -> bytes:
    return "".join(json.dumps(dict(zip(map(str, NAMES), row, strict=True))) + "\n" for row in ROWS).encode()


def json_array() -> bytes:
    return json.dumps([dict(zip(map(str, NAMES), row, strict=True)) for row in ROWS], indent=2).encode()


FILES = {
    "orders.csv": csv(","),
    "orders-semicolon.csv": csv(";"),
    "orders.tsv": csv("\t"),
    "orders.xlsx": documents.sheet([NAMES, *ROWS], name="Orders"),
    "orders.jsonl": json_lines(),
    "orders.json": json_array(),
}


async def asked(agent: Agent, name: str, question: str, max_tokens: int = 1500) -> dict[str, Any]:
    file = await agent.upload(name, FILES[name])
    return await agent.data("ask_document", question=question, file_ids=[file["file_id"]], max_tokens=max_tokens)


def order_numbers(answer: dict[str, Any]) -> list[str]:
    """The orders in all passages."""
    text = "\n".join(passage["text"] for passage in answer["passages"])
    return [str(row[0]) for row in ROWS if str(row[0]) in text]


def orders(**wanted: str) -> list[str]:
    places = {NAMES.index(name): value for name, value in wanted.items()}
    return [str(row[0]) for row in ROWS if all(row[at] == value for at, value in places.items())]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("Which orders of Alder Clinic are cancelled?", {"Customer": "Alder Clinic", "Status": "cancelled"}),
        ("What desk lamps has Dvorak got on hold?", {"Customer": "Dvorak", "Item": "desk lamp", "Status": "on hold"}),
        ("How far along is PO-2700?", {"Order": "PO-2700"}),
        ("What did customer Meier send back, status returned?", {"Customer": "Meier", "Status": "returned"}),
    ],
)
async def test_only_the_rows_that_match_are_quoted(
    agent: Agent, name: str, question: str, wanted: dict[str, str]
) -> None:
    answer = await asked(agent, name, question)
    assert order_numbers(answer) == orders(**wanted) != []
    for passage in answer["passages"]:
        assert "json" in name or passage["header"].endswith("Amount")


async def test_each_row_has_its_own_place(agent: Agent) -> None:
    answer = await asked(agent, "orders.csv", "Which orders of Okafor Ltd are in transit?")
    rows = [number + 2 for number, row in enumerate(ROWS) if row[1] == "Okafor Ltd" and row[3] == "in transit"]
    assert [passage["where"] for passage in answer["passages"]] == [f"rows {row}-{row}" for row in rows]


async def test_a_part_of_a_cell_finds_the_rows_that_have_it(agent: Agent) -> None:
    answer = await asked(agent, "orders.csv", "Which orders of Porto are cancelled?")
    assert order_numbers(answer) == orders(Customer="Porto Rope", Status="cancelled")


@pytest.mark.parametrize(
    ("question", "around"),
    [
        ("Which order comes after PO-2700?", ["PO-2693", "PO-2700", "PO-2707"]),
        ("Welche Bestellung steht vor PO-2700?", ["PO-2693", "PO-2700", "PO-2707"]),
        ("Which order comes before PO-2000?", ["PO-2000", "PO-2007"]),
        ("Which order comes after PO-3113?", ["PO-3106", "PO-3113"]),
        ("What amount has order PO-2700?", ["PO-2700"]),
    ],
)
async def test_a_question_of_order_gets_the_rows_beside(agent: Agent, question: str, around: list[str]) -> None:
    assert order_numbers(await asked(agent, "orders.csv", question)) == around


async def test_each_part_of_a_question_gets_its_rows(agent: Agent) -> None:
    question = "Which orders of Haddad are on hold? And what amount has order PO-2007?"
    expected = {*orders(Customer="Haddad", Status="on hold"), "PO-2007"}
    assert {*order_numbers(await asked(agent, "orders.csv", question))} == expected


async def test_words_that_no_cell_has_whole_leave_the_passages_as_they_are(agent: Agent) -> None:
    answer = await asked(agent, "orders.csv", "What is the policy on paper waste, rope ladders and clinics abroad?")
    assert not any(passage["where"] == "rows 2-2" for passage in answer["passages"])
