"""`files-api-mcp demo`."""

import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from files_api_mcp.backends.process_isolation import NEUTRAL_DIRECTORY, python_command
from files_api_mcp.server.cli.exit_codes import exit_with
from files_api_mcp.server.cli.options import settings_from
from files_api_mcp.server.cli.output import Styled, print_line, print_text, say
from files_api_mcp.server.collection import run_event_loop

if TYPE_CHECKING:
    from mcp import Client, StdioServerParameters
    from mcp.types import CallToolResult

__all__ = ["demo", "run_demo"]

_PASSED_VARIABLES = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", "SSL_CERT_")
_WORD = re.compile(r"[^\W\d_]{4,}")
_QUESTION_WORDS = 6


@dataclass(frozen=True, slots=True)
class _Question:
    """A question about one document; `expected` must be in a passage of the answer."""

    filename: str
    text: str
    expected: str = ""


_SAMPLE_QUESTIONS = (
    _Question("annual-report.pdf", "What dividend does the board propose, and when is it paid?", "0.42 crowns"),
    _Question("annual-report.pdf", "How much was spent on fuel and electricity in 2025?", "-19.4"),
    _Question("cleaning-agreement.docx", "With how much notice can a party end the agreement?", "ninety days"),
    _Question("meeting-notes.md", "When does the last sailing leave Lyse in winter?", "22:10"),
    _Question("sailings-june.csv", "Which sailing was cancelled because of fog?", "fog"),
)


class _StepFailed(Exception):
    """A step gave a wrong result; the message names the step."""


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[FILE]...")
@click.option("--question", "-q", multiple=True, help="Ask this about the files, instead of a generated question.")
@click.option(
    "--backend",
    type=click.Choice(["local", "anthropic"]),
    default="local",
    show_default=True,
    help="Same as for serve.",
)
@click.option("--base-url", metavar="URL", help="Same as for serve; for example the URL of a running emulator.")
def demo(files: tuple[Path, ...], question: tuple[str, ...], backend: str, base_url: str | None) -> None:
    """Run every tool on sample documents, or on each FILE, through a real server and client.

    It uploads, lists, describes, asks, reads the cited page and deletes, in a temporary data folder. It exits with 1 if
    a step gives a wrong result.
    """
    settings = settings_from((), {"backend": backend, "base_url": base_url, "data_dir": None})
    options = ["--backend", backend, *(["--base-url", base_url] if base_url else [])]
    exit_with(lambda: run_demo(files, question, options), settings)


def run_demo(given: Sequence[Path], questions: Sequence[str], options: Sequence[str]) -> int:
    """Runs every tool on the given files, or on the sample documents, and prints the results as an agent sees them.

    `options` are those of serve that name the backend. Returns 0 if every step's result is right, else 1.
    """
    from mcp import StdioServerParameters

    started = time.monotonic()
    command, *arguments = python_command("files_api_mcp.server.cli.main")
    with _samples() as samples, tempfile.TemporaryDirectory(prefix="files-api-mcp-demo-") as data_dir:
        paths = [path.resolve() for path in given or samples]
        roots = sorted({str(path.parent) for path in paths})
        server = StdioServerParameters(
            command=command,
            # No other agent uses this server, so a FILE in the home folder is fine.
            args=[*arguments, "serve", *options, "--data-dir", data_dir, "--allow-wide-root", *roots],
            cwd=NEUTRAL_DIRECTORY,
            # By default the SDK passes on only a few variables.
            env={name: value for name, value in os.environ.items() if name.startswith(_PASSED_VARIABLES)},
        )
        failure = run_event_loop(_failure, server, paths, None if not given else tuple(questions))
    if failure:
        say("")
        say(Styled(f"files-api-mcp demo: {failure}", "red"))
        return 1
    print_text("\n", Styled(f"All steps succeeded in {time.monotonic() - started:.1f} s.", "green"), "\n")
    return 0


@contextmanager
def _samples() -> Generator[list[Path]]:
    """Copies of the sample documents in the package."""
    # Installers may hard-link files from their cache, and the server refuses files with several links.
    with (
        tempfile.TemporaryDirectory(prefix="files-api-mcp-samples-") as folder,
        as_file(files("files_api_mcp.examples") / "documents") as packed,
    ):
        yield [Path(shutil.copy(path, folder)) for path in sorted(packed.iterdir())]


async def _failure(
    server: "StdioServerParameters", paths: Sequence[Path], questions: Sequence[str] | None
) -> str | None:
    """Runs the steps; returns None if all succeeded, else the message of the one that failed."""
    try:
        await _run_steps(server, paths, questions)
    except _StepFailed as exc:
        return str(exc)
    except BaseExceptionGroup as group:
        # The client's task groups wrap exceptions.
        failed, others = group.split(_StepFailed)
        if failed is None or others is not None:
            raise
        return str(_first(failed))
    return None


def _first(group: BaseExceptionGroup[_StepFailed]) -> _StepFailed:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner


