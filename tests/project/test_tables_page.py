"""The examples of docs/tables.md run, and give what they show."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.agent import Agent, text_of

pytestmark = pytest.mark.anyio

PAGE = (Path(__file__).parents[2] / "docs" / "tables.md").read_text("utf-8")


def block(start: str) -> str:
    """The first block that starts so, without its fence."""
    found = re.search(rf"^```\w*\n({start}.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


def calls() -> list[tuple[str, str]]:
    """Each call of the example, and the result that it shows on one line."""
    parts = block("> ").removeprefix("> ").split("\n\n> ")
    return [(call, re.sub(r"\n *", " ", shown.strip())) for call, _, shown in (part.partition("\n") for part in parts)]


def same(shown: str, result: dict[str, Any]) -> bool:
    wanted = json.loads(shown)
    return wanted == {name: value for name, value in result.items() if name in wanted}


async def test_the_examples_run(agent: Agent) -> None:
    file = await agent.upload("sales.csv", block("Customer,"))
    assert len(calls()) == 4
    for call, shown in calls():
        tool, _, rest = call.partition("(")
        sql = re.search(r'sql="(.*)"\)$', rest)
        result = await agent.call(tool, file_id=file["file_id"], **({"sql": sql[1]} if sql else {}))
        if result.is_error:
            assert text_of(result) == shown
        else:
            assert same(shown, json.loads(text_of(result))), call
