"""A library of many tiny files: questions about everything, lists and memory, as the library grows."""

import sqlite3
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from benchmarks.big_library import make_library
from benchmarks.speed.figures import Row
from benchmarks.speed.language import Language
from benchmarks.speed.memory import memory_mb
from benchmarks.speed.programs import Settings, Version
from benchmarks.speed.reading import check_uploaded
from benchmarks.speed.rounds import Program, Unavailable, interleaved
from benchmarks.speed.stdio import connected

SIZES = (1_000, 10_000, 100_000)
QUESTIONS, PAGES = 10, 5
_A_FOLDER = 1_000
"""Earlier versions take so many files of a folder."""
_MOST_BY_TOOL = 10_000
"""Earlier versions store about 100 files a second."""


def measure(settings: Settings) -> Iterator[Row]:
    """Rows for each size of library."""
    for size in SIZES[: 1 if settings.is_quick else None]:
        yield from _library(settings, size)


def _library(settings: Settings, size: int) -> Iterator[Row]:
    data = settings.fresh("library")
    make_library(data, size)
    language = Language(size)
    questions = [language.question() for _ in range(QUESTIONS + 1)]
    ours, *others = settings.versions
    programs = [Program(ours.name, ours.role, partial(_asked, settings, ours, data, questions))]
    programs += [
        Program(version.name, version.role, _Filled(settings, version, data, size, questions)) for version in others
    ]
    programs.append(Program("SQLite FTS5, best ten", "limit", _FullText(settings, data, questions)))
    found = interleaved(programs, settings.rounds(3), warm_up=False)
    name = f"{size:,} files"
    yield found.row("library", f"question about {name}, p50", "ms", "asked", growth="question, all files", size=size)
    yield found.row("library", f"first question about {name}", "ms", "first asked")
    yield found.row("library", f"first page of {name} after start", "ms", "first", growth="first list page", size=size)
    yield found.row("library", f"later page of {name}", "ms", "later", growth="later list page", size=size)
    yield found.row("library", f"memory above idle, {name}", "MB", "memory")


def _asked(settings: Settings, version: Version, data: Path, questions: Sequence[str]) -> Mapping[str, float]:
    """Lists and questions of a server that has just started."""
    command = [version.command, "serve", "--backend", "local", "--data-dir", str(data), str(settings.fresh("root"))]
    with connected(command) as client:
        client.shake_hands()
        idle = memory_mb(client.pid, "VmHWM")
        first = client.timed("list_files", {})
        page, later = client.call("list_files"), list[float]()
        for _ in range(PAGES):
            cursor = page["next_cursor"]
            later.append(client.timed("list_files", {"cursor": cursor}))
            page = client.call("list_files", cursor=cursor)
        asked = [client.timed("ask_document", {"question": question}) for question in questions]
        memory = memory_mb(client.pid, "VmHWM") - idle
    return {
        "first": first,
        "later": statistics.median(later),
        "first asked": asked[0],
        "asked": statistics.median(asked[1:]),
        "memory": memory,
    }


class _Filled:
    """A round of a version whose library of the same texts is uploaded in the first round."""

    def __init__(
        self, settings: Settings, version: Version, library: Path, size: int, questions: Sequence[str]
    ) -> None:
        self._settings, self._version, self._questions = settings, version, questions
        self._library, self._size = library, size
        self._data: Path | None = None

    def __call__(self) -> Mapping[str, float]:
        if self._size > _MOST_BY_TOOL:
            raise Unavailable("it would take longer to fill than the whole run")
        if not self._data:
            self._data = self._fill()
        return _asked(self._settings, self._version, self._data, self._questions)

    def _fill(self) -> Path:
        folder, root = self._settings.fresh("filled"), self._settings.fresh("root")
        for number, blob in enumerate(_blobs(self._library)):
            place = root / str(number // _A_FOLDER)
            place.mkdir(exist_ok=True)
            (place / f"{number}.txt").write_bytes(blob.read_bytes())
        with connected(self._version.serve(folder, root=root)) as client:
            client.shake_hands()
            for place in sorted(root.iterdir()):
                check_uploaded(client.call("upload_file", path=place.name), len(list(place.iterdir())))
        return folder / "data"


class _FullText:
    """A round of the same questions to a full-text index of the same texts, in this process."""

    def __init__(self, settings: Settings, library: Path, questions: Sequence[str]) -> None:
        self._index = settings.fresh("limit") / "texts.db"
        self._library, self._questions = library, questions

    def __call__(self) -> Mapping[str, float]:
        with closing(sqlite3.connect(self._index)) as index:
            if not index.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                index.execute("CREATE VIRTUAL TABLE texts USING fts5(name, text)")
                texts = ((blob.name, blob.read_text("utf-8")) for blob in _blobs(self._library))
                index.executemany("INSERT INTO texts VALUES (?, ?)", texts)
                index.commit()
            asked: list[float] = []
            for question in self._questions:
                words = " OR ".join(f'"{word}"' for word in question.rstrip("?").split())
                began = time.perf_counter()
                index.execute(
                    "SELECT name, text FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT 10", [words]
                ).fetchall()
                asked.append(1e3 * (time.perf_counter() - began))
        return {"first asked": asked[0], "asked": statistics.median(asked[1:])}


def _blobs(library: Path) -> list[Path]:
    """The stored texts of a library; sidecars lie beside them."""
    return sorted(path for path in (library / "blobs").rglob("*") if path.is_file() and not path.suffix)
