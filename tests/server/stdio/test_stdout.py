"""Only messages reach the client's pipe, each of them whole, however slowly the client reads."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable

import anyio
import pytest
from anyio import to_thread

from files_api_mcp.server.stdio.stdout import Stdout

STRAY = """
import os
import anyio
from files_api_mcp.server.stdio.stdout import claim_stdout
with claim_stdout() as stdout:
    print("from Python", flush=True)
    os.system("echo from a child")
    os.write(1, b"from C\\n")
    anyio.run(stdout.write, b"{}" * 500_000)
print("after", flush=True)
"""


def test_other_output_goes_to_stderr() -> None:
    done = subprocess.run([sys.executable, "-c", STRAY], capture_output=True, check=True)
    assert done.stdout == b"{}" * 500_000 + b"\nafter\n"
    assert done.stderr == b"from Python\nfrom a child\nfrom C\n"


def test_a_closed_stderr_does_not_lead_to_the_client() -> None:
    done = subprocess.run(
        ["sh", "-c", f"exec '{sys.executable}' -c '{STRAY}' 2>&-"], stdout=subprocess.PIPE, check=True
    )
    assert done.stdout == b"{}" * 500_000 + b"\nafter\n"


def pipe() -> tuple[int, int]:
    reading, writing = os.pipe()
    return reading, writing


def sockets() -> tuple[int, int]:
    """As Node.js gives them to the programs that it starts."""
    first, second = socket.socketpair()
    return first.detach(), second.detach()


@pytest.mark.anyio
@pytest.mark.parametrize("ends", [pipe, sockets])
async def test_lines_of_all_sizes_arrive_whole_and_in_order(ends: Callable[[], tuple[int, int]]) -> None:
    reading, writing = ends()
    lines = [bytes([65 + number % 26]) * size for number, size in enumerate([0, 1, 4095, 4096, 300_000] * 40)]
    found: list[bytes] = []

    def read() -> None:
        with os.fdopen(reading, "rb") as stream:
            found.extend(stream.read().split(b"\n")[:-1])

    async with anyio.create_task_group() as group:
        group.start_soon(to_thread.run_sync, read)
        stdout = Stdout(writing)
        for line in lines:
            await stdout.write(line)
        os.close(writing)
    assert found == lines


@pytest.mark.anyio
@pytest.mark.parametrize("ends", [pipe, sockets])
async def test_a_client_that_left_is_an_error(ends: Callable[[], tuple[int, int]]) -> None:
    reading, writing = ends()
    stdout = Stdout(writing)
    os.close(reading)
    with pytest.raises(BrokenPipeError):
        await stdout.write(b"{}")
    os.close(writing)
