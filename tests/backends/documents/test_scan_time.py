"""The time of a document in which its pictures are read."""

from typing import Any, cast

import anyio
import anyio.lowlevel
import pytest

from files_api_mcp.backends.documents import workers as workers_module
from files_api_mcp.backends.documents.tesseract import Tesseract
from files_api_mcp.backends.documents.worker_process import WorkerProcess
from files_api_mcp.backends.documents.workers import ReaderStopped

pytestmark = pytest.mark.anyio


class Told:
    """A worker that asks once a second for the text of a picture, and a Tesseract that takes so long to read it."""

    def __init__(self, scanning: float) -> None:
        self.now = 0.0
        self.answers = 0
        self._scanning = scanning

    def clock(self) -> float:
        return self.now

    def received_answer(self) -> dict[str, Any] | None:
        return None  # none comes before it is waited for

    async def answer(self) -> dict[str, Any]:
        await anyio.lowlevel.checkpoint()
        self.now += 1
        self.answers += 1
        return {"scan": True, "body": b""}

    async def reply(self, text: str) -> None:
        await anyio.lowlevel.checkpoint()

    async def text(self, picture: bytes, seconds: float) -> str:
        self.now += min(self._scanning, seconds)
        return ""


@pytest.mark.parametrize(("scanning", "answers"), [(0.0, 10), (0.5, 10), (1e9, 10)], ids=lambda value: f"{value:g}")
async def test_time_in_which_pictures_are_read_does_not_count_as_the_documents(
    monkeypatch: pytest.MonkeyPatch, scanning: float, answers: int
) -> None:
    told = Told(scanning)
    monkeypatch.setattr(anyio, "current_time", told.clock)
    work = workers_module._Work(  # pyright: ignore[reportPrivateUsage]
        cast(WorkerProcess, told), timeout_s=1, tesseract=cast(Tesseract, told)
    )

    async def listen() -> None:
        async for _ in work.answers():
            pass

    with pytest.raises(ReaderStopped, match="too long"):
        await listen()
    assert told.answers == answers
