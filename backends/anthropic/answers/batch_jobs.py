"""What was handed in as batches and not collected yet, on disk: an interrupted run is gone on with, not paid twice."""

import fcntl
import hashlib
import json
import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from anyio import CancelScope, to_thread
from pydantic import BaseModel, ValidationError

from files_api_mcp.backends.anthropic.api.files import ApiFile
from files_api_mcp.backends.errors import Busy, StoreDamaged
from files_api_mcp.backends.models import Ask
from files_api_mcp.backends.storage.disk_errors import translated
from files_api_mcp.backends.storage.folders import fsync_folder, make_private, write_private

__all__ = ["Job", "Part", "batch_ids", "job_key", "open_job"]


class Part(BaseModel):
    """One batch of a job: written before it is handed in, with its id once the API named it.

    `places` are those of its questions in the job, `nonce` begins the custom_id of each of its requests, and `before`
    are the newest batches that were there when it was to be handed in: it is none of them.
    """

    nonce: str
    places: list[int]
    before: list[str] = []
    batch_id: str | None = None

    def custom_id(self, place: int) -> str:
        return f"{self.nonce}-{place}"

    def by_custom_id(self) -> dict[str, int]:
        """The place of the question behind each result."""
        return {self.custom_id(place): place for place in self.places}


class JobState(BaseModel):
    """`files` are the files asked, as they were when the job began."""

    files: dict[str, ApiFile] = {}
    parts: list[Part] = []


class Job:
    """The state of one job; what `save` acknowledged survives a power cut."""

    def __init__(self, path: Path, state: JobState) -> None:
        self._path = path
        self.state = state

    @property
    def handed_in(self) -> set[int]:
        """Places of the questions that are in some batch."""
        return {place for part in self.state.parts for place in part.places}

    async def save(self) -> None:
        """Write the state down."""
        with CancelScope(shield=True):
            await to_thread.run_sync(_write, self._path, self.state.model_dump_json())


def job_key(*, scope: str, model: str, max_tokens: int, asks: Sequence[Ask]) -> str:
    """The name of a job: that of the same questions to the same files, to the same model in the same workspace."""
    parts = [scope, model, max_tokens, [[ask.file_id, ask.question] for ask in asks]]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


@asynccontextmanager
async def open_job(folder: Path, key: str) -> AsyncGenerator[Job]:
    """Open a job for this process alone, as far as it got.

    Raises:
        Busy: Another process has it open.
        StoreDamaged: Its file is not as it was written.
    """
    lock = await to_thread.run_sync(_lock, folder, key)
    try:
        yield Job(folder / f"{key}.json", await to_thread.run_sync(_read, folder / f"{key}.json"))
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(os.close, lock)


async def batch_ids(folder: Path) -> set[str]:
    """The batches of all jobs of this machine."""
    return await to_thread.run_sync(_batch_ids, folder)


def _batch_ids(folder: Path) -> set[str]:
    with translated():
        states = [_read(path) for path in folder.glob("*.json")]
    return {part.batch_id for state in states for part in state.parts if part.batch_id}


def _lock(folder: Path, key: str) -> int:
    with translated():
        make_private(folder)
        fd = os.open(folder / f"{key}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            raise Busy("These questions are being asked as a batch by another process.") from None
    return fd


def _read(path: Path) -> JobState:
    try:
        return JobState.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return JobState()
    except ValidationError:
        raise StoreDamaged(
            "The record of a batch is damaged.", f"Remove {path.name} from the data folder; its batch is asked anew."
        ) from None


def _write(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    with translated():
        write_private(part, text.encode())
        part.replace(path)
        fsync_folder(path.parent)
