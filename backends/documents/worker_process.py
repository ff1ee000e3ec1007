"""WorkerProcess: one worker process, controlled through JSON lines."""

import json
import os
import socket
import subprocess
from typing import Any

import anyio
from anyio import CancelScope, to_thread
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from files_api_mcp.backends.process_isolation import NEUTRAL_DIRECTORY, child_environment, python_command

__all__ = ["WorkerDied", "WorkerProcess"]

_LONGEST_LINE = 64 * 1024 * 1024
_LONGEST_END_S = 1


class WorkerDied(Exception):
    """The process died, or its output is not valid."""


class WorkerProcess:
    """Runs one job at a time."""

    def __init__(self, process: Process, documents: socket.socket) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._documents = documents
        self._stdin = process.stdin
        self._answers = BufferedByteReceiveStream(process.stdout)
        self._is_ending = False
        self.jobs = 0

    @classmethod
    async def start(cls, memory_bytes: int, *, cpu_seconds: int, tesseract: str | None) -> "WorkerProcess":
        """Start a process with a memory limit, and a limit on processor time per job."""
        ours, its = socket.socketpair()
        ours.settimeout(0)
        with its:
            numbers = [memory_bytes, cpu_seconds, its.fileno(), os.getpid()]
            try:
                command, environment = await to_thread.run_sync(_launch, [*map(str, numbers), tesseract or ""])
                process = await anyio.open_process(
                    command,
                    stderr=subprocess.DEVNULL,
                    cwd=NEUTRAL_DIRECTORY,
                    env=environment,
                    pass_fds=[its.fileno()],
                )
            except BaseException:
                ours.close()
                raise
        return cls(process, ours)

    async def ask(self, job: dict[str, Any], document: int) -> None:
        """Send a job and the open descriptor of its document. The caller keeps the descriptor.

        Raises:
            WorkerDied: It is dead.
        """
        self.jobs += 1
        try:
            # One byte, and the one before was taken: this never waits.
            socket.send_fds(self._documents, [b"\0"], [document])
            await self._stdin.send(json.dumps(job).encode() + b"\n")
        except (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
            raise WorkerDied from None

    async def answer(self) -> dict[str, Any]:
        """The next answer.

        Raises:
            WorkerDied: It died first.
        """
        try:
            line = await self._answers.receive_until(b"\n", _LONGEST_LINE)
            return json.loads(line)
        except (anyio.EndOfStream, anyio.IncompleteRead):
            self._is_ending = True
            raise WorkerDied from None
        except (anyio.BrokenResourceError, anyio.DelimiterNotFound, ValueError):
            raise WorkerDied from None

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


def _launch(arguments: list[str]) -> tuple[list[str], dict[str, str]]:
    return python_command("files_api_mcp.backends.documents.worker", *arguments), child_environment()
