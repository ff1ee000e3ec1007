"""A folder of new small files through the tool, beside what the disk allows."""

import ctypes
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path

from benchmarks.speed.figures import Row
from benchmarks.speed.language import Language
from benchmarks.speed.programs import Settings, Version
from benchmarks.speed.reading import check_uploaded, wait_until_read
from benchmarks.speed.rounds import Program, Unavailable, interleaved
from benchmarks.speed.stdio import connected

FILES, QUICK_FILES, MANY = 1000, 200, 20_000
_BYTES = 1024


def measure(settings: Settings) -> Iterator[Row]:
    """Rows of a folder of small files: acknowledged, found by questions, uploaded again; then of a large folder."""
    count = QUICK_FILES if settings.is_quick else FILES
    yield from _folder(settings, count, settings.rounds(3))
    if not settings.is_quick:
        yield from _folder(settings, MANY, 1)


def _folder(settings: Settings, count: int, rounds: int) -> Iterator[Row]:
    root = settings.fresh("root")
    write_texts(root / "many", count)
    programs = [
        Program(version.name, version.role, partial(_uploaded, settings, version, root, count))
        for version in settings.versions
    ]
    programs += [
        Program("one batch, one sync", "limit", partial(_limit, settings, root, count, _one_batch)),
        Program("copy and fsync each", "limit", partial(_limit, settings, root, count, _each)),
        Program("one batch, and SQLite FTS5", "limit", partial(_full_text, settings, root, count)),
    ]
    found = interleaved(programs, rounds, warm_up=False)
    name = f"{count:,} new files of 1 KB"
    yield found.row("folders", f"{name}, acknowledged", "files a second", "acknowledged", is_less_better=False)
    yield found.row("folders", f"{name}, found by questions", "files a second", "found", is_less_better=False)
    yield found.row("folders", f"{name}, the same folder again", "files a second", "again", is_less_better=False)


def write_texts(folder: Path, count: int) -> None:
    """Write different texts of 1 KB, of words with natural frequencies."""
    language = Language(7)
    folder.mkdir(parents=True)
    for number in range(count):
        text = f"File {number}."
        while len(text) < _BYTES:
            text = f"{text} {language.word()}"
        (folder / f"{number:05d}.txt").write_text(f"{text[: _BYTES - 1]}\n", "utf-8")
    os.sync()  # or the first to be measured would wait for these files


def _uploaded(settings: Settings, version: Version, root: Path, count: int) -> Mapping[str, float]:
    """Upload the folder to a server that has opened its store, wait for the texts, and upload it again."""
    folder = settings.fresh("folder")
    (root / "first.txt").write_text("The harbour master decides about dues.\n", "utf-8")
    with connected(version.serve(folder, root=root)) as client:
        client.shake_hands()
        client.call("upload_file", path="first.txt")
        wait_until_read(client)
        began = time.perf_counter()
        check_uploaded(client.call("upload_file", path="many"), count)
        acknowledged = time.perf_counter() - began
        wait_until_read(client)
        found = time.perf_counter() - began
        began = time.perf_counter()
        check_uploaded(client.call("upload_file", path="many"), count)
        again = time.perf_counter() - began
    return {"acknowledged": count / acknowledged, "found": count / found, "again": count / again}


def _limit(settings: Settings, root: Path, count: int, store: Callable[[Path, Path], None]) -> Mapping[str, float]:
    target = settings.fresh("limit")
    began = time.perf_counter()
    store(root / "many", target)
    return {"acknowledged": count / (time.perf_counter() - began)}


def _full_text(settings: Settings, root: Path, count: int) -> Mapping[str, float]:
    """The batch, and its texts in a full-text index in one transaction."""
    target = settings.fresh("limit")
    began = time.perf_counter()
    _one_batch(root / "many", target)
    with sqlite3.connect(target / "texts.db") as index:
        index.execute("CREATE VIRTUAL TABLE texts USING fts5(name, text)")
        texts = ((path.name, path.read_text("utf-8")) for path in (root / "many").iterdir())
        index.executemany("INSERT INTO texts VALUES (?, ?)", texts)
    index.close()
    return {"found": count / (time.perf_counter() - began)}


def _each(source: Path, target: Path) -> None:
    for path in source.iterdir():
        with (target / path.name).open("wb") as copy:
            copy.write(path.read_bytes())
            copy.flush()
            os.fsync(copy.fileno())


def _one_batch(source: Path, target: Path) -> None:
    """Copies named by their hash, and one sync of the disk for all."""
    for path in source.iterdir():
        content = path.read_bytes()
        (target / sha256(content).hexdigest()).write_bytes(content)
    synced(target)


def synced(folder: Path) -> None:
    """Sync the file system of a folder. Raises: Unavailable if the system has no such call."""
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "syncfs"):
        raise Unavailable("this system cannot sync one file system")
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if library.syncfs(descriptor):
            raise OSError(ctypes.get_errno(), "syncfs failed")
    finally:
        os.close(descriptor)
