"""Scores answers to a question set, through the real tools: `python -m benchmarks.ask --set DIR [--out FILE] [--peer]`.

DIR contains `questions.jsonl`: id, set, doc (a path below DIR), question, and the evidence: gold_pages (1-based) with
optional gold_text, or gold_spans ([start, end) in code points). An MCP client uploads each document and asks each
question. The answers are written to FILE and scored.
"""

import argparse
import json
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import anyio
from anyio import to_thread
from mcp import Client
from mcp.types import CallToolResult, TextContent

from benchmarks.ask.peer import FullText
from benchmarks.ask.scoring import Cited, Scores, mean, score
from files_api_mcp.server.app import build_server
from files_api_mcp.server.settings import Settings

_PAGE = re.compile(r"page (\d+)(?: \(.*\))?")
_INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")
_LINES = re.compile(r"(?:lines|rows) (\d+)-\d+")
_WHOLE = 100_000


@dataclass(slots=True)
class Run:
    """Results and times of a run."""

    answers: dict[str, list[Cited]] = field(default_factory=dict[str, list[Cited]])
    literal: list[bool] = field(default_factory=list[bool])
    ask_ms: list[float] = field(default_factory=list[float])
    upload_s: float = 0.0
    pages: int = 0
    peer: dict[str, list[Cited]] = field(default_factory=dict[str, list[Cited]])
    peer_ms: list[float] = field(default_factory=list[float])


class _Agent:
    """Calls tools; raises on a failure."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        result = await self._called(tool, arguments)
        if result.structured_content is None:
            raise RuntimeError(f"{tool}({arguments}): {result.content}")
        return result.structured_content

    async def page(self, file_id: str, number: int) -> str:
        """The text of a page, without the tool's headings."""
        result = await self._called("read_document", {"file_id": file_id, "pages": str(number), "max_chars": 20_000})
        lines = "\n".join(block.text for block in result.content if isinstance(block, TextContent)).splitlines()
        return "\n".join(line for line in lines[1:] if not line.startswith("--- "))

    async def _called(self, tool: str, arguments: dict[str, Any]) -> CallToolResult:
        result = await self._client.call_tool(tool, arguments)
        if result.is_error:
            raise RuntimeError(f"{tool}({arguments}): {result.content}")
        return result


async def run(folder: Path, questions: Sequence[dict[str, Any]], budget: int, *, with_peer: bool) -> Run:
    """Upload each document and ask its questions, like an agent."""
    by_document: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for question in questions:
        by_document[question["doc"]].append(question)
    done = Run()
    with tempfile.TemporaryDirectory() as data_dir:
        settings = Settings(roots=(folder.resolve(),), data_dir=Path(data_dir))
        async with Client(await to_thread.run_sync(build_server, settings)) as client:
            for document, questions in by_document.items():
                await _document(_Agent(client), folder, document, questions, budget, done, with_peer=with_peer)
    return done


async def _document(
    agent: _Agent,
    folder: Path,
    document: str,
    questions: Sequence[dict[str, Any]],
    budget: int,
    done: Run,
    *,
    with_peer: bool,
) -> None:
    began = time.perf_counter()
    (file,) = (await agent.call("upload_file", path=document))["files"]
    done.upload_s += time.perf_counter() - began
    done.pages += file.get("pages") or 1
    text = None
    if "gold_spans" in questions[0]:
        text = await to_thread.run_sync(lambda: (folder / document).read_bytes().decode())
    peer = await _peer(agent, file, document, text) if with_peer else None
    for question in questions:
        began = time.perf_counter()
        answer = await agent.call(
            "ask_document", question=question["question"], file_ids=[file["file_id"]], max_tokens=budget
        )
        done.ask_ms.append((time.perf_counter() - began) * 1000)
        cited = [_cited(passage, text) for passage in answer["passages"]]
        done.answers[question["id"]] = cited
        if text is not None:
            done.literal += [text[one.start : one.end] == one.text for one in cited]
        if peer is not None:
            began = time.perf_counter()
            done.peer[question["id"]] = peer.ask(document, question["question"])
            done.peer_ms.append((time.perf_counter() - began) * 1000)


