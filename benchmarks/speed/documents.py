"""Real documents: from the files to answers, beside bare readers and a full-text index."""

import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

from benchmarks.speed.figures import Figure, Row
from benchmarks.speed.programs import Settings, Version, environment
from benchmarks.speed.reading import check_uploaded, wait_until_read
from benchmarks.speed.rounds import Program, interleaved
from benchmarks.speed.stdio import connected

SYSTEM = Path("/usr/share")
KINDS = (".pdf", ".html", ".txt", ".md", ".docx", ".xlsx", ".csv")
MOST, QUICK = 200, 20
_SMALLEST, _LARGEST = 1_000, 5_000_000


def real_documents(folders: Sequence[Path]) -> list[Path]:
    """At most 200 documents below these folders, or below the system's own: of each kind about the same number."""
    kinds: dict[str, list[Path]] = {kind: [] for kind in KINDS}
    for folder in folders or (SYSTEM,):
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in kinds and _is_fit(path):
                kinds[path.suffix.lower()].append(path)
    mixed = [path for paths in zip_longest(*kinds.values()) for path in paths if path]
    return mixed[:MOST]


def _is_fit(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and _SMALLEST <= path.stat().st_size <= _LARGEST


def measure(settings: Settings) -> Iterator[Row]:
    """One row: the time until all of them can be asked about."""
    chosen = list(settings.documents)[: QUICK if settings.is_quick else None]
    if not chosen:
        missing = Figure(program=settings.versions[0].name, role="ours", missing="no documents were found")
        yield Row(area="documents", name="real documents", unit="s", is_less_better=True, figures=(missing,))
        return
    root = settings.fresh("documents")
    for number, path in enumerate(chosen):
        shutil.copyfile(path, root / f"{number:03d}{path.suffix.lower()}")
    programs = [
        Program(version.name, version.role, partial(_read, settings, version, root, len(chosen)))
        for version in settings.versions
    ]
    programs.append(Program("bare readers, and SQLite FTS5", "limit", partial(_bare, settings, root)))
    found = interleaved(programs, settings.rounds(2, 1), warm_up=False)
    megabytes = sum(path.stat().st_size for path in chosen) / 1e6
    counts = {kind: sum(path.suffix.lower() == kind for path in chosen) for kind in KINDS}
    kinds = ", ".join(f"{count} {kind[1:]}" for kind, count in counts.items() if count)
    name = f"{len(chosen)} real documents, {megabytes:.0f} MB ({kinds}), until all can be asked about"
    yield found.row("documents", name, "s", "read")


def _read(settings: Settings, version: Version, root: Path, count: int) -> Mapping[str, float]:
    with connected(version.serve(settings.fresh("folder"), root=root)) as client:
        client.shake_hands()
        client.call("list_files")
        began = time.perf_counter()
        check_uploaded(client.call("upload_file", path="."), count)
        wait_until_read(client)
        return {"read": time.perf_counter() - began}


def _bare(settings: Settings, root: Path) -> Mapping[str, float]:
    """A process that reads PDFs by pypdfium2 and other files as they are, page by page into a full-text index."""
    command = [sys.executable, "-m", "benchmarks.speed.documents", str(root), str(settings.fresh("limit") / "texts.db")]
    began = time.perf_counter()
    subprocess.run(command, check=True, env=environment())
    return {"read": time.perf_counter() - began}


def _texts(path: Path) -> Iterator[str]:
    import pypdfium2  # pyright: ignore[reportMissingTypeStubs]  it ships none

    if path.suffix != ".pdf":
        yield path.read_text("utf-8", errors="replace")
        return
    document: Any = pypdfium2.PdfDocument(path)
    for page in document:
        yield page.get_textpage().get_text_bounded()
        page.close()
    document.close()


def index_texts(root: Path, target: Path) -> None:
    """Write the texts of all files of a folder into a full-text index."""
    with sqlite3.connect(target) as index:
        index.execute("CREATE VIRTUAL TABLE texts USING fts5(name, text)")
        rows = ((path.name, text) for path in sorted(root.iterdir()) for text in _texts(path))
        index.executemany("INSERT INTO texts VALUES (?, ?)", rows)
    index.close()


if __name__ == "__main__":
    index_texts(Path(sys.argv[1]), Path(sys.argv[2]))
