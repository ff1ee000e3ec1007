"""Long documents: how questions grow with the pages, and the memory that reading them takes."""

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks.speed.figures import Row
from benchmarks.speed.language import Language
from benchmarks.speed.memory import watched
from benchmarks.speed.programs import Settings, Version
from benchmarks.speed.reading import check_uploaded, wait_until_read
from benchmarks.speed.rounds import Program, interleaved
from benchmarks.speed.stdio import connected
from tests.support.documents import pdf

PAGES = (160, 1_000, 10_000)
QUESTIONS = 20
LIBRARY, LIBRARY_PAGES = 25, 400


def measure(settings: Settings) -> Iterator[Row]:
    """Rows for each number of pages, in one document and in a library."""
    for pages in PAGES[: 1 if settings.is_quick else None]:
        yield from _rows(settings, 1, pages, "one document")
    if not settings.is_quick:
        yield from _rows(settings, LIBRARY, LIBRARY_PAGES, "library of PDFs")


def _rows(settings: Settings, documents: int, pages: int, growth: str) -> Iterator[Row]:
    """A question, reading, and the peak memory of any process."""
    root, language = settings.fresh("pages"), Language(7)
    for number in range(documents):
        (root / f"{number}.pdf").write_bytes(pdf([language.page() for _ in range(pages)]))
    questions = [language.question() for _ in range(QUESTIONS + 1)]
    programs = [
        Program(version.name, version.role, partial(_asked, settings, version, root, questions))
        for version in settings.versions
    ]
    found, whole = (
        interleaved(programs, settings.rounds(2 if documents == 1 else 1, 1), warm_up=False),
        documents * pages,
    )
    name = f"a PDF of {pages:,} pages" if documents == 1 else f"{documents} PDFs of {pages:,} pages"
    yield found.row("pages", f"question about {name}, p50", "ms", "asked", growth=f"question, {growth}", size=whole)
    yield found.row("pages", f"reading {name}", "s", "read")
    yield found.row("pages", f"most memory of a process, {name}", "MB", "memory")


def _asked(settings: Settings, version: Version, root: Path, questions: Sequence[str]) -> Mapping[str, float]:
    with connected(version.serve(settings.fresh("folder"), root=root)) as client, watched(client.pid) as memory:
        client.shake_hands()
        client.call("list_files")
        began = time.perf_counter()
        check_uploaded(client.call("upload_file", path="."), len(list(root.iterdir())))
        wait_until_read(client)
        read = time.perf_counter() - began
        asked = [client.timed("ask_document", {"question": text}) for text in questions]
    return {"read": read, "asked": statistics.median(asked[1:]), "memory": memory.most_mb}