def _cited(passage: dict[str, Any], text: str | None) -> Cited:
    quote, where = passage["text"], passage["where"]
    if page := _PAGE.fullmatch(where):
        return Cited(quote, int(page[1]))
    if text is None:
        raise RuntimeError(f"a passage without a page: {where}")
    # The same words can stand in several places: the first one at or after the named line is meant.
    lines = _LINES.match(where)
    at = text.find(quote, _line_start(text, int(lines[1]))) if lines else text.find(quote)
    return Cited(quote, None, at, at + len(quote)) if at >= 0 else _without_invisible(quote, text)


def _without_invisible(quote: str, text: str) -> Cited:
    """A quote from which invisible characters of the text are left out."""
    seen = [offset for offset, character in enumerate(text) if character not in _INVISIBLE]
    bare = "".join(character for character in quote if character not in _INVISIBLE)
    at = "".join(text[offset] for offset in seen).find(bare)
    if at < 0:
        return Cited(quote, None, -1, -1)
    start, end = seen[at], seen[at + len(bare) - 1] + 1
    return Cited(text[start:end], None, start, end)


def _line_start(text: str, line: int) -> int:
    at = 0
    for _ in range(line - 1):
        at = text.index("\n", at) + 1
    return at


async def _peer(agent: _Agent, file: dict[str, Any], document: str, text: str | None) -> FullText:
    """The peer's index of the same pages."""
    peer = FullText()
    if text is not None:
        peer.add(document, [text], paginated=False)
        return peer
    numbers = range(1, (file.get("pages") or 0) + 1) if file["askable"] else ()
    pages = [await agent.page(file["file_id"], number) for number in numbers]
    peer.add(document, pages, paginated=True)
    return peer


def table(
    questions: Sequence[dict[str, Any]], answers: dict[str, list[Cited]], budget: int
) -> list[tuple[str, Scores]]:
    """Print a row for each set, and their mean with equal weights."""
    by_set: defaultdict[str, list[Scores]] = defaultdict(list)
    for question in questions:
        name = question["set"] if not question["set"].startswith("XQ") or question["set"] == "XQen" else "XQother"
        by_set[name].append(score(question, answers.get(question["id"], []), budget))
    rows = [(f"{name} ({len(scores)})", mean(scores)) for name, scores in sorted(by_set.items())]
    return [*rows, ("macro", mean([scores for _, scores in rows]))]


def show(title: str, rows: Sequence[tuple[str, Scores]]) -> None:
    print(f"\n{title:16s}   R@1   R@3   R@5   MRR   Cov tokens")
    for name, one in rows:
        shares = "".join(f"{100 * share:6.1f}" for share in (one.r1, one.r3, one.r5, one.mrr, one.coverage))
        print(f"{name:16s}{shares}{one.tokens:7.0f}")


def main() -> None:
    """Run a set and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", type=Path, required=True, metavar="DIR")
    parser.add_argument("--out", type=Path, help="write the passages to this file, one question a line")
    parser.add_argument("--budget", type=int, default=1500, help="token budget of an answer's passages")
    parser.add_argument("--peer", action="store_true", help="also run SQLite FTS5 with bm25()")
    options = parser.parse_args()
    lines = (options.set / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line) for line in lines if line.strip()]
    done = anyio.run(lambda: run(options.set, questions, options.budget, with_peer=options.peer))
    if options.out:
        with options.out.open("w", encoding="utf-8") as out:
            for name, passages in done.answers.items():
                out.write(json.dumps({"id": name, "passages": [_written(one) for one in passages]}) + "\n")
    show("files-api-mcp", table(questions, done.answers, options.budget))
    if options.peer:
        show("FTS5 porter", table(questions, done.peer, options.budget))
        print(f"FTS5 question p50 {median(done.peer_ms):.1f} ms")
    literal = 100 * sum(done.literal) / max(1, len(done.literal))
    print(f"\n{literal:.1f} % of {len(done.literal)} citations of texts are literal")
    print(
        f"{done.pages} pages uploaded and indexed in {done.upload_s:.1f} s; question p50 {median(done.ask_ms):.1f} ms"
    )


def _written(one: Cited) -> dict[str, Any]:
    place = {"start": one.start, "end": one.end} if one.page is None else {"page": one.page}
    return {**place, "text": one.text}


if __name__ == "__main__":
    main()
