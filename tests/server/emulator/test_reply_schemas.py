"""Every reply of the emulator fits the official SDK's models, and has no null where the API leaves a key out."""

import base64
import json
import subprocess
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from functools import cache
from typing import Any, cast

import pytest

from tests.server.emulator.sdk.running import (
    BETA,
    HERE,
    Emulator,
    Reply,
    clean_environment,
    emulator,
    isolated,
    multipart,
)

pytestmark = pytest.mark.slow

NEWEST, WITH_BETA_FILES = "2.14.0", "0.97.0"
DOCUMENTS = HERE.parents[3] / "examples" / "documents"
MANAGED = {"anthropic-beta": "managed-agents-2026-04-01"}
MODEL = "claude-sonnet-5-5"
BELL = "The bell of the harbor was cast in 1871.\n\nThe ticket machine takes coins only.\n"
NO_FILE = "file_011CNha8iCJcU1wXNR6q4V8w"

# The keys that the API sends with null; every other one it leaves out where there is nothing to say.
SENT_WITH_NULL = {
    "expires_at": "a file without an expiry, in every version but the beta",
    "next_page": "the last page of files",
    "first_id": "an empty list in the older shape",
    "last_id": "an empty list in the older shape",
    "stop_reason": "a message that has just begun",
    "stop_sequence": "a message that no stop sequence ended",
    "document_title": "a citation of a document without a title",
    "title": "a citation of a search result without a title",
    "file_id": "a citation of an inline document",
    "ended_at": "a batch that is not at its end",
    "cancel_initiated_at": "a batch that nobody cancels",
    "archived_at": "a batch whose results are kept",
    "results_url": "a batch without results",
}
# Types of errors that the API documents and the SDK has no model for.
UNMODELED = {"request_too_large"}
# A list for managed agents has the keys of both shapes, so that clients of either find theirs.
OLDER_SHAPE = {"has_more", "first_id", "last_id"}

Replies = list[tuple[str, Any]]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Generator[Emulator]:
    with emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


def ok(reply: Reply) -> Any:
    assert reply.status == 200, reply.body
    return reply.json()


def document(source: Any, *, cited: bool = True, **more: Any) -> dict[str, Any]:
    return {"type": "document", "source": source, **({"citations": {"enabled": True}} if cited else {}), **more}


def of_file(file_id: str) -> dict[str, Any]:
    return {"type": "file", "file_id": file_id}


def asked(*blocks: dict[str, Any], question: str = "When was the bell cast?", **more: Any) -> dict[str, Any]:
    content = [*blocks, {"type": "text", "text": question}]
    return {"model": MODEL, "max_tokens": 500, "messages": [{"role": "user", "content": content}], **more}


def questions(live: Emulator) -> dict[str, dict[str, Any]]:
    """Requests for every kind of block and citation that an answer can hold."""
    note = ok(live.upload("note.txt", BELL.encode()))["id"]
    report = ok(live.upload("r.pdf", (DOCUMENTS / "annual-report.pdf").read_bytes(), "application/pdf"))["id"]
    table = ok(live.upload("table.csv", b"bell,year\nharbor,1871\n", "text/csv"))["id"]
    text = {"type": "text", "media_type": "text/plain", "data": BELL}
    pdf = base64.b64encode((DOCUMENTS / "annual-report.pdf").read_bytes()).decode()
    pages = {"type": "base64", "media_type": "application/pdf", "data": pdf}
    content = {"type": "content", "content": [{"type": "text", "text": line} for line in BELL.split("\n\n")]}
    found: dict[str, Any] = {"type": "search_result", "source": "https://example.com", "title": "Bells"}
    found |= {"content": [{"type": "text", "text": BELL}], "citations": {"enabled": True}}
    code: dict[str, Any] = {"tools": [{"type": "code_execution_20250825", "name": "code_execution"}]}
    return {
        "no document": asked(),
        "nothing found": asked(document(of_file(note)), question="Zygomorphic xylophones?"),
        "uncited": asked(document(of_file(note), cited=False)),
        "cited by characters": asked(document(of_file(note), title="Harbor"), document(of_file(note))),
        "cited by pages": asked(document(of_file(report)), question="What dividend does the board propose?"),
        "cited by blocks": asked(document(content)),
        "inline text": asked(document(text)),
        "inline pages": asked(document(pages), question="What dividend does the board propose?"),
        "search result": asked(found),
        "cut off": asked(document(of_file(note), cited=False), max_tokens=1),
        "cached": asked(document(of_file(report), cache_control={"type": "ephemeral"}), question="What dividend?"),
        "code": asked({"type": "container_upload", "file_id": table}, **code),
    }


