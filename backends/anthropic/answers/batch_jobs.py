"""Batch jobs on disk: an interrupted run resumes its batches, so nothing is paid for twice."""

import hashlib
import json
import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from anyio import CancelScope, to_thread
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from files_api_mcp.backends.anthropic.api.files import ApiFile
from files_api_mcp.backends.errors import Busy, StoreDamaged
from files_api_mcp.backends.models import Ask
from files_api_mcp.backends.storage.disk_errors import translated
from files_api_mcp.backends.storage.file_lock import try_lock
from files_api_mcp.backends.storage.folders import fsync_folder, make_private, write_private

__all__ = ["Job", "Part", "batch_ids", "job_key", "open_job"]


class Part(BaseModel):
    """One batch of a job. It is written before the batch is submitted, and again with the id that the API returns.

    `indexes` are its questions' positions in the job. `nonce` is the prefix of each request's custom_id. `before` holds
    the newest batches before it was submitted, to recognise the new one if the reply is lost.
    """

    model_config = ConfigDict(populate_by_name=True)

    nonce: str
    indexes: list[int] = Field(validation_alias="places", serialization_alias="places")
    before: list[str] = []
    batch_id: str | None = None

    def custom_id(self, index: int) -> str:
        """The custom_id of the request for a question."""
        return f"{self.nonce}-{index}"

    def by_custom_id(self) -> dict[str, int]:
        """The index of the question behind each result."""
        return {self.custom_id(index): index for index in self.indexes}


class JobState(BaseModel):
    """A job's batches, and `files` as the API described them when the job began."""

    files: dict[str, ApiFile] = {}
    parts: list[Part] = []


class Job:
    """A job on disk. A state that `save` wrote survives a power cut."""

    def __init__(self, path: Path, state: JobState) -> None:
        self._path = path
        self.state = state

    @property
    def submitted(self) -> set[int]:
        """Indexes of the questions that are in a batch."""
        return {index for part in self.state.parts for index in part.indexes}

    async def save(self) -> None:
        """Write the state to disk."""
        with CancelScope(shield=True):
            await to_thread.run_sync(_write, self._path, self.state.model_dump_json(by_alias=True))


def job_key(*, scope: str, model: str, max_tokens: int, asks: Sequence[Ask]) -> str:
    """The name of a job. The same questions about the same files, to the same model in one workspace, have one name."""
    parts = [scope, model, max_tokens, [[ask.file_id, ask.question] for ask in asks]]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


@asynccontextmanager
async def open_job(folder: Path, key: str) -> AsyncGenerator[Job]:
    """Open a job exclusively, in the state where the last run left it.

    Raises:
        Busy: Another process has it open.
        StoreDamaged: Its file is damaged.
    """
    lock = await to_thread.run_sync(_lock, folder, key)
    try:
        yield Job(folder / f"{key}.json", await to_thread.run_sync(_read, folder / f"{key}.json"))
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(os.close, lock)


async def batch_ids(folder: Path) -> set[str]:
    """The ids of the batches of all jobs in the folder."""
    return await to_thread.run_sync(_batch_ids, folder)


def _batch_ids(folder: Path) -> set[str]:
    with translated():
        states = [_read(path) for path in folder.glob("*.json")]
    return {part.batch_id for state in states for part in state.parts if part.batch_id}


def _lock(folder: Path, key: str) -> int:
    with translated():
        make_private(folder)
        fd = os.open(folder / f"{key}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not try_lock(fd):
            os.close(fd)
            raise Busy("Another process is running a batch of these questions.")
    return fd


def _read(path: Path) -> JobState:
    try:
        return JobState.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return JobState()
    except ValidationError:
        raise StoreDamaged(
            "The record of a batch is damaged.", f"Remove {path.name} from the data folder, then run the command again."
        ) from None


def _write(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    with translated():
        write_private(part, text.encode())
        part.replace(path)
        fsync_folder(path.parent)
