"""One worker process, spoken to in JSON lines."""

import json
import os
import subprocess
import sys
from typing import Any

import anyio
from anyio import CancelScope
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

__all__ = ["Child", "ChildStopped"]

_LONGEST_LINE = 64 * 1024 * 1024
_LONGEST_END_S = 1
# Keys and the rest of the environment stay with the server.
_PASSED_ON = (
    "PATH",
    "PYTHONPATH",
    "PYTHONHOME",
    "LANG",
    "LC_ALL",
    "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
    "TMPDIR",
    "TESSDATA_PREFIX",
)


class ChildStopped(Exception):
    """The process died, or says what no worker says."""


class Child:
    """Takes one job at a time."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._stdin = process.stdin
        self._answers = BufferedByteReceiveStream(process.stdout)
        self._is_ending = False
        self.jobs = 0

    @classmethod
    async def start(cls, memory_bytes: int, *, cpu_seconds: int) -> "Child":
        """Start a process that may use this much memory, and this much processor time for each job."""
        environment = {name: value for name in _PASSED_ON if (value := os.environ.get(name)) is not None}
        limits = [str(memory_bytes), str(cpu_seconds), str(os.getpid())]
        command = [sys.executable, "-m", "files_api_mcp.backends.documents.worker", *limits]
        return cls(await anyio.open_process(command, stderr=subprocess.DEVNULL, env=environment))

    async def ask(self, job: dict[str, Any]) -> None:
        """Hand it a job.

        Raises:
            ChildStopped: It is dead.
        """
        self.jobs += 1
        try:
            await self._stdin.send(json.dumps(job).encode() + b"\n")
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            raise ChildStopped from None

    async def answer(self) -> dict[str, Any]:
        """The next answer.

        Raises:
            ChildStopped: It died first.
        """
        try:
            line = await self._answers.receive_until(b"\n", _LONGEST_LINE)
            return json.loads(line)
        except (anyio.EndOfStream, anyio.IncompleteRead):
            self._is_ending = True
            raise ChildStopped from None
        except (anyio.BrokenResourceError, anyio.DelimiterNotFound, ValueError):
            raise ChildStopped from None

    async def stop(self) -> None:
        """End it now, whatever it is doing."""
        with CancelScope(shield=True):
            if self._is_ending:
                # To kill one that is dead takes its exit status away from asyncio, which then complains in the log.
                with anyio.move_on_after(_LONGEST_END_S):
                    await self._process.wait()
            if self._process.returncode is None:
                self._process.kill()
            await self._process.wait()
            await self._process.aclose()