def of_files(live: Emulator) -> Iterator[tuple[str, Any]]:
    yield "files", ok(live.request("GET", "/v1/files", key="sk-empty"))
    plain = ok(live.upload("plain.txt", b"words"))
    yield "file", plain
    field = b'Content-Disposition: form-data; name="expires_in_seconds"\r\n\r\n3600'
    kind, body = multipart("short.txt", b"words", "text/plain", field)
    yield "file", ok(live.request("POST", "/v1/files", body, {"content-type": kind}))
    yield "file", ok(live.request("GET", f"/v1/files/{plain['id']}"))
    for query in ("", "?limit=1", f"?ids[]={plain['id']}"):
        yield "files", ok(live.request("GET", f"/v1/files{query}"))
    both: dict[str, Any] = ok(live.request("GET", "/v1/files?limit=1", headers=MANAGED))
    assert both.keys() >= OLDER_SHAPE
    yield "files", {key: value for key, value in both.items() if key not in OLDER_SHAPE}
    yield "deleted file", ok(live.request("DELETE", f"/v1/files/{plain['id']}"))


def of_beta_files(live: Emulator) -> Iterator[tuple[str, Any]]:
    yield "beta files", ok(live.request("GET", "/v1/files", headers=BETA, key="sk-empty"))
    made = ok(live.upload("old.txt", b"words", **BETA))
    yield "beta file", made
    yield "beta file", ok(live.request("GET", f"/v1/files/{made['id']}", headers=BETA))
    yield "beta files", ok(live.request("GET", "/v1/files?limit=1", headers=BETA))
    yield "beta deleted file", ok(live.request("DELETE", f"/v1/files/{made['id']}", headers=BETA))


def of_messages(live: Emulator) -> Iterator[tuple[str, Any]]:
    for name, request in questions(live).items():
        message = ok(live.post_json("/v1/messages", request))
        cited = name.startswith(("cited", "inline", "search", "cached"))
        assert any("citations" in block for block in message["content"]) == cited, name
        yield "message", message
        for event in events(live.post_json("/v1/messages", {**request, "stream": True})):
            if event["type"] == "ping":
                # The SDK has no model for it.
                assert event == {"type": "ping"}
            else:
                yield "event", event
    yield "count", ok(live.post_json("/v1/messages/count_tokens", asked()))


def events(reply: Reply) -> list[dict[str, Any]]:
    lines = reply.body.decode().splitlines()
    found = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    assert [f"event: {event['type']}" for event in found] == [line for line in lines if line.startswith("event: ")]
    return found


def of_batches(live: Emulator) -> Iterator[tuple[str, Any]]:
    target = "/v1/messages/batches"
    yield "batches", ok(live.request("GET", target, key="sk-empty"))
    requests = [{"custom_id": f"q{n}", "params": each} for n, each in enumerate(questions(live).values())]
    missing = {"custom_id": "missing", "params": asked(document(of_file(NO_FILE)))}
    made = ok(live.post_json(target, {"requests": [*requests, missing]}))
    yield "batch", made
    canceled = ok(live.post_json(target, {"requests": requests}))
    yield "batch", ok(live.request("POST", f"{target}/{canceled['id']}/cancel"))
    for batch_id in (made["id"], canceled["id"]):
        yield "batch", ended(live, f"{target}/{batch_id}")
        results = live.request("GET", f"{target}/{batch_id}/results")
        assert results.status == 200
        yield from (("result", json.loads(line)) for line in results.body.splitlines())
    yield "batches", ok(live.request("GET", f"{target}?limit=1"))
    yield "deleted batch", ok(live.request("DELETE", f"{target}/{made['id']}"))


def ended(live: Emulator, target: str) -> Any:
    """A batch at its end. It is asked for again until then: the API has no other way to wait."""
    deadline = time.monotonic() + 60
    while (batch := ok(live.request("GET", target)))["processing_status"] != "ended":
        assert time.monotonic() < deadline
    return batch