class _Agent:
    """Calls tools as a model does, and prints the results as the model sees them."""

    def __init__(self, client: "Client") -> None:
        self.client = client

    async def call(self, tool: str, *, show: int = 600, **arguments: Any) -> "CallToolResult":
        shown = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items())
        print_text("\n", Styled(f"> {tool}({shown})", "cyan"), "\n")
        result = await self.client.call_tool(tool, arguments, progress_callback=_show_progress)
        for block in result.content:
            print_text(f"{_clip(block.text, show) if block.type == 'text' else f'[{block.type}]'}\n")
        if result.is_error:
            raise _StepFailed(f"{tool} failed: {_text(result)}")
        return result

    async def data(self, tool: str, *, show: int = 600, **arguments: Any) -> dict[str, Any]:
        result = await self.call(tool, show=show, **arguments)
        if result.structured_content is None or json.loads(_text(result)) != result.structured_content:
            raise _StepFailed(f"{tool} returned different data in text and structured content")
        return result.structured_content


async def _run_steps(server: "StdioServerParameters", paths: Sequence[Path], questions: Sequence[str] | None) -> None:
    from mcp import Client

    async with Client(server) as client:
        agent = _Agent(client)
        tools = (await client.list_tools()).tools
        print_line(f"Connected: {', '.join(tool.name for tool in tools)}")
        stored = await _upload(agent, paths)
        await _list_and_describe(agent, stored)
        chosen = _SAMPLE_QUESTIONS if questions is None else await _questions(client, stored, questions)
        for question in chosen:
            await _ask(agent, stored[question.filename], question)
        await _read_as_image(agent, stored)
        await _delete(agent, stored)


async def _upload(agent: _Agent, paths: Sequence[Path]) -> dict[str, dict[str, Any]]:
    stored: dict[str, dict[str, Any]] = {}
    for path in paths:
        result = await agent.data("upload_file", path=str(path))
        stored[path.name] = result["files"][0]
    again = await agent.data("upload_file", path=str(paths[0]))
    if again["files"][0]["file_id"] != stored[paths[0].name]["file_id"] or not again["files"][0]["reused"]:
        raise _StepFailed("the same file was stored twice")
    return stored


async def _list_and_describe(agent: _Agent, stored: dict[str, dict[str, Any]]) -> None:
    listed = await agent.data("list_files")
    if {file["file_id"] for file in listed["files"]} != {file["file_id"] for file in stored.values()}:
        raise _StepFailed("list_files does not list the uploaded files")
    first = next(iter(stored.values()))
    described = await agent.data("describe_file", file_id=first["file_id"], show=1200)
    if described["size_bytes"] != first["size_bytes"]:
        raise _StepFailed("describe_file and upload_file return different sizes")


async def _questions(client: "Client", stored: dict[str, dict[str, Any]], questions: Sequence[str]) -> list[_Question]:
    """The questions about each file; if none are given, one made from the words of its middle page."""
    found: list[_Question] = []
    for name, file in stored.items():
        if not file["askable"]:
            continue
        pages = file.get("pages")
        arguments = {"file_id": file["file_id"]} | ({"pages": str((pages + 1) // 2)} if pages else {})
        text = _text(await client.call_tool("read_document", arguments))
        found += [_Question(name, question) for question in questions or (_question_from(text),) if question]
    return found


def _question_from(text: str) -> str:
    """The longest words of the line that has the most of them, in their original order; empty if there are no words."""
    best: list[str] = []
    for line in text.splitlines()[2:-1]:
        words = list(dict.fromkeys(_WORD.findall(line)))
        longest = set(sorted(words, key=len, reverse=True)[:_QUESTION_WORDS])
        kept = [word for word in words if word in longest]
        if sum(map(len, kept)) > sum(map(len, best)):
            best = kept
    return " ".join(best)


async def _ask(agent: _Agent, file: dict[str, Any], question: _Question) -> None:
    """Asks a question, checks the passages, and checks that the best one is on the page that it cites."""
    answer = await agent.data(
        "ask_document", show=2000, question=question.text, file_ids=[file["file_id"]], max_tokens=400
    )
    if not answer["passages"]:
        raise _StepFailed(f"no passage answers {question.text!r}")
    if not any(question.expected in passage["text"] for passage in answer["passages"]):
        raise _StepFailed(f"no passage contains {question.expected!r}")
    best = answer["passages"][0]
    read = await agent.call("read_document", show=400, file_id=best["file_id"], at=best["where"])
    if best["text"] not in _text(read):
        raise _StepFailed(f"the quote is not at {best['where']}")
    print_line(Styled(f"  the quote was found at {best['where']}", "green"))


async def _read_as_image(agent: _Agent, stored: dict[str, dict[str, Any]]) -> None:
    for file in stored.values():
        if file["mime_type"] == "application/pdf" or file["mime_type"].startswith("image/"):
            result = await agent.call("read_document", file_id=file["file_id"], as_image=True)
            if not any(block.type == "image" for block in result.content):
                raise _StepFailed("read_document returned no image")


async def _delete(agent: _Agent, stored: dict[str, dict[str, Any]]) -> None:
    await agent.data("delete_file", file_ids=sorted({file["file_id"] for file in stored.values()}))
    left = await agent.data("list_files")
    if left["files"]:
        raise _StepFailed("deleted files are still listed")


async def _show_progress(progress: float, total: float | None, message: str | None) -> None:
    print_line(Styled(f"  {f'{100 * progress / total:3.0f} %' if total else progress} {message or ''}", "dim"))


def _text(result: "CallToolResult") -> str:
    return "\n".join(block.text for block in result.content if block.type == "text")


def _clip(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]} ... ({len(text):,} characters)"
