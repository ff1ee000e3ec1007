"""A small data folder, and damage of its parts at random places."""

import random
import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

from anyio import to_thread

from benchmarks.byte_damage import cut, flip_bit, flip_bits, overwrite, swap_pages, zero
from files_api_mcp.backends.base import Backend
from files_api_mcp.backends.local.settings import LocalSettings
from files_api_mcp.backends.models import FileRecord, NewFile
from files_api_mcp.backends.search.index.schema import index_path
from files_api_mcp.backends.search.runtime import SearchRuntime
from tests.support.documents import pdf
from tests.support.snapshots import freeze_bytes

_CHARS = 100_000
SUBJECTS = ("heron", "lighthouse", "barley", "quarry", "violin", "glacier", "harbour", "saffron")
TARGETS = ("table", "index", "content", "sidecar", "table index", "index content", "content content", "older")


@dataclass(frozen=True)
class Original:
    """A stored file as it was acknowledged: its record, its bytes and its text."""

    record: FileRecord
    content: bytes
    text: str


@dataclass
class Sound:
    """A data folder, its files by id, and an older copy of its databases with the ids that they knew."""

    folder: Path
    files: dict[str, Original] = field(default_factory=dict[str, Original])
    older: dict[str, bytes] = field(default_factory=dict[str, bytes])
    older_ids: frozenset[str] = frozenset()
    deleted: set[str] = field(default_factory=set[str])


def opened(folder: Path, runtime: SearchRuntime) -> AbstractAsyncContextManager[Backend]:
    """The local backend on a folder."""
    return LocalSettings().open(folder, runtime)


async def build(folder: Path, runtime: SearchRuntime) -> Sound:
    """Store some files, keep a copy of the databases, store others, and delete some."""
    sound = Sound(folder)
    async with opened(folder, runtime) as backend:
        for number, subject in enumerate(SUBJECTS):
            if number == len(SUBJECTS) // 2:
                sound.older = await to_thread.run_sync(_databases, folder)
                sound.older_ids = frozenset(sound.files)
            await _store(backend, sound, subject, number)
            gone = await backend.files.upload(
                await to_thread.run_sync(freeze_bytes, folder / "frozen", f"Gone {number}".encode()),
                NewFile(f"gone-{number}.txt", "text/plain"),
            )
            await backend.files.delete(gone.record.id)
            sound.deleted.add(gone.record.id)
    await to_thread.run_sync(shutil.rmtree, folder / "frozen")
    return sound


async def _store(backend: Backend, sound: Sound, subject: str, number: int) -> None:
    sentences = [f"Sentence {line} says that the {subject} is number {number * 100 + line}." for line in range(30)]
    if number % 3:
        name, mime_type, content = f"{subject}.txt", "text/plain", "\n".join(sentences).encode()
    else:
        name, mime_type, content = f"{subject}.pdf", "application/pdf", pdf(["\n".join(sentences)])
    frozen = await to_thread.run_sync(freeze_bytes, sound.folder / "frozen", content)
    record = (await backend.files.upload(frozen, NewFile(name, mime_type, title=f"On {subject}"))).record
    await backend.reader.prepare(record.id)
    sound.files[record.id] = Original(record, content, await text_of(backend, record.id))


async def text_of(backend: Backend, file_id: str) -> str:
    return "\n".join(one.text for one in (await backend.reader.read(file_id, max_chars=_CHARS)).windows)


def _databases(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "files.db", index_path(folder))}


Change = Callable[[bytearray, random.Random], None]
_CHANGES: Sequence[Change] = (flip_bit, flip_bits, overwrite, cut)
_PAGE_CHANGES: Sequence[Change] = (*_CHANGES, zero, swap_pages)


def damage(sound: Sound, folder: Path, target: str, chance: random.Random) -> str:
    """Damage one part of a folder; returns how."""
    if target == "older":
        name = "files.db"
        (folder / name).write_bytes(sound.older[name])
        return f"older {name}"
    path = _path(folder, target, chance)
    kind = chance.randrange(8)
    if kind == 0:
        path.unlink()
        return f"removed {path.name}"
    if kind == 1 and target in {"content", "sidecar"}:
        other = _path(folder, target, chance)
        mine, theirs = path.read_bytes(), other.read_bytes()
        path.write_bytes(theirs)
        other.write_bytes(mine)
        return f"swapped {path.name} and {other.name}"
    if kind == 1 and target == "index":
        path.write_bytes(sound.older[path.name])
        return f"older {path.name}"
    change = chance.choice(_PAGE_CHANGES if target in {"table", "index"} else _CHANGES)
    content = bytearray(path.read_bytes())
    change(content, chance)
    path.write_bytes(content)
    return f"{change.__name__} {path.name}"


def _path(folder: Path, target: str, chance: random.Random) -> Path:
    fixed = {"table": folder / "files.db", "index": index_path(folder)}
    if target in fixed:
        return fixed[target]
    found = sorted(path for path in (folder / "blobs").rglob("*") if path.is_file())
    return chance.choice([path for path in found if (path.suffix == ".json") == (target == "sidecar")])
