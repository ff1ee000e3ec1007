"""The scripted model speaks the API of each host, and the table goes between the marks of its page."""

import json
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from mcp_types import PROTOCOL_VERSION_META_KEY

from benchmarks.clients.hosts.job import COPYING, Job, negotiated
from benchmarks.clients.hosts.model import scripted_model
from benchmarks.clients.hosts.programs import HOSTS
from benchmarks.clients.hosts.rows import HEAD, cells
from benchmarks.clients.page import between_marks, marks, table

TOOL = "mcp__files__list_files"
CHAT_CALL = {"role": "assistant", "content": None}


def messages(seen: str | None) -> dict[str, Any]:
    result = [{"type": "tool_result", "tool_use_id": "call_1", "content": seen}]
    told = [{"role": "user", "content": "Do it."}] + ([{"role": "user", "content": result}] if seen else [])
    return {"tools": [{"name": TOOL}], "messages": told}


def responses(seen: str | None) -> dict[str, Any]:
    result = [{"type": "function_call_output", "call_id": "call_1", "output": seen}] if seen else []
    return {"tools": [{"type": "namespace", "name": "mcp__files", "tools": [{"name": "list_files"}]}], "input": result}


def chat(seen: str | None) -> dict[str, Any]:
    result = [CHAT_CALL, {"role": "tool", "tool_call_id": "call_1", "content": seen}] if seen else []
    return {"tools": [{"function": {"name": TOOL}}], "messages": result}


def gemini(seen: str | None) -> dict[str, Any]:
    part = {"functionResponse": {"id": "call_1", "response": {"output": seen}}} if seen else {"text": "Do it."}
    return {"tools": [{"functionDeclarations": [{"name": TOOL}]}], "contents": [{"parts": [part]}]}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/messages?beta=true", messages),
        ("/v1/responses", responses),
        ("/v1/chat/completions", chat),
        ("/v1beta/models/m:streamGenerateContent?alt=sse", gemini),
    ],
)
def test_the_model_calls_a_tool_and_sees_its_result(path: str, body: Callable[[str | None], dict[str, Any]]) -> None:
    with scripted_model() as model:

        def post(seen: str | None) -> str:
            with urlopen(Request(model.url + path, json.dumps(body(seen)).encode()), timeout=60) as reply:
                return reply.read().decode()

        said: list[str] = []

        def host() -> None:
            said.append(post(None))
            said.append(post('before {"files": []}'))

        running = threading.Thread(target=host)
        running.start()
        seen = model.call("list_files", limit=5)
        model.finish()
        running.join()
    assert seen.data == {"files": []}
    assert model.first_tools == 1
    assert "list_files" in said[0]
    assert "The job is done." in said[1]


def test_a_row_says_what_ran_and_what_the_host_refused() -> None:
    job = Job(("delete_file",), ran=["list_files", "ask_document"], refused={"delete_file": "no"}, first_tools=0)
    job.protocol = "2025-11-25"
    row = cells(HOSTS[0], "1.2.3", job)
    assert row[1:] == ("1.2.3", "2025-11-25", "`list`, `ask`", "`delete_file`: “no”", "no")
    first, last = marks("hosts")
    page = between_marks(f"a\n{first}old\n{last}b\n", "hosts", table(HEAD, [row]))
    assert (page.startswith(f"a\n{first}"), page.endswith(f"{last}b\n"), "old" in page) == (True, True, False)
    assert "| 1.2.3 | 2025-11-25 | `list`, `ask` |" in page


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ({"method": "initialize", "params": {"protocolVersion": "2099-01-01"}}, {"protocolVersion": "2025-11-25"}),
        ({"method": "tools/list", "params": {"_meta": {PROTOCOL_VERSION_META_KEY: "2025-11-25"}}}, {"tools": []}),
    ],
)
def test_the_copies_of_a_session_hold_its_version(tmp_path: Path, asked: Any, answered: Any) -> None:
    wire = tmp_path / "wire"
    assert negotiated(wire) == "none"
    answer = ["sh", "-c", 'cat > /dev/null; echo "$0"', json.dumps({"result": answered})]
    seen = subprocess.run([*COPYING, str(wire), *answer], input=json.dumps(asked), capture_output=True, text=True)
    assert json.loads(seen.stdout) == {"result": answered}
    assert negotiated(wire) == "2025-11-25"
