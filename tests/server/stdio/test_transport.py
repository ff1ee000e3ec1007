"""Over the real process's pipes: each request gets exactly one answer, however malformed its line is."""

import json
import subprocess
from collections import Counter
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.support.agent import write
from tests.support.http_server import MODERN, call_request
from tests.support.malformed import MALFORMED, REPAIRED
from tests.support.stdio_process import SERVE, Process

INITIALIZE = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}


@pytest.fixture
def server(tmp_path: Path) -> Generator[Process]:
    running = Process(tmp_path, write(tmp_path / "root" / "notes.md", "# Notes\n").parent)
    with running.process:
        yield running
        running.process.kill()


def request(number: int | str, method: str, **params: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode()


def answers_to(server: Process, lines: Iterable[bytes]) -> list[dict[str, Any]]:
    """All messages of the server after the handshake, until it ends because stdin does."""
    server.handshake()
    output, errors = server.process.communicate(b"\n".join([*lines, b""]))
    assert server.process.returncode == 0
    assert b"Traceback" not in errors
    return [json.loads(line) for line in output.decode().splitlines()]


def test_every_line_is_answered_once(server: Process) -> None:
    with_id = {
        number: sent.replace(b'"id":7', b'"id":%d' % number)
        for number, (sent, _) in enumerate([*MALFORMED.values(), *REPAIRED.values()], start=100)
    }
    without_id = [
        b"nonsense",
        b"5",
        b'{"jsonrpc":"2.0"}',
        b'{"id":1.5}',
        b"[]",
        b"[" * 5_000_000,
        b'{"a":' + b"9" * 5000,
    ]
    batch = b'[{"jsonrpc":"2.0","id":"a","method":"ping"},{"jsonrpc":"2.0","id":"b","method":"ping"}]'
    too_long = b'{"jsonrpc":"2.0","id":"long","method":"ping","params":{"a":"' + b"x" * 5_000_000 + b'"}}'
    unanswered = [b"", b" \r", b'{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}']
    unanswered += [b'{"jsonrpc":"2.0","id":1,"result":{}}']
    found = answers_to(server, [*with_id.values(), *without_id, batch, too_long, *unanswered, request("last", "ping")])
    expected = Counter([*with_id, "a", "b", "long", "last"]) + Counter({None: len(without_id)})
    assert Counter(answer["id"] for answer in found) == expected
    by_id = {answer["id"]: answer for answer in found}
    assert by_id["long"]["error"]["message"] == "The message is larger than 4 MiB."
    assert by_id["last"]["result"] == {}
    for number in list(with_id)[len(MALFORMED) :]:
        assert "list_files has no such arguments" in by_id[number]["result"]["content"][0]["text"]


def test_a_malformed_first_line_does_not_choose_the_protocol_version(server: Process) -> None:
    server.send(MALFORMED["NaN"][0])
    assert server.answer(7)["error"]["code"] == -32700
    _, call = call_request("list_files", {})
    server.send(call)
    assert server.answer(1)["result"]["structuredContent"]["files"] == []
    assert MODERN in json.dumps(server.request(2, "server/discover", _meta=json.loads(call)["params"]["_meta"]))


def test_requests_in_a_closed_pipe_are_answered(tmp_path: Path) -> None:
    """As in `files-api-mcp < requests.jsonl`."""
    calls = [request(number, "tools/call", name="list_files", arguments={}) for number in range(1, 21)]
    lines = [request(0, "initialize", **INITIALIZE), b'{"jsonrpc":"2.0","method":"notifications/initialized"}', *calls]
    process = subprocess.run(
        [*SERVE, "--data-dir", str(tmp_path / "data"), str(tmp_path)],
        input=b"\n".join(lines),  # The last line has no end.
        capture_output=True,
        check=True,
    )
    answers = [json.loads(line) for line in process.stdout.splitlines()]
    assert sorted(answer["id"] for answer in answers) == list(range(21))
    assert all("result" in answer for answer in answers)


def test_one_id_used_twice_is_answered_twice(server: Process) -> None:
    call = request(5, "tools/call", name="list_files", arguments={})
    found = answers_to(server, [call, call, request("5", "ping")])
    assert Counter(answer["id"] for answer in found) == {5: 2, "5": 1}


def test_a_malformed_response_ends_the_call_that_waits_for_it(server: Process, tmp_path: Path) -> None:
    server.request(0, "initialize", **{**INITIALIZE, "capabilities": {"elicitation": {}}})
    server.send(b'{"jsonrpc":"2.0","method":"notifications/initialized"}')
    uploaded = server.request(1, "tools/call", name="upload_file", arguments={"path": "notes.md"})
    (file,) = uploaded["result"]["structuredContent"]["files"]
    server.send(request(2, "tools/call", name="delete_file", arguments={"file_id": file["file_id"]}))
    assert server.process.stdout
    asked = json.loads(server.process.stdout.readline())
    assert asked["method"] == "elicitation/create"
    server.send(b'{"jsonrpc":"2.0","id":%d,"result":NaN}' % asked["id"])
    assert json.loads(server.process.stdout.readline())["id"] is None
    assert server.answer(2)["result"]["content"][0]["text"].startswith("[not_confirmed] ")
    assert (
        len(server.request(3, "tools/call", name="list_files", arguments={})["result"]["structuredContent"]["files"])
        == 1
    )


def test_a_client_that_closes_its_stdout_ends_the_server(server: Process) -> None:
    server.handshake()
    assert server.process.stdout
    server.process.stdout.close()
    server.send(request(1, "ping"))
    assert server.process.stderr
    errors = server.process.stderr.read()
    assert server.process.wait() == 0
    assert b"Traceback" not in errors
