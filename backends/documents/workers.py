"""A few warm worker processes that parse documents, and the limits that they are held to."""

import base64
import json
import os
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import anyio
from anyio import CancelScope
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from files_api_mcp.backends.errors import UnsupportedType
from files_api_mcp.backends.models import PageImage

__all__ = ["DocumentWorkers", "Extracted", "PageText"]

_LONGEST_LINE = 64 * 1024 * 1024
_JOBS_EACH = 200
_PASSED_ON = ("PATH", "PYTHONPATH", "PYTHONHOME", "LANG", "LC_ALL", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "TMPDIR")


@dataclass(frozen=True, slots=True)
class Extracted:
    """What is known before the text comes."""

    paginated: bool
    pages: int | None


@dataclass(frozen=True, slots=True)
class PageText:
    """The text of a page or slide, or one of the consecutive pieces of a text without pages; counted from 1."""

    number: int
    text: str


class _Worker:
    def __init__(self, process: Process) -> None:
        assert process.stdout is not None
        self.process = process
        self.answers = BufferedByteReceiveStream(process.stdout)
        self.jobs = 0

    async def ask(self, job: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.jobs += 1
        await self.process.stdin.send(json.dumps(job).encode() + b"\n")

    async def answer(self) -> dict[str, Any]:
        line = await self.answers.receive_until(b"\n", _LONGEST_LINE)
        return json.loads(line)

    async def stop(self) -> None:
        with CancelScope(shield=True):
            if self.process.returncode is None:
                self.process.kill()
            await self.process.wait()
            await self.process.aclose()


class DocumentWorkers:
    """At most `size` processes at once, started when first needed. A job that hangs or crashes costs its process,
    and the next job gets a new one."""

    def __init__(self, *, size: int = 2, timeout_s: float = 60, memory_bytes: int = 1 << 30) -> None:
        self._places = anyio.CapacityLimiter(size)
        self._idle: list[_Worker] = []
        self._timeout_s = timeout_s
        self._memory_bytes = memory_bytes

    async def __aenter__(self) -> "DocumentWorkers":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._idle:
            await self._idle.pop().stop()

    @asynccontextmanager
    async def extract(self, path: Path, mime_type: str) -> AsyncGenerator[tuple[Extracted, AsyncIterator[PageText]]]:
        """Read a document's text page by page.

        Raises:
            UnsupportedType: It cannot be read, or not within the limits.
        """
        async with self._job({"path": str(path), "mime_type": mime_type}) as answers:
            first = await anext(answers, None)
            if first is None:
                raise UnsupportedType("The file is damaged.")
            yield Extracted(first["paginated"], first["pages"]), _texts(answers)

    async def render(
        self, path: Path, mime_type: str, pages: Sequence[int], *, max_side: int = 1568
    ) -> list[PageImage]:
        """Pictures of PDF pages (1-based), or the image file itself, at most `max_side` pixels on the longer side.

        Raises:
            UnsupportedType: It cannot be shown, or not within the limits.
        """
        job = {"path": str(path), "mime_type": mime_type, "pages": list(pages), "max_side": max_side}
        async with self._job(job) as answers:
            return [PageImage(a["page"], a["mime_type"], base64.b64decode(a["data"])) async for a in answers]

    @asynccontextmanager
    async def _job(self, job: dict[str, Any]) -> AsyncGenerator[AsyncIterator[dict[str, Any]]]:
        async with self._places:
            worker = self._idle.pop() if self._idle else await self._start()
            finished = False

            async def answers() -> AsyncIterator[dict[str, Any]]:
                nonlocal finished
                while "end" not in (answer := await self._answer(worker)):
                    if "error" in answer:
                        finished = True
                        raise UnsupportedType(answer["error"])
                    yield answer
                finished = True

            try:
                try:
                    await worker.ask(job)
                except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                    raise UnsupportedType("The file could not be read: its reader stopped.") from None
                yield answers()
            finally:
                # A worker in the middle of a job, whatever the reason, is of no more use.
                if finished and worker.jobs < _JOBS_EACH:
                    self._idle.append(worker)
                else:
                    await worker.stop()

    async def _answer(self, worker: _Worker) -> dict[str, Any]:
        try:
            with anyio.fail_after(self._timeout_s):
                return await worker.answer()
        except TimeoutError:
            raise UnsupportedType("The file took too long to read.") from None
        except (anyio.EndOfStream, anyio.IncompleteRead, anyio.BrokenResourceError, anyio.DelimiterNotFound):
            raise UnsupportedType("The file could not be read: it needs more than is allowed, or is broken.") from None

    async def _start(self) -> _Worker:
        environment = {name: value for name in _PASSED_ON if (value := os.environ.get(name)) is not None}
        command = [sys.executable, "-m", "files_api_mcp.backends.documents.worker", str(self._memory_bytes)]
        return _Worker(await anyio.open_process(command, stderr=None, env=environment))


async def _texts(answers: AsyncIterator[dict[str, Any]]) -> AsyncIterator[PageText]:
    parts: list[str] = []
    async for answer in answers:
        parts.append(answer["text"])
        if not answer["more"]:
            yield PageText(answer["page"], "".join(parts))
            parts.clear()
