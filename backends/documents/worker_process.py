"""WorkerProcess: one worker process, controlled through JSON lines with bytes after them."""

import json
import os
import socket
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any, cast

import anyio
from anyio import CancelScope, to_thread
from anyio.abc import Process

from files_api_mcp.backends.documents.families import ALL
from files_api_mcp.backends.process_isolation import NEUTRAL_DIRECTORY, parser_environment, python_command

__all__ = ["PROGRAM", "WorkerDied", "WorkerProcess", "start_process"]

PROGRAM = "files_api_mcp.backends.documents.worker"

_LONGEST = 64 * 1024 * 1024
"""Bytes of a line, or after it."""
_LONGEST_END_S = 1

Answer = dict[str, Any]


async def start_process(
    command: Sequence[str], environment: Mapping[str, str], *, pass_fds: Sequence[int] = ()
) -> Process:
    """Start a process in a neutral folder, with pipes and without stderr. A cancellation waits for it: a start that is
    cancelled halfway would leave a process that nobody waits for.

    Raises:
        OSError: It cannot be started.
    """
    started: list[Process] = []
    with CancelScope(shield=True):
        process = await anyio.open_process(
            command, stderr=subprocess.DEVNULL, cwd=NEUTRAL_DIRECTORY, env=environment, pass_fds=pass_fds
        )
        started.append(process)
    return started[0]


class WorkerDied(Exception):
    """The process died, or its output is not valid."""


class WorkerProcess:
    """Runs one job after another; the next ones may be sent ahead. `jobs` and `job_bytes` count what it was given."""

    def __init__(self, process: Process, documents: socket.socket, family: str) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._documents = documents
        self.family = family
        self._stdin = process.stdin
        self._stdout = process.stdout
        self._received = bytearray()
        self._searched = 0  # for the end of a line
        self._head: Answer | None = None
        self._is_ending = False
        self.jobs = 0
        self.job_bytes = 0

    @classmethod
    async def start(
        cls, memory_bytes: int, *, cpu_seconds: int, family: str = ALL, program: str = PROGRAM
    ) -> "WorkerProcess":
        """Start a process with a memory limit, and a limit on processor time per job, for a family of documents.
        `program` is its module."""
        ours, its = socket.socketpair()
        ours.settimeout(0)
        with its:
            numbers = [memory_bytes, cpu_seconds, its.fileno(), os.getpid()]
            try:
                command, environment = await to_thread.run_sync(_launch, program, [*map(str, numbers), family])
                process = await start_process(command, environment, pass_fds=[its.fileno()])
            except BaseException:
                ours.close()
                raise
        return cls(process, ours, family)

    async def ask(self, jobs: Sequence[tuple[dict[str, Any], int]]) -> None:
        """Send jobs, each with the open descriptor of its document. The caller keeps the descriptors.

        Raises:
            WorkerDied: It is dead.
        """
        lines: list[bytes] = []
        try:
            for job, document in jobs:
                # One byte for each of a few jobs: this never waits.
                socket.send_fds(self._documents, [b"\0"], [document])
                lines.append(json.dumps(job).encode() + b"\n")
                self.job_bytes += os.fstat(document).st_size
            self.jobs += len(lines)
            await self._stdin.send(b"".join(lines))
        except (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
            raise WorkerDied from None

    async def reply(self, text: str) -> None:
        """Send the text of a picture that it asked for.

        Raises:
            WorkerDied: It is dead.
        """
        try:
            await self._stdin.send(json.dumps({"scanned": text}).encode() + b"\n")
        except (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
            raise WorkerDied from None

    async def answer(self) -> Answer:
        """The next answer. Bytes after its line are its `body`.

        Raises:
            WorkerDied: It died first.
        """
        while (answer := self.received_answer()) is None:
            try:
                self._received.extend(await self._stdout.receive())
            except anyio.EndOfStream:
                self._is_ending = True
                raise WorkerDied from None
            except anyio.BrokenResourceError:
                raise WorkerDied from None
        return answer

    def received_answer(self) -> Answer | None:
        """The next answer if it has come: of small documents, several come at a time.

        Raises:
            WorkerDied: What came is no answer.
        """
        try:
            if self._head is None:
                end = self._received.find(b"\n", self._searched, _LONGEST)
                self._searched = len(self._received)
                if end < 0 and self._searched < _LONGEST:
                    return None
                self._head = _object(json.loads(self._taken(end + 1)))
            answer = self._head
            if "size" in answer:
                size = min(max(0, answer["size"]), _LONGEST)
                if len(self._received) < size:
                    return None
                answer["body"] = self._taken(size)
        except (ValueError, TypeError):
            raise WorkerDied from None
        self._head = None
        return answer

    def _taken(self, count: int) -> bytes:
        taken = bytes(self._received[:count])
        del self._received[:count]
        self._searched = 0
        return taken

    async def stop(self) -> None:
        """Kill it, whatever it is doing."""
        self._documents.close()
        with CancelScope(shield=True):
            if self._is_ending:
                # To kill one that is dead takes its exit status away from asyncio, which then complains in the log.
                with anyio.move_on_after(_LONGEST_END_S):
                    await self._process.wait()
            if self._process.returncode is None:
                self._process.kill()
            await self._process.wait()
            await self._process.aclose()


def _object(value: object) -> Answer:
    if not isinstance(value, dict):
        raise TypeError("an answer is an object")
    return cast(Answer, value)


def _launch(program: str, arguments: list[str]) -> tuple[list[str], dict[str, str]]:
    # Imported here: most commands start no process.
    from files_api_mcp.backends.sandbox.privileges import forbid_inspection

    # The process has the same user: without this, it could read the key in this one's memory.
    forbid_inspection()
    return python_command(program, *arguments), parser_environment()
