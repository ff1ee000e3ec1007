"""Damage of the index at random places: `python -m benchmarks.index_damage [--rounds 500] [--seed 1]`.

Each round damages a copy of a small index (bits, bytes, cuts, zeros, pages of SQLite swapped), then asks, reads and
describes. What is quoted must be in the document at the place named, no error but our own may come, and after the
repair the answers must be those of the index before the damage.
"""

import argparse
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import anyio
from anyio import to_thread

from benchmarks.byte_damage import DAMAGES
from benchmarks.speed.language import Language
from files_api_mcp.backends.content_source import Content, LiveFiles
from files_api_mcp.backends.errors import FilesError, NotFound
from files_api_mcp.backends.file_filter import ALL_FILES, FileFilter, FilterFacts
from files_api_mcp.backends.file_versions import FileVersion
from files_api_mcp.backends.models import FileRecord, Passage
from files_api_mcp.backends.search.engine import SearchEngine, open_search_engine
from files_api_mcp.backends.search.index.index import document_key
from files_api_mcp.backends.search.index.schema import index_path
from files_api_mcp.backends.search.runtime import SearchRuntime, open_runtime
from files_api_mcp.backends.table_info import TableInfo
from tests.support.documents import labelled, pdf

QUESTIONS = 4
_CHARS = 1_000_000


class Files:
    """A few documents in a folder. Implements ContentSource."""

    def __init__(self, folder: Path, seed: int = 3) -> None:
        language = Language(seed)
        contents = {
            "report.pdf": labelled([language.page() for _ in range(6)], {0: ("r", "", 1), 3: ("D", "A-", 1)}),
            "book.pdf": pdf([language.page() for _ in range(8)]),
            "notes.txt": "\n\n".join(language.page() for _ in range(15)).encode(),
            "table.csv": "\n".join(f"{language.word()},{n},{language.word()}" for n in range(500)).encode(),
            "short.md": f"# {language.word()}\n\n{language.page()}".encode(),
            "empty.txt": b" \n",
        }
        self.questions = [language.question() for _ in range(QUESTIONS - 1)] + ["What does page iii say?"]
        self._files = [_stored(folder, name, content) for name, content in contents.items()]

    async def blob_path(self, file_id: str) -> tuple[FileRecord, Path]:
        for found in await self.located([file_id]):
            return found
        raise NotFound(f"There is no file {file_id}.")

    async def located(self, file_ids: Sequence[str]) -> Sequence[tuple[FileRecord, Path]]:
        return [one for one in self._files if one[0].id in file_ids]

    def held(self, file_id: str) -> FileRecord | None:
        return next((one for one, _ in self._files if one.id == file_id), None)

    def held_versions(self, file_id: str) -> Sequence[FileVersion]:  # noqa: ARG002  see ContentSource
        return ()

    async def live_files(self, within: FileFilter = ALL_FILES) -> LiveFiles:
        return LiveFiles.of([record for record, _ in self._files if within.matches(FilterFacts.of(record))])

    async def matching(self, file_ids: Sequence[str], within: FileFilter) -> Sequence[str]:
        return [one.id for one, _ in await self.located(file_ids) if within.matches(FilterFacts.of(one))]

    async def absent(self, contents: Sequence[Content]) -> Sequence[Content]:
        return (await self.live_files()).lacking(contents)

    @property
    def records(self) -> list[FileRecord]:
        return [record for record, _ in self._files]

    @property
    def ids(self) -> list[str]:
        return [record.id for record in self.records]


def _stored(folder: Path, name: str, content: bytes) -> tuple[FileRecord, Path]:
    path = folder / name
    path.write_bytes(content)
    kinds = {"pdf": "application/pdf", "txt": "text/plain", "csv": "text/csv", "md": "text/markdown"}
    record = FileRecord(
        id=f"file_{name.partition('.')[0]}",
        filename=name,
        mime_type=kinds[name.rpartition(".")[2]],
        size_bytes=len(content),
        created_at=datetime.now(UTC),
        downloadable=True,
        sha256=sha256(content).hexdigest(),
    )
    return record, path


@dataclass(frozen=True)
class Observed:
    """What a user sees: the texts of all files by page, their tables, and the passages of each question. Errors take
    their place."""

    texts: dict[str, dict[int | None, str] | str]
    answers: dict[str, list[Passage] | str]
    tables: dict[str, Sequence[TableInfo] | str]
    notes: tuple[str, ...] = ()


