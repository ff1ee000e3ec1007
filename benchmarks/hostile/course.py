"""Uploads hostile files to a real server, one by one, each followed by a good one."""

import os
import re
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
from anyio import to_thread
from mcp import Client, MCPError
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.types import CallToolResult, TextContent

from benchmarks.hostile.files import Hostile
from benchmarks.hostile.samples import sample
from benchmarks.hostile.watch import Watch, own_children
from tests.support.documents import pdf

__all__ = ["Course", "Outcome", "course"]

LONGEST_S = 180
"""The limit of 150 seconds for a document, and some time for the rest."""
MOST_SERVER_MB = 400
_READERS = 2
_SAMPLE_EVERY_S = 0.02
_CODED = re.compile(r"\[[a-z_]+\] \S")
_SHOWN = frozenset({"pdf", "png", "jpg", "gif", "webp", "bmp", "tiff"})
_KEPT = re.compile(r"(files|index-\d+)\.db(-journal)?|reserve|.*lock.*")


class _Failed(Exception):
    """The server broke a rule."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a file; `wrong` names the broken rule."""

    file: Hostile
    said: str
    seconds: float
    server_mb: float
    reader_mb: float
    wrong: str = ""


class Course:
    """A server, and an agent that uploads files to it."""

    def __init__(self, client: Client, watch: Watch, folder: Path) -> None:
        self._client = client
        self._watch = watch
        self._folder = folder
        self._good = 0

    async def run(self, files: Iterable[Hostile], *, good_each: int = 1) -> AsyncIterator[Outcome]:
        """Upload each file, with a good one after every few."""
        for number, file in enumerate(files, start=1):
            await to_thread.run_sync(self._watch.start_over)
            began = time.monotonic()
            said, wrong = "", ""
            try:
                with anyio.fail_after(LONGEST_S):
                    said = await self._hostile(file)
                seconds = time.monotonic() - began
                if number % good_each == 0:
                    await self._good_one()
            except (_Failed, MCPError, TimeoutError) as exc:
                seconds = time.monotonic() - began
                wrong = f"{type(exc).__name__} {exc}"
            await to_thread.run_sync(self._watch.look)
            wrong = wrong or self._memory_or_processes()
            yield Outcome(file, said, seconds, self._watch.server_mb, self._watch.reader_mb, wrong)

    def _memory_or_processes(self) -> str:
        if self._watch.server_mb > MOST_SERVER_MB:
            return f"the server took {self._watch.server_mb:.0f} MB"
        if (count := self._watch.children()) > _READERS:
            return f"{count} readers"
        return ""

    async def _hostile(self, file: Hostile) -> str:
        """Upload, ask, describe, read, show and delete a file; returns the result of the question."""
        path = self._folder / file.name
        await to_thread.run_sync(path.write_bytes, file.content)
        try:
            uploaded = await self._call("upload_file", path=file.name)
            if uploaded is None:
                return "refused"
            (stored,) = uploaded["files"]
            file_id = stored["file_id"]
            answer = await self._call("ask_document", question="Which words, fees or dues?", file_ids=[file_id])
            described = await self._call("describe_file", file_id=file_id)
            await self._call("read_document", file_id=file_id)
            if file.format in _SHOWN:
                await self._call("read_document", file_id=file_id, as_image=True)
            if await self._call("delete_file", file_id=file_id) is None or answer is None or described is None:
                raise _Failed("a stored file could not be asked, described or deleted")
            if stored["askable"] != described["askable"]:
                raise _Failed("upload and description differ in what they say")
            return _came_to(stored, answer)
        finally:
            await to_thread.run_sync(path.unlink)

    async def _good_one(self) -> None:
        """Upload and ask about a new document, so that a reader process must work."""
        self._good += 1
        name, word = f"good-{self._good}.pdf", f"narwhal{self._good}"
        path = self._folder / name
        await to_thread.run_sync(path.write_bytes, pdf([f"The {word} pays its dues."]))
        with anyio.fail_after(LONGEST_S):
            uploaded = await self._call("upload_file", path=name)
            file_id = uploaded["files"][0]["file_id"] if uploaded else ""
            answer = await self._call("ask_document", question=f"What does the {word} pay?", file_ids=[file_id])
            await self._call("delete_file", file_id=file_id)
        await to_thread.run_sync(path.unlink)
        if not answer or not any(word in passage["text"] for passage in answer["passages"]):
            raise _Failed("the good document after it was not answered")

    async def _call(self, tool: str, **arguments: Any) -> dict[str, Any] | None:
        """Call a tool; returns its result, or None after an expected error."""
        result = await self._client.call_tool(tool, arguments)
        text = _own_words(result)
        if "Traceback" in text or str(self._folder) in text:
            raise _Failed(f"{tool} shows what it must not: {text[:200]}")
        if result.is_error:
            if not _CODED.match(text):
                raise _Failed(f"{tool}: {text[:200]}")
            return None
        return result.structured_content or {}


def _own_words(result: CallToolResult) -> str:
    """The texts of the server, without text of a document."""
    if result.is_error:
        return "\n".join(block.text for block in result.content if isinstance(block, TextContent))
    shown: dict[str, Any] = result.structured_content or {}
    return "\n".join(str(shown.get(name)) for name in ("note", "notes", "next", "failed"))


def _came_to(stored: dict[str, Any], answer: dict[str, Any]) -> str:
    if answer["passages"]:
        return "answered"
    if not answer.get("notes"):
        raise _Failed("no passage, and no word why")
    return "nothing found" if stored["askable"] else "not askable"


@asynccontextmanager
async def course(folder: Path) -> AsyncGenerator[Course]:
    """Start a course on a new server process.

    Raises:
        AssertionError: The server left something behind: processes, temporary files, contents of deleted files.
    """
    root, data, temporary = (folder / name for name in ("root", "data", "temporary"))
    for path in (root, data, temporary):
        await to_thread.run_sync(path.mkdir)
    sample("pdf")  # so that no time of a file includes creating the first samples
    arguments = [
        "-m",
        "files_api_mcp.server.cli.main",
        "serve",
        "--backend",
        "local",
        "--data-dir",
        str(data),
        str(root),
    ]
    server = StdioServerParameters(
        command=sys.executable, args=arguments, env={"PATH": os.environ["PATH"], "TMPDIR": str(temporary)}
    )
    before = own_children()
    async with Client(stdio_client(server), read_timeout_seconds=2 * LONGEST_S) as client:
        (pid,) = own_children() - before
        watch = Watch(pid)
        async with anyio.create_task_group() as group:
            group.start_soon(_look, watch)
            yield Course(client, watch, root)
            group.cancel_scope.cancel()
        left = await to_thread.run_sync(_files_left, data, temporary)
    assert not left, f"files left: {left[:10]}"
    with anyio.move_on_after(10):
        while await to_thread.run_sync(watch.left):
            await anyio.lowlevel.checkpoint()
    assert not watch.left(), f"processes left: {watch.left()}"


async def _look(watch: Watch) -> None:
    while True:
        await to_thread.run_sync(watch.look)
        await anyio.sleep(_SAMPLE_EVERY_S)


def _files_left(*folders: Path) -> list[str]:
    found = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in found if not _KEPT.fullmatch(path.name)]
