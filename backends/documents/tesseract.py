"""Tesseract: reads the text of pictures, each in a sandboxed process. Needs the extra `ocr`."""

import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import anyio
from anyio import CancelScope, to_thread
from anyio.abc import Process

from files_api_mcp.backends.documents.worker_process import start_process
from files_api_mcp.backends.process_isolation import child_environment, find_program, python_command

__all__ = ["ScanBudget", "Tesseract", "find_tesseract"]

# What is left of a page's limit goes to making the picture.
_PART_OF_PAGE = 0.6
_PARTS_OF_DOCUMENT = 20
_MOST_LANGUAGES = 4
_MOST_OUTPUT = 4 << 20
_SANDBOX = "files_api_mcp.backends.sandbox.converter"
_SYSTEM_FOLDERS = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/opt", "/nix/store", "/gnu/store")
_SYSTEM_FILES = ("/etc/ld.so.cache",)


def find_tesseract() -> str | None:
    """Absolute path of Tesseract; None if it or the extra `ocr` is not installed."""
    return find_program("tesseract") if find_spec("pytesseract") else None


class Tesseract:
    """The program at a path. It reads its own files and the system's, writes none, and has no network."""

    def __init__(self, program: str, memory_bytes: int) -> None:
        self._program = program
        self._memory_bytes = memory_bytes
        self._languages: str | None = None

    async def text(self, picture: bytes, seconds: float) -> str:
        """The text in a picture; empty if reading it takes too long or fails."""
        with anyio.move_on_after(seconds):
            if self._languages is None:
                # The default if it cannot be determined; checking again would cost the same for every page.
                self._languages = "eng"
                listed = await self._run(["--list-langs"], b"", seconds)
                if listed is None:
                    return ""
                self._languages = _chosen(listed)
            return await self._run(["stdin", "stdout", "-l", self._languages], picture, seconds) or ""
        return ""

    async def _run(self, arguments: Sequence[str], given: bytes, seconds: float) -> str | None:
        """What it writes; None if it fails, or writes too much."""
        command, environment = await to_thread.run_sync(self._launch, arguments, seconds)
        try:
            process = await start_process(command, environment)
        except OSError:
            return None
        try:
            written = await _exchanged(process, given)
            return written.decode("utf-8", "replace") if await process.wait() == 0 and written is not None else None
        finally:
            await _stop(process)

    def _launch(self, arguments: Sequence[str], seconds: float) -> tuple[list[str], dict[str, str]]:
        environment = child_environment() | {"OMP_THREAD_LIMIT": "1"}
        readable = [*_SYSTEM_FOLDERS, *_SYSTEM_FILES, *_own_folders(self._program, environment)]
        numbers = [self._memory_bytes, int(seconds) + 1, os.getpid()]
        command = [*map(str, numbers), os.pathsep.join(readable), self._program, *arguments]
        return python_command(_SANDBOX, *command), environment


class ScanBudget:
    """The seconds that the pictures of one document may take, together and each."""

    def __init__(self, page_seconds: float) -> None:
        self._each = page_seconds * _PART_OF_PAGE
        self._left = page_seconds * _PARTS_OF_DOCUMENT

    async def read(self, tesseract: Tesseract, picture: bytes) -> tuple[str, float]:
        """The text in a picture, empty if no time is left, and the seconds that it took."""
        seconds = min(self._each, self._left)
        begun = anyio.current_time()
        text = await tesseract.text(picture, seconds) if seconds > 0 else ""
        spent = anyio.current_time() - begun
        self._left -= spent
        return text, spent


def _own_folders(program: str, environment: dict[str, str]) -> list[str]:
    """The folders where a program keeps its libraries and data, if they are not the system's."""
    prefix = Path(program).resolve().parent.parent
    own = [program, os.path.realpath(program)]
    if prefix not in (Path(prefix.anchor), Path.home(), *Path.home().parents):
        own.append(str(prefix))
    variables = [environment.get(name, "") for name in ("TESSDATA_PREFIX", "LD_LIBRARY_PATH")]
    return [*own, *(folder for value in variables for folder in value.split(os.pathsep) if folder)]


def _chosen(listed: str) -> str:
    """The languages that the operator installed, English first; only English if all languages are installed."""
    names = {line.strip() for line in listed.splitlines() if not line.endswith(":")} - {"", "osd"}
    chosen = sorted(names, key=lambda name: (name != "eng", name))
    return "+".join(chosen) if 0 < len(chosen) <= _MOST_LANGUAGES else "eng"


async def _exchanged(process: Process, given: bytes) -> bytes | None:
    """What a process writes while it is given these bytes; None if that is too much."""
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None
    assert stdout is not None
    written = bytearray()

    async def give() -> None:
        try:
            await stdin.send(given)
            await stdin.aclose()
        except (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass  # it ended before it read all

    async with anyio.create_task_group() as group:
        group.start_soon(give)
        async for piece in stdout:
            written += piece
            if len(written) > _MOST_OUTPUT:
                process.kill()
                break
    return bytes(written) if len(written) <= _MOST_OUTPUT else None


async def _stop(process: Process) -> None:
    with CancelScope(shield=True):
        if process.returncode is None:
            process.kill()
        await process.wait()
        await process.aclose()
