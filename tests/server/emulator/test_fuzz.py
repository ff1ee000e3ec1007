"""No request brings the emulator down, hangs it, or gets an answer that is not the API's."""

import contextlib
import copy
import json
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.server.emulator.openapi import description
from tests.server.emulator.sdk import malformed
from tests.server.emulator.sdk.running import (
    BOUNDARY,
    Emulator,
    Reply,
    clean_environment,
    emulator,
    isolated,
    multipart,
)

pytestmark = pytest.mark.slow

QUICKLY = settings(
    max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Generator[Emulator]:
    with emulator(tmp_path_factory.mktemp("fuzzed")) as running:
        yield running
        running.assert_alive()


def document(**source: Any) -> dict[str, Any]:
    more = {"citations": {"enabled": True}, "cache_control": {"type": "ephemeral", "ttl": "5m"}}
    return {"type": "document", "source": source, "title": "Notes", "context": "Old", **more}


def question(file_id: str) -> dict[str, Any]:
    """An ordinary request."""
    asked = [document(type="file", file_id=file_id), {"type": "text", "text": "When does it open?"}]
    return {
        "model": "claude-sonnet-5-5",
        "max_tokens": 100,
        "system": [{"type": "text", "text": "Be brief."}],
        "stop_sequences": ["STOP"],
        "metadata": {"user_id": "one"},
        "messages": [
            {"role": "user", "content": "Hello."},
            {"role": "assistant", "content": [{"type": "text", "text": "Hello."}]},
            {"role": "user", "content": asked},
        ],
    }


def motley_question(file_id: str) -> dict[str, Any]:
    """A request with every kind of block and source."""
    text = {"type": "text", "text": "The ferry leaves at nine."}
    result: Any = {"source": "here", "title": "Found", "content": [text], "citations": {"enabled": True}}
    found = [text, document(type="file", file_id=file_id)]
    inline: list[Any] = [
        document(type="text", media_type="text/plain", data="The ferry leaves at nine."),
        document(type="content", content=[text, text]),
        {"type": "search_result", **result},
        {"type": "container_upload", "file_id": file_id},
        text,
    ]
    call: Any = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}
    messages: list[Any] = [
        {"role": "user", "content": inline},
        {"role": "assistant", "content": [text, call]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": found}]},
        {"role": "user", "content": "When does the ferry leave?"},
    ]
    tools: list[Any] = [
        {"type": "code_execution_20250825", "name": "code_execution"},
        {"name": "look", "input_schema": {}},
    ]
    return {"model": "claude-opus-5-5", "max_tokens": 400, "stream": True, "tools": tools, "messages": messages}


@pytest.fixture(scope="module")
def file_id(live: Emulator) -> str:
    return str(live.upload("notes.txt", b"The harbour opens at six.\n").json()["id"])


def assert_answered(reply: Reply | None) -> None:
    """Any answer of the API's: a success, or a refusal in the envelope."""
    assert reply
    if reply.status != 200:
        reply.error()
    elif reply.headers["content-type"].startswith("text/event-stream"):
        assert reply.body.endswith(b'event: message_stop\ndata: {"type": "message_stop"}\n\n'), reply.body[-500:]


def test_a_generator_of_requests_finds_no_answer_outside_the_description(live: Emulator, tmp_path: Path) -> None:
    ids = [str(live.upload(f"{n}.txt", b"The harbour opens at six.\n").json()["id"]) for n in range(20)]
    entry = {"custom_id": "one", "params": question(ids[0])}
    batches = [live.post_json("/v1/messages/batches", {"requests": [entry]}).json()["id"] for _ in range(5)]
    described = tmp_path / "openapi.json"
    described.write_text(json.dumps(description(ids, batches)))
    command = [*isolated("schemathesis==4.32.5"), "-m", "schemathesis.cli", "run", str(described)]
    options = {
        "--url": live.url,
        "--header": f"x-api-key:{live.key}",
        "--checks": ",".join(CHECKS),
        "--phases": "coverage,fuzzing",
        "--max-examples": "6",
        "--request-timeout": "10",
        "--warnings": "off",
        "--suppress-health-check": "filter_too_much,too_slow",
    }
    flags = [word for option in options.items() for word in option]
    done = subprocess.run(
        [*command, *flags, "--generation-deterministic", "--no-shrink", "--no-color"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        env=clean_environment(),
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr


@pytest.mark.parametrize("name", malformed.BODIES)
def test_a_malformed_upload_is_answered(live: Emulator, name: str) -> None:
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    assert_answered(live.request("POST", "/v1/files", malformed.BODIES[name], {"content-type": kind}))


@pytest.mark.parametrize("kind", malformed.CONTENT_TYPES)
def test_an_upload_under_any_content_type_is_answered(live: Emulator, kind: str) -> None:
    assert_answered(live.request("POST", "/v1/files", malformed.WHOLE + malformed.END, {"content-type": kind}))


@QUICKLY
@given(st.data())
def test_a_damaged_upload_is_answered(live: Emulator, data: st.DataObject) -> None:
    kind, valid = multipart("a.txt", b"word " * 20, "text/plain", b"Content-Disposition: form-data; name=x\r\n\r\ny")
    body = bytearray(valid)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(body)))
        end = data.draw(st.integers(start, min(len(body), start + 40)))
        body[start:end] = data.draw(st.one_of(st.binary(max_size=20), st.sampled_from([b"\r\n", b"--", b'"', b";"])))
    assert_answered(live.request("POST", "/v1/files", bytes(body), {"content-type": kind}))


def upload_head(key: str, kind: str) -> bytes:
    """An upload's headers but for the length, and without the empty line that ends them."""
    lines = ["POST /v1/files HTTP/1.1", "Host: x", f"X-Api-Key: {key}", "Anthropic-Version: 2023-06-01"]
    return "\r\n".join([*lines, f"Content-Type: {kind}", ""]).encode()


@QUICKLY
@given(st.integers(0, 4000), st.booleans())
def test_an_upload_that_breaks_off_stores_nothing(live: Emulator, sent: int, chunked: bool) -> None:
    kind, body = multipart("broken.txt", b"x" * 4000)
    head = upload_head("sk-broken", kind)
    if chunked:
        request = head + f"Transfer-Encoding: chunked\r\n\r\n{len(body):x}\r\n".encode() + body
    else:
        request = head + f"Content-Length: {len(body) + 1000}\r\n\r\n".encode() + body
    with live.connect() as connection:
        connection.sendall(request[: len(head) + sent])
    assert live.request("GET", "/v1/files", key="sk-broken").json()["data"] == []


def test_stalled_uploads_hold_nobody_up(live: Emulator) -> None:
    kind, body = multipart("stalled.txt", b"x" * 4000)
    head = upload_head("sk-stalled", kind)
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            connection = stack.enter_context(live.connect())
            connection.sendall(head + b"Content-Length: 100000000\r\n\r\n" + body)
        assert live.upload("quick.txt", b"words").status == 200
        assert live.request("GET", "/v1/files").status == 200


@QUICKLY
@given(st.lists(st.tuples(st.sampled_from("limit page ids[] ids before_id after_id beta x".split()), st.binary())))
def test_an_odd_query_is_answered(live: Emulator, pairs: list[tuple[str, bytes]]) -> None:
    query = "&".join(f"{name}={''.join(f'%{byte:02x}' for byte in value)}" for name, value in pairs)
    for target in ("/v1/files", "/v1/messages/batches"):
        assert_answered(live.request("GET", f"{target}?{query}"))


@pytest.mark.parametrize("query", malformed.QUERIES, ids=lambda query: query[:30])
@pytest.mark.parametrize("beta", ["", "files-api-2025-04-14", "\xff", ","])
def test_an_odd_query_in_each_dialect_is_answered(live: Emulator, query: str, beta: str) -> None:
    assert_answered(live.request("GET", f"/v1/files?{query}", headers={"anthropic-beta": beta}))


@QUICKLY
@given(st.binary(max_size=30), st.sampled_from(["", "/content"]), st.sampled_from(["GET", "DELETE"]))
def test_an_odd_id_is_not_found(live: Emulator, raw: bytes, rest: str, method: str) -> None:
    odd = "".join(f"%{byte:02x}" for byte in raw)
    assert live.request(method, f"/v1/files/file_{odd}{rest}").error()[0] in {
        "not_found_error",
        "invalid_request_error",
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("\ud800\x00"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
TARGETS = ["/v1/messages", "/v1/messages/count_tokens", "/v1/messages/batches"]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value in a JSON value."""
    held = cast("dict[Any, Any]", value if isinstance(value, dict) else {})
    inner = cast("list[Any]", value) if isinstance(value, list) else []
    return [path, *(place for key, each in [*held.items(), *enumerate(inner)] for place in places(each, (*path, key)))]


@settings(QUICKLY, max_examples=200)
@given(st.data())
def test_a_question_with_anything_in_one_place_is_answered(live: Emulator, file_id: str, data: st.DataObject) -> None:
    target = data.draw(st.sampled_from(TARGETS))
    valid = data.draw(st.sampled_from([question, motley_question]))(file_id)
    if target == TARGETS[2]:
        valid = {"requests": [{"custom_id": "one", "params": valid}]}
    holder = {"whole": copy.deepcopy(valid)}
    *path, last = ("whole", *data.draw(st.sampled_from(places(valid))))
    where: Any = holder
    for key in path:
        where = where[key]
    if data.draw(st.booleans()) and isinstance(where, dict):
        del where[last]
    else:
        where[last] = data.draw(JSON)
    assert_answered(live.post_json(target, holder.get("whole")))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", malformed.JSON_BODIES)
def test_odd_json_is_answered(live: Emulator, target: str, name: str) -> None:
    assert_answered(live.post_json(target, malformed.JSON_BODIES[name]))


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "identity", "nonsense"])
def test_a_body_in_an_encoding_is_answered(live: Emulator, encoding: str) -> None:
    headers = {"content-type": "application/json", "content-encoding": encoding}
    assert_answered(live.request("POST", "/v1/messages", b"\x1f\x8b junk", headers))


@pytest.mark.parametrize("name", malformed.REQUESTS)
def test_what_is_hardly_http_is_refused_or_cut_off(live: Emulator, name: str) -> None:
    reply = live.raw(malformed.REQUESTS[name])
    assert reply is None or reply.status < 500
    live.assert_alive()


@pytest.mark.parametrize(
    "target", ["/v1/files", "/v1/files/file_1", "/v1/messages", "/v1/messages/batches", "/nothing"]
)
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "QUERY", "get", "X" * 3000])
def test_any_method_is_answered(live: Emulator, method: str, target: str) -> None:
    head = f"{method} {target} HTTP/1.1\r\nHost: x\r\nX-Api-Key: sk-raw\r\nAnthropic-Version: 2023-06-01\r\n"
    reply = live.raw(f"{head}Connection: close\r\n\r\n".encode(), bodiless=method == "HEAD")
    assert reply
    assert reply.status < 500


@QUICKLY
@given(
    st.binary(max_size=200),
    st.sampled_from([b"", malformed.GET, malformed.POST, malformed.POST + b"Content-Length: 20\r\n"]),
)
def test_random_bytes_are_survived(live: Emulator, junk: bytes, before: bytes) -> None:
    reply = live.raw(before + junk.replace(b"\n", b"") + b"\r\n\r\n" + b"{" * 20 + b"\r\n\r\n")
    assert reply is None or reply.status < 500


def test_the_emulator_is_alive_after_all_this(live: Emulator, file_id: str) -> None:
    live.assert_alive()
    assert live.request("GET", f"/v1/files/{file_id}").json()["filename"] == "notes.txt"
    answer = live.post_json("/v1/messages", question(file_id)).json()
    assert "opens at six" in json.dumps(answer["content"])
