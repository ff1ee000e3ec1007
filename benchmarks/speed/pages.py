"""One long document: how questions grow with its pages, and the memory that reading it takes."""

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks.scale import Language
from benchmarks.speed.figures import Row
from benchmarks.speed.memory import watched
from benchmarks.speed.programs import Settings, Version
from benchmarks.speed.reading import wait_until_read
from benchmarks.speed.rounds import Program, interleaved
from benchmarks.speed.stdio import connected
from tests.support.documents import pdf

PAGES = (160, 1_000, 10_000)
QUESTIONS = 20


def measure(settings: Settings) -> Iterator[Row]:
    """Rows for each number of pages: a question, reading, and the peak memory of any process."""
    for pages in PAGES[: 1 if settings.is_quick else None]:
        root = settings.fresh("pages")
        language = Language(7)
        (root / "long.pdf").write_bytes(pdf([language.page() for _ in range(pages)]))
        questions = [language.question() for _ in range(QUESTIONS + 1)]
        programs = [
            Program(version.name, version.role, partial(_asked, settings, version, root, pages, questions))
            for version in settings.versions
        ]
        found = interleaved(programs, settings.rounds(2, 1), warm_up=False)
        name = f"a PDF of {pages:,} pages"
        yield found.row(
            "pages", f"question about {name}, p50", "ms", "asked", growth="question, one document", size=pages
        )
        yield found.row("pages", f"reading {name}", "pages a second", "read", is_less_better=False)
        yield found.row("pages", f"most memory of a process, {name}", "MB", "memory")


def _asked(
    settings: Settings, version: Version, root: Path, pages: int, questions: Sequence[str]
) -> Mapping[str, float]:
    with connected(version.serve(settings.fresh("folder"), root=root)) as client, watched(client.pid) as memory:
        client.shake_hands()
        client.call("list_files")
        began = time.perf_counter()
        file_id = client.call("upload_file", path="long.pdf")["files"][0]["file_id"]
        wait_until_read(client)
        read = time.perf_counter() - began
        asked = [client.timed("ask_document", {"question": text, "file_ids": [file_id]}) for text in questions]
    return {"read": pages / read, "asked": statistics.median(asked[1:]), "memory": memory.most_mb}
