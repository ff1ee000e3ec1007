"""Large documents and a large library through a real server: `python -m benchmarks.scale [--library-pages 100000]`.

Prints the speed of ingestion, the time of questions, and the peak memory of the server and its readers. Pages contain
made-up words with natural frequencies (Zipf), about 300 a page.
"""

import argparse
import bisect
import itertools
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from tests.support.documents import pdf

WORDS = 40_000
LINES, WORDS_A_LINE = 30, 10
REPORT, BOOK, LIBRARY_DOCUMENT = 160, 10_000, 400
QUESTIONS = 40
LIMITS = {REPORT: 10, BOOK: 50}
LIBRARY_LIMIT_MS = 250
MOST_MEMORY_MB = 150
SAMPLE_EVERY_S = 0.02


class Language:
    """Generates words and pages; the same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        letters = "abcdefghijklmnopqrstuvwxyz"
        self._words = ["".join(self._chance.choices(letters, k=self._chance.randint(3, 10))) for _ in range(WORDS)]
        self._sums = list(itertools.accumulate(1 / rank for rank in range(1, WORDS + 1)))

    def word(self, above: float = 0.0) -> str:
        """A random word. `above` skips the frequent words that make up this share of the text."""
        share = above + (1 - above) * self._chance.random()
        return self._words[min(WORDS - 1, bisect.bisect(self._sums, share * self._sums[-1]))]

    def page(self) -> str:
        figure = f"{self._chance.randint(1, 999)},{self._chance.randint(0, 999):03d}"
        lines = [" ".join(self.word() for _ in range(WORDS_A_LINE)) for _ in range(LINES)]
        return "\n".join([*lines, f"{self.word()} {figure}"])

    def question(self) -> str:
        """A realistic question: a few common words, and some rare ones."""
        return f"What is the {self.word(0.5)} of {self.word(0.6)} {self.word(0.7)} for {self.word(0.4)}?"


@dataclass(slots=True)
class Memory:
    """Peak memory in MB: of the server, of one reader, and of all processes together."""

    server: int
    seen: dict[int, float] = field(default_factory=dict[int, float])
    together: float = 0.0

    def look(self) -> None:
        now = 0.0
        for pid in descendants(self.server):
            # A process that has ended has no status.
            resident, peak = status_mb(pid)
            now += resident
            self.seen[pid] = max(self.seen.get(pid, 0.0), peak)
        self.together = max(self.together, now)

    def summary(self) -> str:
        readers = [peak for pid, peak in self.seen.items() if pid != self.server]
        return f"server {self.seen[self.server]:.0f} MB, reader {max(readers, default=0):.0f}, sum {self.together:.0f}"


def status_mb(pid: int) -> tuple[float, float]:
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return 0.0, 0.0
    values = dict(line.split(":\t", 1) for line in text.splitlines() if line.startswith("Vm"))
    resident, peak = (int(values.get(name, "0 kB").split()[0]) * 1024 / 1e6 for name in ("VmRSS", "VmHWM"))
    return resident, peak


def descendants(pid: int) -> Iterator[int]:
    yield pid
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return
    for task in tasks:
        try:
            children = (task / "children").read_text(encoding="ascii").split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        for child in children:
            yield from descendants(int(child))


@asynccontextmanager
async def served(folder: Path) -> AsyncGenerator[tuple[Client, Memory]]:
    """A server process with a new data folder and monitored memory."""
    root, data = folder / "root", folder / "data"
    root.mkdir(parents=True, exist_ok=True)
    arguments = [
        "-m",
        "files_api_mcp.server.cli.main",
        "serve",
        "--backend",
        "local",
        "--data-dir",
        str(data),
        str(root),
    ]
    server = StdioServerParameters(command=sys.executable, args=arguments)
    before = set(descendants(os.getpid()))
    async with Client(stdio_client(server), read_timeout_seconds=3600) as client, anyio.create_task_group() as group:
        (pid,) = set(itertools.islice(descendants(os.getpid()), 2)) - before
        memory = Memory(pid)

        async def watch() -> None:
            while True:
                await to_thread.run_sync(memory.look)
                await anyio.sleep(SAMPLE_EVERY_S)

        group.start_soon(watch)
        yield client, memory
        group.cancel_scope.cancel()


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    if result.is_error or not result.structured_content:
        raise RuntimeError(str(result.content))
    return result.structured_content


async def median_ms(client: Client, language: Language, **arguments: Any) -> float:
    """The median time of a question in milliseconds, without the first one, which opens the index."""
    times: list[float] = []
    for _ in range(QUESTIONS + 1):
        began = time.perf_counter()
        await call(client, "ask_document", question=language.question(), **arguments)
        times.append(1e3 * (time.perf_counter() - began))
    return statistics.median(times[1:])


async def one_document(folder: Path, language: Language, pages: int) -> None:
    """Measure one PDF of `pages` distinct pages."""
    async with served(folder) as (client, memory):
        content = await to_thread.run_sync(lambda: pdf([language.page() for _ in range(pages)]))
        await to_thread.run_sync((folder / "root" / "big.pdf").write_bytes, content)
        began = time.perf_counter()
        (file,) = (await call(client, "upload_file", path="big.pdf"))["files"]
        taken = time.perf_counter() - began
        median = await median_ms(client, language, file_ids=[file["file_id"]])
        await to_thread.run_sync(memory.look)
    print(f"{pages} pages, {len(content) / 1e6:.0f} MB: ingested at {pages / taken:.0f} pages/s")
    print(f"  question p50 {median:.1f} ms (target {LIMITS[pages]}); peak memory {memory.summary()}")


async def library(folder: Path, language: Language, pages: int) -> None:
    """Measure a library of PDFs of 400 pages, with questions to all of them."""
    count = max(1, pages // LIBRARY_DOCUMENT)
    async with served(folder) as (client, memory):
        for number in range(count):
            content = await to_thread.run_sync(lambda: pdf([language.page() for _ in range(LIBRARY_DOCUMENT)]))
            await to_thread.run_sync((folder / "root" / f"{number}.pdf").write_bytes, content)
        began = time.perf_counter()
        await call(client, "upload_file", path=".")
        taken = time.perf_counter() - began
        median = await median_ms(client, language)
        await to_thread.run_sync(memory.look)
    print(f"library of {count * LIBRARY_DOCUMENT} pages: ingested at {count * LIBRARY_DOCUMENT / taken:.0f} pages/s")
    print(f"  question p50 {median:.1f} ms (target {LIBRARY_LIMIT_MS}); peak memory {memory.summary()}")


async def run(folder: Path, library_pages: int) -> None:
    language = Language(7)
    print(f"target: at most {MOST_MEMORY_MB} MB in any process while {BOOK} pages are ingested")
    for pages in (REPORT, BOOK):
        await one_document(folder / str(pages), language, pages)
    if library_pages:
        await library(folder / "library", language, library_pages)


def main() -> None:
    """Measure in temporary folders, on the disk of the working directory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library-pages", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        anyio.run(run, Path(folder), options.library_pages)


if __name__ == "__main__":
    main()
