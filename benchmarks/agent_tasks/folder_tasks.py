"""Tasks about a folder of contracts, and about places in documents that nobody named before."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.agent_tasks.agent import Agent, Result

__all__ = ["compare_reports", "find_clause", "quote_exactly", "summarise_folder"]

_FEE = re.compile(r"annual fee is ([\d,]+) crowns,\s+and\s+the\s+agreement\s+ends\s+on\s+(\d{4}-\d\d-\d\d)")
_MOST_IDS = 20
"""Ids in one question. An earlier version takes no more."""
_TOKENS_A_FILE = 200
_CLAUSE = "liquidated damages"
_RULE = re.compile(r"Items that nobody claims.*?\.(?=\s)", re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_FACTS = {
    "revenue": re.compile(r"Revenue came to ([\d.]+) million crowns in (\d{4})"),
    "employees": re.compile(r"In (\d{4}) the company had (\d+) employees"),
    "dividend": re.compile(r"dividend of ([\d.]+) crowns for each share for (\d{4})"),
}


async def summarise_folder(agent: Agent) -> dict[str, Any]:
    """Store a folder of contracts, and sum them up: how many, what they cost a year, and which end in 2026."""
    question = "What is the annual fee, and when does the agreement end?"
    uploaded = await agent.call("upload_file", path="contracts")
    names = {file["file_id"]: file["filename"] for file in uploaded.data["files"]}
    count = uploaded.data.get("counts", {"files": len(names)})["files"]
    terms: dict[str, tuple[int, str]] = {}
    if agent.offers("find_text", "within"):
        # One contract shows the words that all of them may use; the total shows whether they do.
        first = await agent.call("ask_document", question=question, file_ids=[next(iter(names))])
        _take_terms(terms, first.passages)
        _take_terms(terms, await agent.find_all("annual fee is", within="contracts/"))
    if len(terms) < count:
        names |= await _other_names(agent, count - len(names))
        await _ask_terms(agent, question, names, terms)
    ends = [(end, name) for name, (_, end) in terms.items()]
    return {
        "contracts": count,
        "fees": sum(fee for fee, _ in terms.values()),
        "dearest": max(terms, key=lambda name: terms[name][0]),
        "end in 2026": sorted(name for end, name in ends if end.startswith("2026")),
    }


def _take_terms(terms: dict[str, tuple[int, str]], places: Iterable[dict[str, Any]]) -> None:
    for place in places:
        if found := _FEE.search(place["text"]):
            terms[place["filename"]] = (int(found[1].replace(",", "")), found[2])


async def _other_names(agent: Agent, count: int) -> dict[str, str]:
    """The ids of files that the upload counted but did not show."""
    if not count:
        return {}
    page = await agent.call("list_files", limit=count)
    return {file["file_id"]: file["filename"] for file in page.data["files"]}


async def _ask_terms(agent: Agent, question: str, names: dict[str, str], terms: dict[str, tuple[int, str]]) -> None:
    """Ask about the contracts whose terms are not known yet, until an answer brings none; read the others."""
    while missing := [file_id for file_id, name in names.items() if name not in terms]:
        before = len(terms)
        for some in _in_parts(missing):
            budget = max(1500, _TOKENS_A_FILE * len(some))
            answer = await agent.call("ask_document", question=question, file_ids=some, max_tokens=budget)
            _take_terms(terms, answer.passages)
        if len(terms) == before:
            break
    for file_id in missing:
        read = await agent.call("read_document", file_id=file_id)
        _take_terms(terms, [{"filename": names[file_id], "text": read.text}])


def _in_parts(file_ids: Sequence[str]) -> list[Sequence[str]]:
    return [file_ids[at : at + _MOST_IDS] for at in range(0, len(file_ids), _MOST_IDS)]


async def find_clause(agent: Agent) -> list[str]:
    """Name all contracts with a clause about liquidated damages."""
    if agent.offers("find_text", "within"):
        return sorted({match["filename"] for match in await agent.find_all(_CLAUSE, within="contracts/")})
    found: set[str] = set()
    listed = await agent.call("list_files", name_contains="agreement-", limit=100)
    for some in _in_parts([file["file_id"] for file in listed.data["files"]]):
        budget, is_full = 1500, True
        while is_full:
            answer = await agent.call(
                "ask_document", question=f"{_CLAUSE} for late performance", file_ids=some, max_tokens=budget
            )
            hits = [one["filename"] for one in answer.passages if _CLAUSE in " ".join(one["text"].split())]
            found |= set(hits)
            # If every passage has the clause, there may be more of them than the budget holds.
            is_full = len(hits) == len(answer.passages)
            budget *= 2
    return sorted(found)


async def compare_reports(agent: Agent) -> dict[str, dict[str, str]]:
    """Compare revenue, employees and dividend of two annual reports."""
    scope = {"within" if agent.offers("list_files", "within") else "name_contains": "annual-report"}
    listed = await agent.call("list_files", **scope)
    ids = {file["filename"]: file["file_id"] for file in listed.data["files"]}
    question = "What were revenue, the average number of employees, and the dividend for each share?"
    facts: dict[str, dict[str, str]] = {name: {} for name in _FACTS}
    _take_facts(facts, await agent.call("ask_document", question=question, file_ids=list(ids.values())))
    for fact, by_year in facts.items():
        for name, file_id in ids.items():
            if not any(year in name for year in by_year):
                words = f"{fact} of the year"
                _take_facts(facts, await agent.call("ask_document", question=words, file_ids=[file_id]))
    return facts


def _take_facts(facts: dict[str, dict[str, str]], answer: Result) -> None:
    for passage in answer.passages:
        text = " ".join(passage["text"].split())
        for fact, pattern in _FACTS.items():
            for found in pattern.findall(text):
                year, value = sorted(found, key=lambda part: part not in ("2024", "2025"))
                facts[fact][year] = value


async def quote_exactly(agent: Agent) -> dict[str, str]:
    """Quote the rule for lost items that nobody claims, with its section, after a look at what is around it."""
    question = "What happens to lost items that nobody claims?"
    answer = await agent.call("ask_document", question=question)
    best = answer.passages[0]
    # What is around a quote may limit it, so the agent reads on as the answer says.
    around = await agent.call("read_document", **{"file_id": best["file_id"], **answer.next_arguments})
    quotes, headings = [""], [""]
    for text in (around.text, best["text"]):
        if found := _RULE.search(text):
            quotes.append(found[0])
            headings += _HEADING.findall(text[: found.start()])[-1:]
    return {"quote": quotes[-1], "section": headings[-1], "file": best["filename"]}
