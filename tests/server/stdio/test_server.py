"""The real process: what goes over its pipes, and how it ends."""

import json
import signal
from collections.abc import Generator
from pathlib import Path
from typing import IO, Any

import pytest
from mcp import Client, StdioServerParameters

from tests.support.agent import text_of, write
from tests.support.stdio_process import ENDS_WITHIN_S, SERVE, Process

pytestmark = pytest.mark.slow


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    write(folder / "notes.md", "# Notes\n\nThe harbour opens at six.\n")
    return folder


@pytest.fixture
def server(tmp_path: Path, root: Path) -> Generator[Process]:
    running = Process(tmp_path, root)
    yield running
    running.process.kill()
    pipes: tuple[IO[bytes] | None, ...] = (
        running.process.stdin,
        running.process.stdout,
        running.process.stderr,
    )
    for pipe in pipes:
        if pipe:
            pipe.close()
    running.process.wait()


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_real_client_uses_a_real_process(tmp_path: Path, root: Path, mode: Any) -> None:
    server = StdioServerParameters(command=SERVE[0], args=[*SERVE[1:], "--data-dir", str(tmp_path / "d"), str(root)])
    async with Client(server, mode=mode) as client:
        uploaded = await client.call_tool("upload_file", {"path": "notes.md"})
        assert uploaded.structured_content
        file_id = uploaded.structured_content["files"][0]["file_id"]
        answer = await client.call_tool("ask_document", {"question": "When does it open?", "file_ids": [file_id]})
        assert "opens at six" in text_of(answer)
        named = f'Allowed folders: "{root}".'
        assert named in (client.instructions or "")
        for path in ("absent.pdf", "/etc/passwd"):
            assert named in text_of(await client.call_tool("upload_file", {"path": path}))


def test_the_start_says_backend_data_folder_and_roots_on_one_stderr_line(
    server: Process, tmp_path: Path, root: Path
) -> None:
    server.handshake()
    assert server.process.stdin
    server.process.stdin.close()
    server.process.stdin = None
    code, errors = server.ends()
    assert code == 0
    data = tmp_path / "data"
    assert errors.decode() == f"files-api-mcp: backend local, data {data}, semantic disabled, roots {root}\n"


@pytest.mark.serial
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, "end of stdin"], ids=str)
@pytest.mark.parametrize("busy", [False, True], ids=["idle", "during an upload"])
def test_the_server_ends_clean(
    server: Process, root: Path, tmp_path: Path, how: signal.Signals | str, busy: bool
) -> None:
    server.handshake()
    if busy:
        with (root / "big.bin").open("wb") as big:
            big.truncate(400_000_000)
            big.write(b"\x01\x02")
        params = {"name": "upload_file", "arguments": {"path": "big.bin"}, "_meta": {"progressToken": 1}}
        server.send(json.dumps({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params}).encode())
        assert server.process.stdout
        assert b"notifications/progress" in server.process.stdout.readline()
    if isinstance(how, signal.Signals):
        server.process.send_signal(how)
    else:
        assert server.process.stdin
        server.process.stdin.close()
        server.process.stdin = None
    code, errors = server.ends()
    assert code == 0
    assert b"Traceback" not in errors
    assert [p for p in (tmp_path / "data" / "spool").glob("*/*") if p.is_file()] == []


def test_a_client_that_no_longer_reads_cannot_keep_the_server_alive(server: Process) -> None:
    server.handshake()
    for number in range(300):
        line = json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/list", "params": {}})
        server.send(line.encode())
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(timeout=ENDS_WITHIN_S)


def test_malformed_and_endless_lines_leave_the_server_answering(server: Process) -> None:
    server.handshake()
    for line in (b"", b"{", b"\xff\xfe", b"[]", b'{"jsonrpc":"2.0"}', b"9" * 10_000, b"[" * 5_000_000):
        server.send(line)
    answer = server.request(5, "tools/list")
    assert answer["result"]["tools"]


def test_an_unusable_data_folder_fails_at_the_start_in_one_line(tmp_path: Path, root: Path) -> None:
    write(tmp_path / "data", "a file stands where the folder should be")
    code, errors = Process(tmp_path, root).ends()
    assert code == 1
    assert errors.decode().count("\n") == 1
    assert errors.startswith(b"files-api-mcp: [permission_denied] ")


def test_a_root_that_is_a_file_is_wrong_usage(tmp_path: Path) -> None:
    code, errors = Process(tmp_path, write(tmp_path / "notes.md", "a file")).ends()
    assert code == 2
    assert b"notes.md is not a folder" in errors
