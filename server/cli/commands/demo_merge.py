"""The whole job of an agent on real documents, through a real server process and the SDK's client."""

import json
import os
import shutil
import tempfile
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, ImageContent, TextContent

from files_api_mcp.backends.isolation import NEUTRAL_DIRECTORY, python_command
from files_api_mcp.server.cli.commands.questions import question_from
from files_api_mcp.server.cli.output import Styled, print_line, print_text, say

__all__ = ["run_demo"]


_HANDED_ON = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", "SSL_CERT_")


class WrongResult(Exception):
    """A step did not give what it must; the message says which."""


@dataclass(frozen=True, slots=True)
class Task:
    """A question to one document, and what its cited passages must hold (empty: only be literal)."""

    filename: str
    question: str
    expected: str = ""


SAMPLE_TASKS = (
    Task("annual-report.pdf", "What dividend does the board propose, and when is it paid?", "0.42 crowns"),
    Task("annual-report.pdf", "How much was spent on fuel and electricity in 2025?", "-19.4"),
    Task("cleaning-agreement.docx", "With how much notice can a party end the agreement?", "ninety days"),
    Task("meeting-notes.md", "When does the last sailing leave Lyse in winter?", "22:10"),
    Task("sailings-june.csv", "Which sailing was cancelled because of fog?", "fog"),
)


def run_demo(given: Sequence[Path], questions: Sequence[str], place: Sequence[str]) -> int:
    """Run the job on the files given, or on the sample documents, in the place that these options of serve name; print
    what an agent sees.

    Returns 0 when every step's result was right, else 1.
    """
    began = time.monotonic()
    with _samples() as samples:
        paths = [path.resolve() for path in given or samples]
        wrong = anyio.run(_outcome, paths, tuple(questions), tuple(place), not given)
    if wrong:
        say("")
        say(Styled(f"files-api-mcp demo: {wrong}", "red"))
        return 1
    print_text("\n", Styled(f"Every step was right, in {time.monotonic() - began:.1f} s.", "green"), "\n")
    return 0


@contextmanager
def _samples() -> Generator[list[Path]]:
    """Copies of the documents that come with the package."""
    # Installers may link files from their cache, and a file with a second name is refused.
    with (
        tempfile.TemporaryDirectory(prefix="files-api-mcp-samples-") as folder,
        as_file(files("files_api_mcp.examples") / "documents") as packed,
    ):
        yield [Path(shutil.copy(path, folder)) for path in sorted(packed.iterdir())]


async def _outcome(paths: list[Path], questions: tuple[str, ...], place: tuple[str, ...], samples: bool) -> str | None:  # noqa: FBT001
    """None when the job went right, else what went wrong."""
    try:
        await _job(paths, questions, place, samples)
    except WrongResult as exc:
        return str(exc)
    except BaseExceptionGroup as group:
        # The client's task groups wrap what is raised inside them.
        wrong, others = group.split(WrongResult)
        if wrong is None or others is not None:
            raise
        return str(_innermost(wrong))
    return None


def _innermost(group: BaseExceptionGroup[WrongResult]) -> WrongResult:
    inner = group.exceptions[0]
    return _innermost(inner) if isinstance(inner, BaseExceptionGroup) else inner


