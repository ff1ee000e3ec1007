"""Every question to every file, answered in the background and written as JSON lines."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from anyio import CancelScope, to_thread

from files_api_mcp.backends.base import Backend
from files_api_mcp.backends.errors import FilesError, expected_in
from files_api_mcp.backends.models import Answer, Ask, Passage
from files_api_mcp.backends.roots.new_file import NewLocalFile
from files_api_mcp.backends.roots.os_errors import saving
from files_api_mcp.backends.roots.roots import Roots
from files_api_mcp.server.app import open_backend, open_roots
from files_api_mcp.server.cli.jsonl import JsonLines
from files_api_mcp.server.cli.output import print_encoded, say
from files_api_mcp.server.cli.status import Status
from files_api_mcp.server.settings import Settings
from files_api_mcp.tools.ask import ask_result
from files_api_mcp.tools.ingest import store_file

__all__ = ["BatchOrder", "questions_in", "run_batch"]


@dataclass(frozen=True, slots=True)
class BatchOrder:
    """What is asked of what. `output` is where the lines go; None: standard output."""

    files: Sequence[Path]
    questions: Sequence[str]
    max_tokens: int
    output: Path | None
    cancel: bool


def questions_in(text: str) -> list[str]:
    """The questions in a text: one a line; empty lines and lines that begin with # are none."""
    lines = (line.strip() for line in text.splitlines())
    return list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))


def run_batch(order: BatchOrder, settings: Settings) -> int:
    """Upload the files, have the questions answered, write a line for each question of each file.

    Returns 0 when every one was answered, 1 when not, 130 when interrupted.
    """
    try:
        return anyio.run(_run, order, settings)
    except KeyboardInterrupt:
        say("")
        say("files-api-mcp: interrupted. Batches go on: run the same command again to collect them.")
        return 130
    except (FilesError, ExceptionGroup) as exc:
        failure = expected_in(exc)
        if failure is None:
            raise
        say(f"files-api-mcp: {failure.text}")
        return 1


async def _run(order: BatchOrder, settings: Settings) -> int:
    with (
        await to_thread.run_sync(_Output, order.output) as output,
        await to_thread.run_sync(open_roots, settings) as roots,
    ):
        async with open_backend(settings) as opened:
            status = Status()
            with await to_thread.run_sync(open_roots, settings) as roots:
                ids = await _stored(order.files, roots, opened, settings, status)
            asks = list(dict.fromkeys(Ask(file_id, question) for file_id in ids for question in order.questions))
            if order.cancel:
                count = await opened.batches.cancel(asks, max_tokens=order.max_tokens)
                say(f"{count} batches are being ended.")
                return 0
            return await _answered(order, asks, ids, opened, status, output)


async def _stored(
    paths: Sequence[Path], roots: Roots, opened: Backend, settings: Settings, status: Status
) -> dict[str, Path]:
    """The files' ids and paths. One that cannot be stored ends it before anything is asked, and paid."""
    ids: dict[str, Path] = {}
    for count, path in enumerate(paths):
        await status.tell(count, len(paths), f"Uploading {path.name}, {count + 1} of {len(paths)}")
        real = await to_thread.run_sync(path.resolve)
        try:
            stored = await store_file(str(real), roots, opened, allow_sensitive=settings.allow_sensitive)
        except FilesError:
            say(f"files-api-mcp: {path} cannot be uploaded; nothing was asked.")
            raise
        ids.setdefault(stored.record.id, path)
    return ids


async def _answered(
    order: BatchOrder,
    asks: Sequence[Ask],
    ids: dict[str, Path],
    opened: Backend,
    status: Status,
    output: "_Output",
) -> int:
    totals = _Totals()
    lines = await to_thread.run_sync(JsonLines, opened.spool.new_path())

    async def take(place: int, outcome: Answer | FilesError) -> None:
        totals.count(outcome)
        ask = asks[place]
        await to_thread.run_sync(lines.put, place, _line(ids[ask.file_id], ask, outcome))

    try:
        await opened.batches.answer(asks, take, max_tokens=order.max_tokens, progress=status.tell)
        await to_thread.run_sync(output.write, lines)
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(lines.close)
    status.end()
    say(totals.summary(order.output))
    return 0 if totals.failed == 0 else 1


def _line(path: Path, ask: Ask, outcome: Answer | FilesError) -> dict[str, Any]:
    asked = {"file": str(path), "file_id": ask.file_id, "question": ask.question}
    if isinstance(outcome, FilesError):
        return {**asked, "error": {"code": outcome.code, "message": str(outcome)}}
    passages = [{**_numbers(passage), "text": passage.text} for passage in outcome.passages]
    told = ask_result(outcome).model_dump(exclude_none=True, exclude={"next", "passages"})
    return {**asked, "answer": outcome.text, "passages": passages, **told}


def _numbers(passage: Passage) -> dict[str, Any]:
    """Where a passage stands, in numbers for programs."""
    fields = {"page": passage.page, "last_page": passage.last_page}
    if passage.end_char:
        fields |= {"start_char": passage.start_char, "end_char": passage.end_char}
    place = {name: number for name, number in fields.items() if number is not None}
    return {"file_id": passage.file_id, "filename": passage.filename, **place}


class _Output:
    """Where the lines go. The folder is opened before anything is asked, so that no answer is paid and then lost."""

    def __init__(self, path: Path | None) -> None:
        self._file = None
        if path is not None:
            with saving():
                folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                self._file = NewLocalFile(folder, path.name, str(path), overwrite=True)

    def write(self, lines: JsonLines) -> None:
        """Put all lines there, or none."""
        if self._file is None:
            print_encoded(lines.ordered())
            return
        for line in lines.ordered():
            self._file.write(line)
        self._file.commit()

    def __enter__(self) -> "_Output":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.abort()


@dataclass(slots=True)
class _Totals:
    """What the answers came to."""

    answered: int = 0
    failed: int = 0
    cost_usd: float = 0.0
    saved_usd: float = 0.0

    def count(self, outcome: Answer | FilesError) -> None:
        """Take one in."""
        if isinstance(outcome, FilesError):
            self.failed += 1
            return
        self.answered += 1
        if outcome.usage is not None:
            self.cost_usd += outcome.usage.cost_usd or 0.0
            self.saved_usd += outcome.usage.saved_usd or 0.0

    def summary(self, output: Path | None) -> str:
        """One line for the person."""
        parts = [f"{self.answered} answered"]
        if self.failed:
            parts.append(f"{self.failed} failed (see error in their lines)")
        if self.cost_usd:
            spared = f" (the cache spared {self.saved_usd:.4f} more)" if self.saved_usd else ""
            parts.append(f"about {self.cost_usd:.4f} USD{spared}")
        if output is not None:
            parts.append(f"written to {output}")
        return ", ".join(parts) + "."
