"""Speed of PDF ingestion: `python -m benchmarks.ingest [--pages 2000] [--rounds 3]`.

Three programs take turns on the same PDFs (generated ones, and any that system packages include): bare pypdfium2, which
only opens them and extracts their text; our reader process; and our reader with the index. Speeds are per second of
processor time, so for one core. The best round counts.
"""

import argparse
import gzip
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import anyio
import pypdfium2  # pyright: ignore[reportMissingTypeStubs]  it ships none
from anyio import to_thread

from benchmarks.speed.language import Language
from benchmarks.speed.memory import descendants
from files_api_mcp.backends.documents.workers import DocumentWorkers
from files_api_mcp.backends.models import FileRecord, silent
from files_api_mcp.backends.search.index.extraction import FileToRead
from files_api_mcp.backends.search.index.indexer import Indexer
from files_api_mcp.backends.search.index.ingestion import Ingestion
from files_api_mcp.backends.search.index.schema import index_path
from files_api_mcp.backends.search.runtime import INDEX_WORKER
from tests.support.documents import pdf

PAGES_A_FILE = 100
WANTED_PAGES_S = 250
WANTED_MS = 1.5
SYSTEM = Path("/usr/share/doc")
TICKS_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Took:
    """Wall-clock seconds, and processor seconds of the reader and of this process."""

    wall: float
    reader: float
    own: float = 0.0


def bare(paths: Sequence[Path]) -> int:
    """The number of characters on all pages, by bare pypdfium2."""
    chars = 0
    for path in paths:
        document: Any = pypdfium2.PdfDocument(path)
        for page in document:
            chars += len(page.get_textpage().get_text_bounded())
            page.close()
        document.close()
    return chars


def bare_round(paths: Sequence[Path]) -> Took:
    """Times of bare pypdfium2 in a separate process, like our reader's, without its start."""
    command = [sys.executable, "-m", "benchmarks.ingest", "--bare", *map(str, paths)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    wall, used = map(float, done.stdout.split())
    return Took(wall, used)


def timed_bare(paths: Sequence[Path]) -> None:
    wall, used = time.perf_counter(), time.process_time()
    assert bare(paths)
    print(time.perf_counter() - wall, time.process_time() - used)


async def reader_round(paths: Sequence[Path]) -> Took:
    """Times of text extraction by the workers, without an index."""
    async with DocumentWorkers(size=1) as workers:
        await _read(workers, paths[0])  # this starts the process
        clock = await to_thread.run_sync(_Clock)
        for path in paths:
            await _read(workers, path)
        return await to_thread.run_sync(clock.took)


async def index_round(paths: Sequence[Path], folder: Path) -> Took:
    """Times of extraction into a new index."""
    async with DocumentWorkers(size=1, program=INDEX_WORKER) as workers:
        await _read(workers, paths[0])
        with tempfile.TemporaryDirectory(dir=folder) as data:
            indexing = await to_thread.run_sync(Indexer, index_path(Path(data)), workers)
            ingestion = Ingestion(indexing, workers)
            records = [await to_thread.run_sync(_record, path) for path in paths]
            clock = await to_thread.run_sync(_Clock)
            for record, path in zip(records, paths, strict=True):
                await ingestion.index([FileToRead(record, path, silent)])
            took = await to_thread.run_sync(clock.took)
            await indexing.close()
    return took


class _Clock:
    """A stopwatch that starts now."""

    def __init__(self) -> None:
        (self._pid,) = [pid for pid in descendants(os.getpid()) if _is_reader(pid)]
        self._reader = _used_s(self._pid)
        self._own = time.process_time()
        self._wall = time.perf_counter()

    def took(self) -> Took:
        wall, own = time.perf_counter() - self._wall, time.process_time() - self._own
        return Took(wall, _used_s(self._pid) - self._reader, own)


def _is_reader(pid: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        return b"documents.worker" in command or INDEX_WORKER.encode() in command
    except FileNotFoundError:
        return False


def _used_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_S


async def _read(workers: DocumentWorkers, path: Path) -> None:
    async with workers.extract(path, "application/pdf") as (_, pages):
        async for _ in pages:
            pass


def _record(path: Path) -> FileRecord:
    content = path.read_bytes()
    return FileRecord(
        id=f"file_{path.stem}",
        filename=path.name,
        mime_type="application/pdf",
        size_bytes=len(content),
        created_at=datetime.now(UTC),
        downloadable=True,
        sha256=sha256(content).hexdigest(),
    )


def made(folder: Path, pages: int) -> list[Path]:
    """Generate PDFs with `pages` pages in total."""
    language, paths = Language(7), list[Path]()
    for first in range(0, pages, PAGES_A_FILE):
        path = folder / f"{first}.pdf"
        path.write_bytes(pdf([language.page() for _ in range(min(PAGES_A_FILE, pages - first))]))
        paths.append(path)
    return paths


def system(source: Path, folder: Path) -> list[Path]:
    """PDFs of installed packages, unpacked, without those that cannot be opened."""
    paths: list[Path] = []
    for found in sorted({*source.rglob("*.pdf"), *source.rglob("*.pdf.gz")}):
        if found.is_file():
            content = found.read_bytes()
            path = folder / found.name.removesuffix(".gz")
            path.write_bytes(gzip.decompress(content) if found.suffix == ".gz" else content)
            paths.append(path)
    return [path for path in paths if _pages(path)]


def _pages(path: Path) -> int:
    try:
        return len(pypdfium2.PdfDocument(path))
    except pypdfium2.PdfiumError:
        return 0


def measure(title: str, paths: Sequence[Path], folder: Path, rounds: int) -> None:
    """Print the times of the three. They take turns, so that a busy machine affects all of them."""
    pages = sum(_pages(path) for path in paths)
    print(f"{title}: {len(paths)} PDFs, {pages} pages, {bare(paths) / pages:.0f} characters a page")
    took = [
        (bare_round(paths), anyio.run(reader_round, paths), anyio.run(index_round, paths, folder))
        for _ in range(rounds)
    ]
    alone, reader, index = (min(times, key=lambda one: one.reader + one.own) for times in zip(*took, strict=True))
    print(f"  bare pypdfium2  {pages / alone.reader:6.0f} pages/s per core")
    print(
        f"  our reader      {pages / reader.reader:6.0f} pages/s per core (wanted {WANTED_PAGES_S}), "
        f"{reader.reader / alone.reader:.2f} times bare; {pages / reader.wall:.0f} pages/s by the clock"
    )
    print(
        f"  index building  {1e3 * index.own / pages:6.2f} ms a page (wanted {WANTED_MS}), with receiving the text; "
        f"both together {pages / index.wall:.0f} pages/s by the clock"
    )


def main() -> None:
    """Measure in temporary folders, on the disk of the working directory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bare", nargs="+", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare:
        timed_bare(options.bare)
        return
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        measure("made", made(Path(folder), options.pages), Path(folder), options.rounds)
        if found := system(SYSTEM, Path(folder)):
            measure("the system's", found, Path(folder), options.rounds)


if __name__ == "__main__":
    main()
