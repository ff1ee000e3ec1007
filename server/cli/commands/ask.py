"""`files-api-mcp ask`."""

import shutil
import tempfile
import textwrap
import webbrowser
from collections.abc import Sequence
from contextlib import chdir, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from anyio import to_thread

from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.process_isolation import NEUTRAL_DIRECTORY
from files_api_mcp.server.cli.exit_codes import exit_with
from files_api_mcp.server.cli.named_files import is_file_id, stored_file_id
from files_api_mcp.server.cli.options import (
    ALLOW_SENSITIVE,
    DATA_DIR,
    MAX_FILE_SIZE,
    PAGES,
    QUIET_LOG_LEVEL,
    SEMANTIC_MODEL,
    WITHIN,
    backend_options,
    settings_from,
)
from files_api_mcp.server.cli.output import Styled, escape_lines, print_json, print_line, print_text, say
from files_api_mcp.server.cli.paths import check_not_blank, real_path, roots_for
from files_api_mcp.server.cli.progress import ProgressBars
from files_api_mcp.server.collection import run_event_loop

if TYPE_CHECKING:
    from files_api_mcp.backends.base import Backend
    from files_api_mcp.backends.models import Answer, PageImage, Passage
    from files_api_mcp.backends.search.highlighter import Highlighter
    from files_api_mcp.server.settings import Settings

__all__ = ["ask"]

_MAX_WIDTH = 100


@click.command()
@click.argument("question")
@click.argument("files", nargs=-1, metavar="[FILE|FILE_ID]...")
@WITHIN
@PAGES
@click.option(
    "--max-tokens",
    type=click.IntRange(300, 20_000),
    default=1500,
    show_default=True,
    help="Token budget for the whole result.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the tool's result as one line of JSON.")
@click.option(
    "--open", "as_page", is_flag=True, help="Open the passages in a browser, next to their highlighted pages."
)
@backend_options
@DATA_DIR
@MAX_FILE_SIZE
@ALLOW_SENSITIVE
@SEMANTIC_MODEL
@QUIET_LOG_LEVEL
def ask(question: str, files: tuple[str, ...], **options: Any) -> None:
    """Ask a QUESTION about files, given by path or file_id, and print the passages that answer it, with their pages.

    With no FILE it searches all stored files. It exits with 1 if nothing is found.

    \b
    files-api-mcp ask "What dividend does the board propose?" report.pdf --open
    """
    check_not_blank("FILE", *files)
    paths = [real_path(file) for file in files if not is_file_id(file)]
    settings = settings_from(roots_for(paths), options, allow_wide_root=True)
    exit_with(lambda: _ask(question, files, settings, options), settings)


def _ask(question: str, files: Sequence[str], settings: "Settings", options: dict[str, Any]) -> int:
    from files_api_mcp.backends.search.highlighter import Highlighter
    from files_api_mcp.server.dependencies import open_backend
    from files_api_mcp.server.pages.cited_answer import cited_pages
    from files_api_mcp.tools.ask import ask_result, scope

    within, pages = scope(options["within"], options["pages"])

    async def run() -> int:
        async with open_backend(settings) as backend:
            with bars.bar() as report:
                file_ids = [await stored_file_id(file, backend, settings, report) for file in files]
                answer = await backend.answerer.ask(
                    question,
                    list(dict.fromkeys(file_ids)),
                    within=within,
                    pages=pages,
                    max_tokens=options["max_tokens"],
                    progress=report,
                )
            await to_thread.run_sync(bars.clear)
            marker = Highlighter(question)
            if options["as_json"]:
                print_json(ask_result(answer).model_dump(exclude_none=True))
            else:
                _print(answer, marker)
            if options["as_page"]:
                images = await _page_images(answer.passages, backend)
                await to_thread.run_sync(_open_in_browser, cited_pages(question, answer, images, marker))
        return 0 if answer.text or any(one.score for one in answer.passages) else 1

    with ProgressBars(lines=True) as bars:
        return run_event_loop(run)


async def _page_images(passages: "Sequence[Passage]", backend: "Backend") -> "list[PageImage | None]":
    """The image of each passage's page, with the passage highlighted; None for a passage without a page image."""
    found: list[PageImage | None] = []
    for passage in passages:
        images: list[PageImage] = []
        if passage.page is not None:
            # Slides have pages but no images, so only their text is shown.
            with suppress(FilesError):
                span = (passage.page, passage.page)
                images = await backend.reader.images(passage.file_id, pages=span, marked=[passage])
        found.append(images[0] if images else None)
    return found


def _print(answer: "Answer", marker: "Highlighter") -> None:
    if answer.text:
        print_text(f"{_wrapped(answer.text)}\n\n")
    for number, passage in enumerate(answer.passages, start=1):
        title = Styled(f"[{number}] {passage.filename}, {passage.where}", "bold")
        print_line(title, "  ", Styled(f"score {passage.score:.2f}", "dim"))
        if passage.header:
            print_text(Styled(_wrapped(passage.header, "    "), "dim"), "\n")
        print_text(*_highlighted(_wrapped(passage.text, "    "), marker), "\n\n")
    for note in answer.notes:
        say(note)
    if not answer.passages and not answer.text:
        say("Nothing was found.")


def _wrapped(text: str, indent: str = "") -> str:
    width = min(_MAX_WIDTH, shutil.get_terminal_size().columns)
    # Escaped before it is wrapped, because escapes take more room.
    lines = (
        textwrap.fill(
            escape_lines(line), width, initial_indent=indent, subsequent_indent=indent, replace_whitespace=False
        )
        for line in text.splitlines()
    )
    return "\n".join(lines)


def _highlighted(text: str, marker: "Highlighter") -> list[str | Styled]:
    return [Styled(piece, "match") if marked else piece for piece, marked in marker.pieces(text)]


def _open_in_browser(page: str) -> None:
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".html", prefix="cited-", delete=False) as file:
        file.write(page)
    say(f"Cited pages: {file.name}")
    with chdir(NEUTRAL_DIRECTORY):
        webbrowser.open(Path(file.name).as_uri())
