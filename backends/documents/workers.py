"""DocumentWorkers: a pool of warm worker processes that parse documents within limits."""

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import anyio
from anyio import to_thread

from files_api_mcp.backends.documents.families import ALL, family_of, is_loaded
from files_api_mcp.backends.documents.marks import Mark, from_json
from files_api_mcp.backends.documents.task import ReaderStopped, Task, close_all, damaged, open_all
from files_api_mcp.backends.documents.tesseract import ScanBudget, Tesseract, find_tesseract
from files_api_mcp.backends.documents.worker_process import PROGRAM, WorkerDied, WorkerProcess
from files_api_mcp.backends.errors import FilesError, UnsupportedType
from files_api_mcp.backends.models import FileRecord, PageImage, Passage

__all__ = ["DocumentWorkers", "Extracted", "PageText", "ReaderStopped", "Task"]

_JOBS_EACH = 2000
_BYTES_EACH = 256 << 20
"""A process is replaced after this many jobs or bytes, in case a parser leaks memory."""
_TOTAL = 10
"""The time limit of a document, as a multiple of the limit of a page."""
_SCANNING = 25
"""The extra time for scanned pages, as a multiple of the same limit."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """The document's properties that are known before its text."""

    paginated: bool
    pages: int | None


@dataclass(frozen=True, slots=True)
class PageText:
    """The text of a page or slide, or a consecutive piece of a text without pages; numbers start at 1.

    `label` is the page label in the document ("iv", "A-3"), if it is not the page number. `scanned` says that
    the text was read by OCR. `marks` have offsets in code points. `invisible` counts the invisible characters that are
    left out of the text.
    """

    number: int
    text: str
    label: str | None = None
    scanned: bool = False
    marks: tuple[tuple[int, Mark], ...] = ()
    invisible: int = 0


class DocumentWorkers:
    """Runs at most `size` processes, started on demand. A job that hangs or crashes loses only its process,
    and the next job gets a new one. `timeout_s` limits the wait for each page. `program` is the module that a process
    runs."""

    def __init__(
        self, *, size: int = 3, timeout_s: float = 15, memory_bytes: int = 1 << 30, program: str = PROGRAM
    ) -> None:
        self._slots = anyio.CapacityLimiter(size)
        # Work in the background leaves a process to the calls.
        self._background = anyio.CapacityLimiter(max(1, size - 1))
        self._idle: list[WorkerProcess] = []
        self._timeout_s = timeout_s
        self._memory_bytes = memory_bytes
        self._program = program

    @cached_property
    def tesseract(self) -> Tesseract | None:
        """Reads pictures; None if it is not installed. Looked up once; this reads the disk."""
        program = find_tesseract()
        return Tesseract(program, self._memory_bytes) if program else None

    async def __aenter__(self) -> "DocumentWorkers":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._idle:
            await self._idle.pop().stop()

    @asynccontextmanager
    async def extract(
        self, path: Path, mime_type: str, record: FileRecord | None = None
    ) -> AsyncGenerator[tuple[Extracted, AsyncIterator[PageText]]]:
        """Read a document's text page by page. With a record, only bytes that have its hash are read; the text is right
        only if the last page came.

        Raises:
            UnsupportedType: It cannot be read; ReaderStopped: not within the limits.
            ContentDamaged: Its bytes have another hash, or cannot be opened.
        """
        filename = record.filename if record else path.name
        task = Task("extract", path, record, {"mime_type": mime_type, "filename": filename})
        async with aclosing(self.run([task])) as jobs:
            async for answers in jobs:
                first = await anext(answers)
                yield Extracted(first["paginated"], first["pages"]), _texts(answers)

    async def render(
        self,
        path: Path,
        mime_type: str,
        pages: Sequence[int],
        *,
        max_side: int = 1568,
        marked: Sequence[Passage] = (),
        record: FileRecord | None = None,
    ) -> list[PageImage]:
        """Render PDF pages (1-based), or the image file itself, at most `max_side` pixels on the longer side.

        The passages in `marked` are tinted where PDFium can locate them exactly.

        Raises:
            UnsupportedType: It cannot be shown; ReaderStopped: not within the limits.
            ContentDamaged: Its bytes are not those of the record, or cannot be opened.
        """
        marks = [(one.page, one.start_char, one.end_char, one.text) for one in marked]
        arguments = {"mime_type": mime_type, "pages": list(pages), "max_side": max_side, "marks": marks}
        async with aclosing(self.run([Task("render", path, record, arguments)])) as jobs:
            return [PageImage(a["page"], a["mime_type"], a["body"]) async for answers in jobs async for a in answers]

    async def run(
        self, tasks: Sequence[Task], *, in_background: bool = False
    ) -> AsyncGenerator[AsyncIterator[dict[str, Any]]]:
        """Run a job for each task, in order, and yield the answers of each. All are sent ahead, so that the process
        does not wait between small documents; they must be few.

        Iterating the answers may raise:
            UnsupportedType: The document cannot be read; ReaderStopped: not within the limits.
            ContentDamaged: Its bytes are not those of the record, or cannot be opened.
        """
        async with self._background if in_background else nullcontext(), self._slots:
            left = deque(tasks)
            while left:
                opened = await to_thread.run_sync(open_all, [*left])
                try:
                    child = await self._given(opened)
                except ReaderStopped as exc:
                    for _ in left:
                        yield _failed(exc)
                    return
                finally:
                    close_all(opened)
                work: _Work | None = None
                try:
                    for task, document in opened:
                        left.popleft()
                        if isinstance(document, FilesError):
                            yield _failed(document)
                            continue
                        work = _Work(child, self._timeout_s, task.record, self.tesseract)
                        yield work.answers()
                        if not work.finished:
                            break
                finally:
                    # A process that is still in the middle of a job cannot be reused, and the jobs after it are lost.
                    is_idle = not left and (work is None or work.finished)
                    if is_idle and child.jobs < _JOBS_EACH and child.job_bytes < _BYTES_EACH:
                        self._idle.append(child)
                    else:
                        await child.stop()

    async def _given(self, opened: Sequence[tuple[Task, int | FilesError]]) -> WorkerProcess:
        """Send the jobs to a process. A process that died while idle is replaced: the document is not at fault. So is
        one that has not loaded what these documents need, by one that reads all."""
        tesseract = await to_thread.run_sync(lambda: self.tesseract)
        jobs = [
            ({**task.message(), "scans": tesseract is not None}, document)
            for task, document in opened
            if isinstance(document, int)
        ]
        family = family_of(task.arguments.get("mime_type") for task, document in opened if isinstance(document, int))
        while self._idle:
            child = self._idle.pop()
            if not is_loaded(family, child.family):
                family = ALL
                await child.stop()
            elif await _is_sent(child, jobs):
                return child
        child = await WorkerProcess.start(
            self._memory_bytes, cpu_seconds=int(self._timeout_s * _TOTAL), family=family, program=self._program
        )
        if not await _is_sent(child, jobs):
            raise ReaderStopped("The file could not be read: the worker process did not start.")
        return child