class _Agent:
    """Calls tools as a model would, and prints what the model would see."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def call(self, tool: str, *, show: int = 600, **arguments: Any) -> CallToolResult:
        shown = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items())
        print_text("\n", Styled(f"> {tool}({shown})", "cyan"), "\n")
        result = await self.client.call_tool(tool, arguments, progress_callback=_show_progress)
        for block in result.content:
            print_text(f"{_clip(block.text, show) if isinstance(block, TextContent) else f'[{block.type}]'}\n")
        if result.is_error:
            raise WrongResult(f"{tool} failed: {_text(result)}")
        return result

    async def data(self, tool: str, *, show: int = 600, **arguments: Any) -> dict[str, Any]:
        result = await self.call(tool, show=show, **arguments)
        if result.structured_content is None or json.loads(_text(result)) != result.structured_content:
            raise WrongResult(f"{tool} says one thing in text and another in structured content")
        return result.structured_content


async def _job(paths: list[Path], questions: tuple[str, ...], place: tuple[str, ...], samples: bool) -> None:  # noqa: FBT001
    async with _connected(paths, place) as client:
        agent = _Agent(client)
        tools = (await client.list_tools()).tools
        print_line(f"Connected: {', '.join(tool.name for tool in tools)}")
        stored = await _upload(agent, paths)
        await _look(agent, stored)
        tasks = SAMPLE_TASKS if samples else await _tasks(client, stored, questions)
        for task in tasks:
            await _ask_and_check(agent, stored[task.filename], task)
        await _see(agent, stored)
        await _delete(agent, stored)


@asynccontextmanager
async def _connected(paths: list[Path], place: tuple[str, ...]) -> AsyncGenerator[Client]:
    roots = sorted({str(path.parent) for path in paths})
    command, *arguments = await to_thread.run_sync(python_command, "files_api_mcp.server.cli.main")
    with tempfile.TemporaryDirectory(prefix="files-api-mcp-demo-") as data_dir:
        server = StdioServerParameters(
            command=command,
            # The agent is this command, and reads only the files that it was given.
            args=[*arguments, "serve", *place, "--data-dir", data_dir, "--allow-wide-root", *roots],
            cwd=NEUTRAL_DIRECTORY,
            # The SDK hands hardly anything of the environment on.
            env={name: value for name, value in os.environ.items() if name.startswith(_HANDED_ON)},
        )
        async with Client(server) as client:
            yield client


async def _upload(agent: _Agent, paths: list[Path]) -> dict[str, dict[str, Any]]:
    stored: dict[str, dict[str, Any]] = {}
    for path in paths:
        result = await agent.data("upload_file", path=str(path))
        stored[path.name] = result["files"][0]
    again = await agent.data("upload_file", path=str(paths[0]))
    if again["files"][0]["file_id"] != stored[paths[0].name]["file_id"] or not again["files"][0]["reused"]:
        raise WrongResult("the same file was stored twice")
    return stored


async def _look(agent: _Agent, stored: dict[str, dict[str, Any]]) -> None:
    listed = await agent.data("list_files")
    if {file["file_id"] for file in listed["files"]} != {file["file_id"] for file in stored.values()}:
        raise WrongResult("list_files does not show what was uploaded")
    first = next(iter(stored.values()))
    described = await agent.data("describe_file", file_id=first["file_id"], show=1200)
    if described["size_bytes"] != first["size_bytes"]:
        raise WrongResult("describe_file and upload_file disagree about a size")


async def _tasks(client: Client, stored: dict[str, dict[str, Any]], questions: tuple[str, ...]) -> list[Task]:
    tasks: list[Task] = []
    for name, file in stored.items():
        if not file["askable"]:
            continue
        pages = file.get("pages")
        where: dict[str, Any] = {"pages": str((pages + 1) // 2)} if pages else {}
        text = _text(await client.call_tool("read_document", {"file_id": file["file_id"], **where}))
        asked = questions or (question_from(text),)
        tasks += [Task(name, question) for question in asked if question]
    return tasks


async def _ask_and_check(agent: _Agent, file: dict[str, Any], task: Task) -> None:
    answer = await agent.data(
        "ask_document", show=2000, question=task.question, file_ids=[file["file_id"]], max_tokens=400
    )
    if not answer["passages"]:
        raise WrongResult(f"no passage answers {task.question!r}")
    if not any(task.expected in passage["text"] for passage in answer["passages"]):
        raise WrongResult(f"no passage holds {task.expected!r}")
    best = answer["passages"][0]
    place, _, where = best["where"].partition(" ")
    if place == "page":
        read = await agent.call("read_document", show=400, file_id=best["file_id"], pages=where)
    else:
        start = int(where.partition("-")[0])
        read = await agent.call("read_document", show=400, file_id=best["file_id"], start_char=start)
    if best["text"] not in _text(read):
        raise WrongResult(f"the quote is not found at {best['where']}")
    print_line(Styled(f"  the quote stands literally at {best['where']}", "green"))


async def _see(agent: _Agent, stored: dict[str, dict[str, Any]]) -> None:
    for file in stored.values():
        if file["mime_type"] == "application/pdf" or file["mime_type"].startswith("image/"):
            result = await agent.call("read_document", file_id=file["file_id"], as_image=True)
            if not any(isinstance(block, ImageContent) for block in result.content):
                raise WrongResult("read_document gave no picture")


async def _delete(agent: _Agent, stored: dict[str, dict[str, Any]]) -> None:
    for file in {file["file_id"]: file for file in stored.values()}.values():
        await agent.data("delete_file", file_id=file["file_id"])
    left = await agent.data("list_files")
    if left["files"]:
        raise WrongResult("files are still listed after their deletion")


async def _show_progress(progress: float, total: float | None, message: str | None) -> None:
    print_line(Styled(f"  {f'{100 * progress / total:3.0f} %' if total else progress} {message or ''}", "dim"))


def _text(result: CallToolResult) -> str:
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))


def _clip(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]} ... ({len(text):,} characters)"
