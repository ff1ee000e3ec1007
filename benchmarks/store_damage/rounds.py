"""One damaged data folder: it is used, verified, repaired and used again, and broken promises are noted."""

import random
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from anyio import to_thread

from benchmarks.store_damage.corruption import SUBJECTS, TARGETS, Original, Sound, damage, opened, text_of
from files_api_mcp.backends.base import Backend
from files_api_mcp.backends.damage import Verification
from files_api_mcp.backends.errors import FilesError, StoreDamaged
from files_api_mcp.backends.local.settings import LocalSettings
from files_api_mcp.backends.models import FileRecord, NewFile, silent
from files_api_mcp.backends.search.runtime import SearchRuntime
from tests.support.snapshots import freeze_bytes


@dataclass
class Round:
    """One damaged folder, and the promises that it breaks."""

    sound: Sound
    folder: Path
    is_older: bool
    faults: list[str] = field(default_factory=list[str])

    def damaged_content(self) -> set[str]:
        """The ids of files whose bytes are not those that were acknowledged."""
        return {one for one, original in self.sound.files.items() if not self._is_whole(original.record)}

    def _is_whole(self, record: FileRecord) -> bool:
        digest = str(record.sha256)
        path = self.folder / "blobs" / digest[:2] / digest
        return path.is_file() and sha256(path.read_bytes()).hexdigest() == digest

    def known(self, *, repaired: bool) -> Mapping[str, Original]:
        """The files that must be listed."""
        if self.is_older and not repaired:
            return {one: original for one, original in self.sound.files.items() if one in self.sound.older_ids}
        return self.sound.files

    async def use(self, backend: Backend, bad: set[str], *, repaired: bool) -> None:
        """List, describe, ask, read and download."""
        listed = {one.id: one for one in (await backend.files.list(limit=100)).files}
        for file_id, original in self.known(repaired=repaired).items():
            if listed.get(file_id) != original.record:
                self.faults.append(f"{file_id} is not listed as it was: {listed.get(file_id)}")
                continue
            await self._use_one(backend, file_id, original, is_whole=file_id not in bad)
        for subject in SUBJECTS:
            answer = await backend.answerer.ask(f"Which number has the {subject}?", (), max_tokens=500)
            for passage in answer.passages:
                if passage.text not in self.sound.files[passage.file_id].text:
                    self.faults.append(f"wrong words of {passage.file_id}: {passage.text[:60]!r}")
        for file_id in self.sound.deleted & listed.keys():
            if not self.is_older:
                self.faults.append(f"the deleted file {file_id} is back")

    async def _use_one(self, backend: Backend, file_id: str, original: Original, *, is_whole: bool) -> None:
        calls = {"describe": self._describe, "download": self._download, "read": self._read, "ask": self._ask}
        for name, call in calls.items():
            try:
                if not await call(backend, file_id, original):
                    self.faults.append(f"{name} of {file_id} is wrong")
            except StoreDamaged as exc:
                if is_whole:
                    self.faults.append(f"{name} of {file_id} fails: {exc.text}")
            except FilesError as exc:
                if is_whole or name == "download":
                    self.faults.append(f"{name} of {file_id} fails: {exc.text}")

    async def _describe(self, backend: Backend, file_id: str, original: Original) -> bool:
        return await backend.files.describe(file_id) == original.record

    async def _download(self, backend: Backend, file_id: str, original: Original) -> bool:
        async with backend.files.download(file_id) as (_, chunks):
            return b"".join([chunk async for chunk in chunks]) == original.content

    async def _read(self, backend: Backend, file_id: str, original: Original) -> bool:
        return await text_of(backend, file_id) == original.text

    async def _ask(self, backend: Backend, file_id: str, original: Original) -> bool:
        question = f"Which sentence names the {original.record.filename.partition('.')[0]}?"
        answer = await backend.answerer.ask(question, [file_id], max_tokens=300)
        return bool(answer.passages) and all(passage.text in original.text for passage in answer.passages)

    def check_named(self, found: Verification, bad: set[str]) -> None:
        """Every damaged content is named."""
        named = {one.file_id for one in found.damages if one.part in {"content", "leftover"}}
        for file_id in bad - named:
            if file_id in self.known(repaired=False):
                self.faults.append(f"verify does not name {file_id}")
        for one in found.damages:
            if one.part == "content" and one.file_id in self.sound.files.keys() - bad:
                self.faults.append(f"a false alarm about {one.file_id}")

    def check_kept(self, bad: set[str]) -> None:
        """All acknowledged bytes are still somewhere in the folder."""
        paths = [path for part in ("blobs", "set-aside") for path in (self.folder / part).rglob("*")]
        digests = {sha256(path.read_bytes()).hexdigest() for path in paths if path.is_file()}
        for file_id, original in self.sound.files.items():
            if file_id not in bad and original.record.sha256 not in digests:
                self.faults.append(f"the content of {file_id} was destroyed")


async def damaged_round(sound: Sound, runtime: SearchRuntime, number: int, seed: int) -> tuple[str, list[str]]:
    """Damage a copy of the folder and use it; returns how it was damaged, and the broken promises."""
    chance = random.Random(f"{seed} {number}")
    folder = Path(await to_thread.run_sync(tempfile.mkdtemp)) / "data"
    try:
        await to_thread.run_sync(shutil.copytree, sound.folder, folder)
        targets = TARGETS[number % len(TARGETS)].split()
        how = [await to_thread.run_sync(damage, sound, folder, one, chance) for one in targets]
        this = Round(sound, folder, is_older="older" in targets)
        try:
            await _survive(this, runtime)
        except FilesError as exc:
            this.faults.append(f"{exc.text} ({exc.__cause__!r})")
    finally:
        await to_thread.run_sync(shutil.rmtree, folder.parent)
    return ", ".join(how), this.faults


async def _survive(this: Round, runtime: SearchRuntime) -> None:
    bad = await to_thread.run_sync(this.damaged_content)
    this.check_named(await _verify(this.folder), bad)
    async with opened(this.folder, runtime) as backend:
        await this.use(backend, bad, repaired=False)
    await to_thread.run_sync(this.check_kept, bad)
    this.check_named(await _verify(this.folder, repair=True), bad)
    async with opened(this.folder, runtime) as backend:
        await this.use(backend, bad, repaired=True)
        for file_id in bad:
            original = this.sound.files[file_id]
            frozen = await to_thread.run_sync(freeze_bytes, this.folder / "frozen", original.content)
            new = NewFile(original.record.filename, original.record.mime_type, title=original.record.title)
            if (await backend.files.upload(frozen, new)).record.id != file_id:
                this.faults.append(f"uploading {file_id} again made another file")
            await backend.reader.prepare(file_id)
        await this.use(backend, set(), repaired=True)
        for file_id in this.sound.deleted:
            if this.is_older and (await _is_listed(backend, file_id)):
                await backend.files.delete(file_id)
    left = await _verify(this.folder)
    this.faults += [f"left after the repair: {one}" for one in left.damages if one.part != "leftover"]
    await to_thread.run_sync(this.check_kept, set[str]())


async def _is_listed(backend: Backend, file_id: str) -> bool:
    return any(one.id == file_id for one in (await backend.files.list(limit=100)).files)


async def _verify(folder: Path, *, repair: bool = False) -> Verification:
    return await LocalSettings.verify(folder, read_data=True, repair=repair, progress=silent)
