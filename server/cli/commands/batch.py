"""`files-api-mcp batch`."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click
from anyio import CancelScope, to_thread

from files_api_mcp.backends.errors import FilesError
from files_api_mcp.server.cli.exit_codes import exit_with
from files_api_mcp.server.cli.jsonl import JsonLines
from files_api_mcp.server.cli.options import (
    ALLOW_SENSITIVE,
    DATA_DIR,
    LOG_LEVEL,
    MAX_FILE_SIZE,
    SEMANTIC_MODEL,
    backend_options,
    settings_from,
)
from files_api_mcp.server.cli.output import CommandError, print_encoded, say
from files_api_mcp.server.cli.paths import real_path, roots_for
from files_api_mcp.server.cli.progress import ProgressBars, ProgressCallback
from files_api_mcp.server.collection import run_event_loop
from files_api_mcp.server.settings import BadSettings

if TYPE_CHECKING:
    from files_api_mcp.backends.base import Backend
    from files_api_mcp.backends.models import Answer, Ask, Passage
    from files_api_mcp.server.settings import Settings

__all__ = ["batch"]


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE..."
)
@click.option(
    "--questions",
    type=click.File(encoding="utf-8-sig"),
    metavar="FILE",
    help="File with one question per line; empty lines and lines starting with # are ignored. - reads stdin.",
)
@click.option("--question", "-q", multiple=True, help="Additional question (repeatable).")
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the results to this file instead of stdout.",
)
@click.option(
    "--max-tokens",
    type=click.IntRange(300, 20_000),
    default=1500,
    show_default=True,
    help="Maximum tokens of each answer.",
)
@click.option("--cancel", is_flag=True, help="Cancel this command's running batches, and ask nothing.")
@backend_options
@DATA_DIR
@MAX_FILE_SIZE
@ALLOW_SENSITIVE
@SEMANTIC_MODEL
@LOG_LEVEL
def batch(
    files: tuple[Path, ...],
    questions: IO[str] | None,
    question: tuple[str, ...],
    output: Path | None,
    max_tokens: int,
    cancel: bool,  # noqa: FBT001
    **options: Any,
) -> None:
    """Ask every question about every FILE, and write one line of JSON per answer, with its citations.

    With Anthropic's API this runs as a Message Batch: half the price, with cached documents, done within minutes to a
    day. If it is interrupted, run the same command again to resume; only failed questions are asked again.

    \b
    files-api-mcp batch reports/*.pdf --questions questions.txt -o answers.jsonl
    """
    parsed = _questions_in("\n".join([*question, questions.read() if questions else ""]))
    if not parsed:
        raise BadSettings("No question was given. Add --questions FILE or --question TEXT.")
    settings = settings_from(roots_for([real_path(str(file)) for file in files]), options, allow_wide_root=True)

    exit_with(
        lambda: _batch(files, parsed, output, settings, max_tokens=max_tokens, cancel=cancel),
        settings,
    )


def _questions_in(text: str) -> list[str]:
    """The questions in a text: one per line, without empty lines and lines starting with #."""
    lines = (line.strip() for line in text.splitlines())
    return list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))


def _batch(
    files: Sequence[Path],
    questions: Sequence[str],
    output: Path | None,
    settings: "Settings",
    *,
    max_tokens: int,
    cancel: bool,
) -> int:
    """Uploads the files, asks the questions and writes the results; returns 0 if every question was answered."""
    from files_api_mcp.backends.models import Ask
    from files_api_mcp.server.dependencies import open_backend

    async def run() -> int:
        # The output is opened first, so that no paid answer is lost.
        with await to_thread.run_sync(_Output, output) as results:

            def write(lines: JsonLines) -> None:
                bars.clear()
                results.write(lines)

            async with open_backend(settings) as backend:
                with bars.bar() as report:
                    paths = await _upload(files, backend, settings, report)
                    asks = list(dict.fromkeys(Ask(file_id, question) for file_id in paths for question in questions))
                    if cancel:
                        count = await backend.batches.cancel(asks, max_tokens=max_tokens)
                        say(f"Cancelling {count} batches.")
                        return 0
                    totals = await _answer(asks, paths, backend, report, write, max_tokens)
        say(totals.summary(output))
        return 0 if totals.failed == 0 else 1

    with ProgressBars(lines=True) as bars:
        try:
            return run_event_loop(run)
        except KeyboardInterrupt:
            bars.clear()
            say("Interrupted. The batches keep running: run the same command again to collect the answers.")
            raise


async def _upload(
    files: Sequence[Path], backend: "Backend", settings: "Settings", progress: ProgressCallback
) -> dict[str, Path]:
    """Uploads the files and returns their paths by file_id.

    Raises:
        CommandError: A file cannot be uploaded; nothing was asked.
    """
    from files_api_mcp.server.dependencies import open_roots
    from files_api_mcp.tools.uploads.ingest import store_file

    paths: dict[str, Path] = {}
    with await to_thread.run_sync(open_roots, settings) as roots:
        for count, path in enumerate(files):
            await progress(count, len(files), f"Uploading {path.name}, {count + 1} of {len(files)}")
            try:
                real = await to_thread.run_sync(real_path, str(path))
                stored = await store_file(real, roots, backend, allow_sensitive=settings.allow_sensitive)
            except FilesError as exc:
                raise CommandError(f"{exc.text} ({path}; nothing was asked)") from exc
            paths.setdefault(stored.record.id, path)
    return paths


async def _answer(
    asks: "Sequence[Ask]",
    paths: dict[str, Path],
    backend: "Backend",
    progress: ProgressCallback,
    write: Callable[[JsonLines], None],
    max_tokens: int,
) -> "_Totals":
    """Asks the questions and writes the results, in the order of the questions."""
    totals = _Totals()
    lines = await to_thread.run_sync(JsonLines, backend.spool.new_path())

    async def take(index: int, outcome: "Answer | FilesError") -> None:
        totals.count(outcome)
        ask = asks[index]
        await to_thread.run_sync(lines.put, index, _line(paths[ask.file_id], ask, outcome))

    try:
        await backend.batches.answer(asks, take, max_tokens=max_tokens, progress=progress)
        await to_thread.run_sync(write, lines)
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(lines.close)
    return totals


def _line(path: Path, ask: "Ask", outcome: "Answer | FilesError") -> dict[str, Any]:
    from files_api_mcp.tools.ask import ask_result

    asked = {"file": str(path), "file_id": ask.file_id, "question": ask.question}
    if isinstance(outcome, FilesError):
        return {**asked, "error": {"code": outcome.code, "message": str(outcome)}}
    passages = [{**_location(passage), "text": passage.text} for passage in outcome.passages]
    rest = ask_result(outcome).model_dump(exclude_none=True, exclude={"next", "passages"})
    return {**asked, "answer": outcome.text, "passages": passages, **rest}


def _location(passage: "Passage") -> dict[str, Any]:
    """A passage's file and pages or characters, as numbers for programs."""
    numbers = {"page": passage.page, "last_page": passage.last_page}
    if passage.end_char:
        numbers |= {"start_char": passage.start_char, "end_char": passage.end_char}
    given = {name: number for name, number in numbers.items() if number is not None}
    return {"file_id": passage.file_id, "filename": passage.filename, "where": passage.where, **given}


class _Output:
    """The output of the results: a file, whose folder is opened at once, or stdout if there is no path."""

    def __init__(self, path: Path | None) -> None:
        from files_api_mcp.backends.roots.new_file import NewLocalFile
        from files_api_mcp.backends.roots.os_errors import saving

        self._file = None
        if path is not None:
            with saving():
                folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                self._file = NewLocalFile(folder, path.name, str(path), overwrite=True)

    def write(self, lines: JsonLines) -> None:
        """Writes all lines, or none."""
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
    """Counts and costs of the answers."""

    answered: int = 0
    failed: int = 0
    cost_usd: float = 0.0
    saved_usd: float = 0.0

    def count(self, outcome: "Answer | FilesError") -> None:
        """Adds one answer or failure."""
        if isinstance(outcome, FilesError):
            self.failed += 1
            return
        self.answered += 1
        if outcome.usage is not None:
            self.cost_usd += outcome.usage.cost_usd or 0.0
            self.saved_usd += outcome.usage.saved_usd or 0.0

    def summary(self, output: Path | None) -> str:
        """One line for the user."""
        parts = [f"{self.answered} answered"]
        if self.failed:
            parts.append(f"{self.failed} failed (see the error in each line)")
        if self.cost_usd:
            saved = f" (caching saved {self.saved_usd:.4f} USD)" if self.saved_usd else ""
            parts.append(f"about {self.cost_usd:.4f} USD{saved}")
        if output is not None:
            parts.append(f"written to {output}")
        return ", ".join(parts) + "."
