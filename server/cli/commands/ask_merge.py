"""A question by a person: passages on the terminal, as JSON, or as a page with the cited pages shown."""

import re
import shutil
import tempfile
import textwrap
import webbrowser
from collections.abc import Sequence
from contextlib import chdir, suppress
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio import to_thread

from files_api_mcp.backends.base import Backend
from files_api_mcp.backends.errors import FilesError, expected_in
from files_api_mcp.backends.isolation import NEUTRAL_DIRECTORY
from files_api_mcp.backends.models import Answer, PageImage, Passage
from files_api_mcp.backends.search.highlighter import Marker
from files_api_mcp.server.app import open_backend, open_roots
from files_api_mcp.server.cli.output import Styled, escape_lines, print_json, print_line, print_text, say
from files_api_mcp.server.cli.status import Status
from files_api_mcp.server.pages.cited_answer import cited_pages
from files_api_mcp.server.settings import Settings
from files_api_mcp.tools.ask import ask_result
from files_api_mcp.tools.formatting import format_location
from files_api_mcp.tools.ingest import store_file

__all__ = ["AskOrder", "run_ask"]

_WIDEST = 100
_FILE_ID = re.compile(r"file_[A-Za-z0-9_-]{1,120}")


@dataclass(frozen=True, slots=True)
class AskOrder:
    """What is asked of which files: paths, or ids of files that are stored; none: everything stored."""

    question: str
    files: Sequence[str]
    max_tokens: int
    as_json: bool
    as_page: bool


def run_ask(order: AskOrder, settings: Settings) -> int:
    """Ask and print; returns 0 when passages or an answer were found, else 1."""
    try:
        return anyio.run(_run, order, settings)
    except KeyboardInterrupt:
        return 130
    except (FilesError, ExceptionGroup) as exc:
        failure = expected_in(exc)
        if failure is None:
            raise
        say(f"files-api-mcp: {failure.text}")
        return 1


async def _run(order: AskOrder, settings: Settings) -> int:
    status = Status()
    async with open_backend(settings) as opened:
        ids = [await _file_id(name, opened, settings, status) for name in order.files]
        answer = await opened.answerer.ask(
            order.question, list(dict.fromkeys(ids)), max_tokens=order.max_tokens, progress=status.tell
        )
        status.end()
        if order.as_json:
            print_json(ask_result(answer).model_dump(exclude_none=True))
        else:
            _print(answer, order.question)
        if order.as_page:
            page = cited_pages(order.question, answer, await _images(answer.passages, opened), Marker(order.question))
            _open(await to_thread.run_sync(_written, page))
    return 0 if answer.passages or answer.text else 1


async def _file_id(name: str, opened: Backend, settings: Settings, status: Status) -> str:
    if _FILE_ID.fullmatch(name) and not await to_thread.run_sync(Path(name).exists):
        return name
    path = await to_thread.run_sync(Path(name).resolve)
    await status.tell(0, None, f"Reading {path.name}")
    with await to_thread.run_sync(open_roots, settings) as roots:
        stored = await store_file(str(path), roots, opened, allow_sensitive=settings.allow_sensitive)
    await opened.reader.prepare(stored.record.id, status.tell)
    return stored.record.id


async def _images(passages: Sequence[Passage], opened: Backend) -> list[PageImage | None]:
    """For each passage the picture of its page, with the passage marked, as far as there is one."""
    found: list[PageImage | None] = []
    for passage in passages:
        images: list[PageImage] = []
        if passage.page is not None:
            # Slides have pages and no pictures: their text is shown all the same.
            with suppress(FilesError):
                span = (passage.page, passage.page)
                images = await opened.reader.images(passage.file_id, pages=span, marked=[passage])
        found.append(images[0] if images else None)
    return found


def _print(answer: Answer, question: str) -> None:
    mark = Marker(question)
    if answer.text:
        print_text(f"{_wrapped(answer.text)}\n\n")
    for number, passage in enumerate(answer.passages, start=1):
        title = Styled(f"[{number}] {passage.filename}, {format_location(passage)}", "bold")
        print_line(title, "  ", Styled(f"score {passage.score:.2f}", "dim"))
        if passage.header:
            print_text(Styled(_wrapped(passage.header, "    "), "dim"), "\n")
        print_text(*_marked(_wrapped(passage.text, "    "), mark), "\n\n")
    for note in answer.notes:
        say(note)
    if not answer.passages and not answer.text:
        say("Nothing was found.")


def _wrapped(text: str, indent: str = "") -> str:
    width = min(_WIDEST, shutil.get_terminal_size().columns)
    # Escapes take room, so they come before lines are broken.
    lines = (
        textwrap.fill(
            escape_lines(line), width, initial_indent=indent, subsequent_indent=indent, replace_whitespace=False
        )
        for line in text.splitlines()
    )
    return "\n".join(lines)


def _marked(text: str, mark: Marker) -> list[str | Styled]:
    return [Styled(piece, "match") if marked else piece for piece, marked in mark.pieces(text)]


def _written(page: str) -> Path:
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".html", prefix="cited-", delete=False) as file:
        file.write(page)
    return Path(file.name)


def _open(path: Path) -> None:
    say(f"Cited pages: {path}")
    with chdir(NEUTRAL_DIRECTORY):
        webbrowser.open(path.as_uri())
