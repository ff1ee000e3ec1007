"""Tasks about one document: a scan, a figure in a table, a total, and what goes wrong with a file."""

import re
from pathlib import Path
from typing import Any

from benchmarks.agent_tasks.agent import Agent
from benchmarks.agent_tasks.inputs import NEW_TARIFF, TARIFF, tariff

__all__ = [
    "add_up_column",
    "change_tariff",
    "find_figure",
    "read_scan",
    "recover_from_wrong_id",
    "report_too_big",
    "use_changed_file",
]

_MODEL, _RADIUS = "K-560", "20 m"
_ROW = re.compile(rf"{_MODEL}\b[^\n]*")
_COLUMNS = re.compile(r"Model\b[^\n]*")
_LOAD = re.compile(r"\d+(?:\.\d+)? t")
_WIDTH = re.compile(r"\d+ m")
_KIND = "Fuel"
_AMOUNT = re.compile(rf"\b{_KIND}\b[^\n]*?([\d,]+(?:\.\d+)?)[ |\t]*$", re.MULTILINE)
_RATE = re.compile(r"day rate for the charter of a vessel with crew is ([\d,]+) crowns")


async def read_scan(agent: Agent) -> str:
    """Store a scan, and tell how thick the keel plate is."""
    uploaded = await agent.call("upload_file", path="scans/inspection-plover.pdf")
    (file,) = uploaded.data["files"]
    answer = await agent.call("ask_document", question="How thick is the keel plate?", file_ids=[file["file_id"]])
    found = re.search(r"keel plate: ([\d.]+ mm)", " ".join(one["text"] for one in answer.passages))
    return found[1] if found else ""


async def find_figure(agent: Agent) -> str:
    """Store a manual, and tell what a crane lifts at a radius."""
    uploaded = await agent.call("upload_file", path="manuals/crane-manual.pdf")
    (file,) = uploaded.data["files"]
    question = f"What is the greatest load of the crane {_MODEL} at a radius of {_RADIUS}?"
    answer = await agent.call("ask_document", question=question, file_ids=[file["file_id"]])
    for passage in answer.passages:
        load = _load(f"{passage.get('header') or ''}\n{passage['text']}")
        if load:
            return load
    read = await agent.call("read_document", **{"file_id": file["file_id"], **answer.next_arguments})
    return _load(read.text)


def _load(text: str) -> str:
    """The load in a text that holds the row of the model and the columns above it."""
    row = _ROW.search(text)
    columns = list(_COLUMNS.finditer(text, 0, row.start())) if row else []
    if not row or not columns:
        return ""
    loads = dict(zip(_WIDTH.findall(columns[-1][0]), _LOAD.findall(row[0]), strict=False))
    return loads.get(_RADIUS, "")


async def add_up_column(agent: Agent) -> float:
    """Store a spreadsheet without totals, and add up what was spent on one kind of expense."""
    uploaded = await agent.call("upload_file", path="finance/expenses-2025.xlsx")
    (file,) = uploaded.data["files"]
    if agent.offers("find_text"):
        texts = [match["text"] for match in await agent.find_all(_KIND, file_ids=[file["file_id"]])]
    else:
        texts = [await _read_all(agent, file["file_id"])]
    amounts = [amount for text in texts for amount in _AMOUNT.findall(text)]
    return sum(float(amount.replace(",", "")) for amount in amounts)


async def _read_all(agent: Agent, file_id: str) -> str:
    """A whole document: passages could leave rows out, and nothing would tell."""
    texts: list[str] = []
    arguments: dict[str, Any] = {"max_chars": 20_000} if agent.offers("read_document", "max_chars") else {}
    following: dict[str, Any] = {}
    while True:
        read = await agent.call("read_document", **{"file_id": file_id, **arguments, **following})
        texts.append(read.text)
        if not (following := read.next_arguments):
            return "\n".join(texts)


def change_tariff(root: Path) -> None:
    """Change the tariff after it was stored."""
    (root / TARIFF).write_text(tariff(NEW_TARIFF), encoding="utf-8")


async def use_changed_file(agent: Agent) -> dict[str, Any]:
    """Tell the day rate of the tariff, which the user has just changed in its folder."""
    uploaded = await agent.call("upload_file", path=TARIFF)
    (file,) = uploaded.data["files"]
    # Other files may say something about charters too, so the question names none.
    answer = await agent.call("ask_document", question="What is the day rate for the charter of a vessel?")
    rates = {one["file_id"]: found[1] for one in answer.passages if (found := _RATE.search(_one_line(one["text"])))}
    return {"new file": not file["reused"], "rate": rates.get(file["file_id"], "")}


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _mistyped(file_id: str) -> str:
    """An id with another last character, as a model mistypes it."""
    return file_id[:-1] + ("A" if file_id[-1] != "A" else "B")


async def recover_from_wrong_id(agent: Agent) -> str:
    """Answer a question about a file whose id is mistyped. The user said that it is the inspection of the Plover."""
    (stored,) = (await agent.set_up("list_files", name_contains="inspection")).data["files"]
    question = "Who signed the inspection certificate?"
    answer = await agent.call("ask_document", question=question, file_ids=[_mistyped(stored["file_id"])])
    if answer.is_error and "list_files" in answer.text:
        scope = {"within" if agent.offers("list_files", "within") else "name_contains": "inspection"}
        (file,) = (await agent.call("list_files", **scope)).data["files"]
        answer = await agent.call("ask_document", question=question, file_ids=[file["file_id"]])
    found = re.search(r"Signed: ([\w. ]+)", answer.text)
    return found[1] if found else ""


async def report_too_big(agent: Agent) -> dict[str, Any]:
    """Try to store a file that is too big, and tell why it failed and what the limit is."""
    uploaded = await agent.call("upload_file", path="exports/passengers.csv")
    failed = re.match(r"\[(\w+)\].*limit is ([\d,]+ bytes)", uploaded.text)
    return {"code": failed[1], "limit": failed[2]} if failed else {}