def of_errors(live: Emulator, locked: Emulator) -> Iterator[tuple[str, Any]]:
    full = locked.upload("large.txt", b"word " * 1000)
    limited = next(reply for _ in range(20) if (reply := locked.request("GET", "/v1/files")).status == 429)
    made = ok(live.upload("a.txt", b"words"))["id"]
    big = {"content-type": "multipart/form-data; boundary=b", "content-length": "600000001"}
    replies = [
        full,
        limited,
        locked.request("GET", "/v1/messages/batches", key="sk-wrong"),
        live.request("GET", f"/v1/files/{NO_FILE}"),
        live.request("GET", f"/v1/files/{made}/content"),
        live.request("GET", "/v1/files?limit=0"),
        live.request("GET", "/v1/nothing"),
        live.request("PUT", "/v1/files"),
        live.request("POST", "/v1/files", b"x", big),
        live.post_json("/v1/messages", b"no json"),
        live.post_json("/v1/messages", asked(document(of_file(NO_FILE)))),
        live.request("GET", "/v1/messages/batches/msgbatch_1"),
    ]
    for reply in replies:
        reply.error()
        body = reply.json()
        # The SDK's model of an error leaves them out, and has models for them apart.
        details = body["error"].pop("details", None)
        if body["error"]["type"] in UNMODELED:
            body["error"]["type"] = "invalid_request_error"
        yield "error", body
        if details is not None:
            yield "error details", details


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Generator[Emulator]:
    folder = tmp_path_factory.mktemp("locked")
    options = ["--api-key", "sk-the-one", "--rate-limit", "4", "--storage-limit", "1000"]
    with emulator(folder, *options, key="sk-the-one") as running:
        yield running


Complaints = Callable[[str, Replies], list[str]]


@pytest.fixture(scope="module")
def complaints() -> Generator[Complaints]:
    """Returns the validation errors of an SDK's models, each with its response. One process for each SDK."""
    with ExitStack() as stack:

        @cache
        def validator(version: str) -> "subprocess.Popen[str]":
            process = subprocess.Popen(
                [*isolated(f"anthropic=={version}"), str(HERE / "validate.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=clean_environment(),
            )
            return stack.enter_context(process)

        def complaints(version: str, replies: Replies) -> list[str]:
            process = validator(version)
            print(json.dumps(replies), file=process.stdin, flush=True)
            assert process.stdout
            found: list[list[str]] = json.loads(process.stdout.readline())
            return [f"{reply}: {each}" for reply, each in zip(replies, found, strict=True) if each]

        yield complaints


def nulls(value: Any) -> Iterator[str]:
    """The keys that hold a null, at any depth."""
    if isinstance(value, dict):
        for key, inner in cast(dict[str, Any], value).items():
            yield from [key] if inner is None else nulls(inner)
    elif isinstance(value, list):
        for inner in cast(list[Any], value):
            yield from nulls(inner)


def check(complaints: Complaints, version: str, replies: Replies) -> None:
    assert [(key, reply) for _, reply in replies for key in nulls(reply) if key not in SENT_WITH_NULL] == []
    assert complaints(version, replies) == []


def test_files_fit(live: Emulator, complaints: Complaints) -> None:
    check(complaints, NEWEST, list(of_files(live)))


def test_files_of_the_beta_fit(live: Emulator, complaints: Complaints) -> None:
    check(complaints, WITH_BETA_FILES, list(of_beta_files(live)))


def test_messages_and_their_events_fit(live: Emulator, complaints: Complaints) -> None:
    replies = list(of_messages(live))
    check(complaints, NEWEST, replies)
    kinds = {block["type"] for model, reply in replies if model == "message" for block in reply["content"]}
    assert kinds == {"text", "server_tool_use", "bash_code_execution_tool_result"}


def test_batches_and_their_results_fit(live: Emulator, complaints: Complaints) -> None:
    replies = list(of_batches(live))
    check(complaints, NEWEST, replies)
    assert {reply["result"]["type"] for model, reply in replies if model == "result"} >= {"succeeded", "errored"}


def test_errors_fit(live: Emulator, locked: Emulator, complaints: Complaints) -> None:
    check(complaints, NEWEST, list(of_errors(live, locked)))


def test_a_reply_that_does_not_fit_is_seen(live: Emulator, complaints: Complaints) -> None:
    file = ok(live.upload("a.txt", b"words"))
    wrong: Replies = [
        ("file", {**file, "more": 1}),
        ("file", {**file, "size_bytes": "5"}),
        ("file", {**file, "filename": None}),
        ("event", {"type": "ping"}),
    ]
    assert len(complaints(NEWEST, wrong)) == len(wrong)
    assert list(nulls({"a": [{"b": None}], "c": 1})) == ["b"]