async def observe(engine: SearchEngine, files: Files) -> Observed:
    """Ask the questions, first to all files and then to each, and describe and read all files."""
    answers: dict[str, list[Passage] | str] = {}
    texts: dict[str, dict[int | None, str] | str] = {}
    tables: dict[str, Sequence[TableInfo] | str] = {}
    notes: list[str] = []
    for question in files.questions:
        for ids in ([], *([file_id] for file_id in files.ids)):
            name = f"{question} {ids}"
            try:
                answer = await engine.ask(question, ids, max_tokens=1500)
            except FilesError as exc:
                answers[name] = exc.text
            else:
                answers[name] = answer.passages
                notes += answer.notes
    for file_id in files.ids:
        try:
            info = await engine.prepare(file_id)
            pages = (1, info.pages) if info.pages else None
            windows = (await engine.read(file_id, pages=pages, max_chars=_CHARS)).windows
            texts[file_id] = {window.page: window.text for window in windows}
        except FilesError as exc:
            texts[file_id] = exc.text
        try:
            tables[file_id] = await engine.tables.tables(file_id)
        except FilesError as exc:
            tables[file_id] = exc.text
    return Observed(texts, answers, tables, tuple(notes))


@dataclass(frozen=True)
class Sound:
    """The documents, their undamaged index, and what a user sees of it."""

    files: Files
    index: bytes
    observed: Observed

    def wrong_quotes(self, seen: Observed) -> list[str]:
        """Passages and texts that are not in the document at the place named."""
        wrong = [
            f"{one.file_id} page {one.page} from {one.start_char}: {one.text[:60]!r}"
            for passages in seen.answers.values()
            for one in (passages if isinstance(passages, list) else ())
            if not self._holds(one)
        ]
        wrong += [
            f"text of {file_id}"
            for file_id, text in seen.texts.items()
            if isinstance(text, dict) and text != self.observed.texts[file_id]
        ]
        return wrong + [
            f"tables of {file_id}"
            for file_id, tables in seen.tables.items()
            if not isinstance(tables, str) and tables != self.observed.tables[file_id]
        ]

    def filename(self, key: str) -> str:
        """The name of the file with this key in the index."""
        return next(record.filename for record in self.files.records if document_key(record) == key)

    def _holds(self, one: Passage) -> bool:
        pages = self.observed.texts[one.file_id]
        return isinstance(pages, dict) and pages[one.page][one.start_char : one.end_char] == one.text


async def build(folder: Path, runtime: SearchRuntime) -> Sound:
    """Make the documents and their index in this folder."""
    files = await to_thread.run_sync(Files, folder)
    async with open_search_engine(folder, files, runtime) as engine:
        observed = await observe(engine, files)
    return Sound(files, await to_thread.run_sync(index_path(folder).read_bytes), observed)


@dataclass(frozen=True)
class Outcome:
    """What came of one damage: quotes that are wrong, errors, and whether the answers are those of before, at once and
    after the repair."""

    damage: str
    wrong: list[str]
    errors: list[str]
    same_at_once: bool
    same_after: bool


async def damaged_round(sound: Sound, runtime: SearchRuntime, number: int, seed: int) -> Outcome:
    """Damage the index and use it twice."""
    chance = random.Random(f"{seed} {number}")
    damage = DAMAGES[number % len(DAMAGES)]
    content = bytearray(sound.index)
    damage(content, chance)
    folder = Path(await to_thread.run_sync(tempfile.mkdtemp))
    try:
        await to_thread.run_sync(index_path(folder).write_bytes, bytes(content))
        async with open_search_engine(folder, sound.files, runtime) as engine:
            first = await observe(engine, sound.files)
            second = await observe(engine, sound.files)
    finally:
        await to_thread.run_sync(shutil.rmtree, folder)
    return Outcome(
        damage.__name__,
        sound.wrong_quotes(first) + sound.wrong_quotes(second),
        _new_errors(first, sound) + _new_errors(second, sound),
        _same(first, sound),
        _same(second, sound),
    )


def _new_errors(seen: Observed, sound: Sound) -> list[str]:
    before = set(_errors(sound.observed))
    return [error for error in _errors(seen) if error not in before]


def _errors(seen: Observed) -> list[str]:
    found = [*seen.answers.values(), *seen.texts.values(), *seen.tables.values()]
    return [error for error in found if isinstance(error, str)]


def _same(seen: Observed, sound: Sound) -> bool:
    before = sound.observed
    return (seen.answers, seen.texts, seen.tables) == (before.answers, before.texts, before.tables)


async def run(rounds: int, seed: int) -> bool:
    """Print the outcomes; returns whether all promises held."""
    kept = True
    counts: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        async with open_runtime() as runtime:
            sound = await build(Path(folder), runtime)
            for number in range(rounds):
                outcome = await damaged_round(sound, runtime, number, seed)
                counts[outcome.damage, "rounds"] += 1
                counts[outcome.damage, "same at once"] += outcome.same_at_once
                counts[outcome.damage, "same after"] += outcome.same_after
                for fault in [*outcome.wrong, *outcome.errors]:
                    print(f"round {number} ({outcome.damage}): {fault}")
                    kept = False
    for damage in DAMAGES:
        shown = [f"{counts[damage.__name__, what]} {what}" for what in ("rounds", "same at once", "same after")]
        print(f"{damage.__name__}: {', '.join(shown)}")
    return kept


def main() -> None:
    """Damage the index many times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    raise SystemExit(0 if anyio.run(run, *vars(parser.parse_args()).values()) else 1)


if __name__ == "__main__":
    main()