async def _is_sent(child: WorkerProcess, jobs: Sequence[tuple[dict[str, Any], int]]) -> bool:
    """Send jobs; False if the process is dead. One that did not get all of them is stopped."""
    try:
        await child.ask(jobs)
    except WorkerDied:
        await child.stop()
        return False
    except BaseException:
        await child.stop()
        raise
    return True


class _Work:
    """The answers of one job. A reported error ends the job normally; a silent process does not."""

    def __init__(
        self,
        child: WorkerProcess,
        timeout_s: float,
        record: FileRecord | None = None,
        tesseract: Tesseract | None = None,
    ) -> None:
        self._child = child
        self._record = record
        self._timeout_s = timeout_s
        self._deadline = anyio.current_time() + timeout_s * _TOTAL
        self._scanning = timeout_s * _SCANNING
        self._tesseract = tesseract
        self._scans = ScanBudget(timeout_s)
        self.finished = False

    async def answers(self) -> AsyncIterator[dict[str, Any]]:
        while True:
            answer = await self._next()
            if "end" in answer or "error" in answer:
                self.finished = True
                if "error" in answer:
                    raise self._failure(answer["error"], answer.get("kind"))
                return
            if "scan" in answer:
                await self._scan(answer.get("body", b""))
            elif "checked" not in answer:
                yield answer

    def _failure(self, sentence: str, kind: str | None) -> FilesError:
        if kind == "content":
            return damaged(self._record, sentence)
        return ReaderStopped(sentence) if kind == "stopped" else UnsupportedType(sentence)

    async def _scan(self, picture: bytes) -> None:
        """Send the text of a picture, and extend the document's deadline: OCR takes seconds per page."""
        text, spent = await self._scans.read(self._tesseract, picture) if self._tesseract else ("", 0.0)
        more = max(0.0, min(spent, self._timeout_s, self._scanning))
        self._scanning -= more
        self._deadline += more
        try:
            await self._child.reply(text)
        except WorkerDied:
            raise ReaderStopped("The file needs more memory or time to read than the limit.") from None

    async def _next(self) -> dict[str, Any]:
        try:
            if (answer := self._child.received_answer()) is not None:
                return answer
            patience = min(self._timeout_s, self._deadline - anyio.current_time())
            with anyio.fail_after(max(0, patience)):
                return await self._child.answer()
        except TimeoutError:
            raise ReaderStopped("The file takes too long to read.") from None
        except WorkerDied:
            raise ReaderStopped("The file needs more memory or time to read than the limit.") from None


async def _failed(error: FilesError) -> AsyncGenerator[dict[str, Any]]:
    raise error
    yield {}


async def _texts(answers: AsyncIterator[dict[str, Any]]) -> AsyncIterator[PageText]:
    parts: list[str] = []
    async for answer in answers:
        parts.append(answer["text"])
        if not answer["more"]:
            yield PageText(
                answer["page"],
                "".join(parts),
                answer["label"],
                answer["scanned"],
                from_json(answer["marks"]),
                answer["invisible"],
            )
            parts.clear()
