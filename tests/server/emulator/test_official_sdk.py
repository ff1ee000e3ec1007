"""The official SDK, of three ages, finds in the emulator what it expects of the API; and what it cannot send is met.

The driver in `sdk/` runs in an environment of its own and says which of its checks passed.
"""

import contextlib
import hashlib
import http.client
import json
import signal
import subprocess
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import anyio
import pypdfium2  # pyright: ignore[reportMissingTypeStubs]  it ships none
import pytest

from tests.server.emulator.sdk.running import BETA, HERE, Emulator, emulator, multipart, start_driver
from tests.support.many_files import add_rows

pytestmark = pytest.mark.slow

DOCUMENTS = HERE.parents[3] / "examples" / "documents"
# More than the largest page.
SEEDED = 1100
CHECKS = 45
# By version, in how many ways the API is reached: by GA and beta names, each sync and async.
WAYS = {"2.11.0": 4, "0.124.0": 2, "0.97.0": 2}
KEY = "sk-the-one"
A_WHILE_S = 0.04

Drivers = dict[str, "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Generator[Emulator]:
    with emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Generator[Emulator]:
    with emulator(tmp_path_factory.mktemp("locked"), "--api-key", KEY, key=KEY) as running:
        yield running


def seed(live: Emulator, key: str) -> list[str]:
    """Upload a file, and add rows of many more; returns their ids, newest first."""
    kind, body = multipart("0.txt", b"file number 0")
    ids = [live.request("POST", "/v1/files", body, {"content-type": kind}, key=key).json()["id"]]
    workspace = live.data / "emulator" / "workspaces" / hashlib.sha256(key.encode()).hexdigest()[:24]
    ids += anyio.run(add_rows, workspace, [f"{number}.txt" for number in range(1, SEEDED)])
    assert len(set(ids)) == SEEDED
    return ids[::-1]


@pytest.fixture(scope="module")
def drivers(live: Emulator, locked: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Generator[Drivers]:
    """A driver for each SDK, all started at once, and the workspace filled meanwhile that their last checks list."""
    folder = tmp_path_factory.mktemp("drivers")
    ids = folder / "ids.json"
    surroundings = {"url": live.url, "seeded_key": "sk-seeded", "seeded_ids": str(ids)}
    surroundings |= {"locked_url": locked.url, "locked_key": KEY}
    started = {version: start_driver(version, surroundings, folder) for version in WAYS}
    try:
        written = folder / "ids.json.new"
        written.write_text(json.dumps(seed(live, "sk-seeded")))
        written.rename(ids)
        yield started
    finally:
        for process in started.values():
            process.kill()
            process.communicate()


def texts_of_pages(path: Path) -> list[str]:
    document: Any
    with pypdfium2.PdfDocument(path) as document:
        return [page.get_textpage().get_text_bounded() for page in document]


@pytest.mark.parametrize("version", WAYS)
def test_the_official_sdk_finds_the_api(drivers: Drivers, version: str) -> None:
    output, errors = drivers[version].communicate(timeout=300)
    assert drivers[version].returncode == 0, errors
    said: dict[str, Any] = json.loads(output)
    assert not said["failed"], "\n".join(f"{name}\n{trace}" for name, trace in said["failed"].items())
    assert said["sdk"] == version
    assert len(said["passed"]) == CHECKS * WAYS[version]
    pages = texts_of_pages(DOCUMENTS / "annual-report.pdf")
    assert said["facts"]
    for citation in said["facts"]:
        cited = "".join(pages[citation["start_page_number"] - 1 : citation["end_page_number"] - 1])
        assert " ".join(citation["cited_text"].split()) in " ".join(cited.split())


@pytest.mark.parametrize("headers", [{"x-api-key": KEY}, {"authorization": f"Bearer {KEY}"}], ids=str)
def test_the_key_may_come_in_either_header(locked: Emulator, headers: dict[str, str]) -> None:
    assert locked.request("GET", "/v1/files", headers={"x-api-key": "", **headers}).status == 200
    wrong = {name: f"{value}x" for name, value in headers.items()}
    assert locked.request("GET", "/v1/files", headers={"x-api-key": "", **wrong}).error()[0] == "authentication_error"


CREDENTIALS = [{}, {"authorization": ""}, {"authorization": "Bearer "}, {"authorization": "Basic c2s6"}]


@pytest.mark.parametrize("headers", CREDENTIALS, ids=str)
@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/v1/files"),
        ("POST", "/v1/files"),
        ("GET", "/v1/files/file_1"),
        ("GET", "/v1/files/file_1/content"),
        ("DELETE", "/v1/files/file_1"),
        ("POST", "/v1/messages"),
        ("POST", "/v1/messages/count_tokens"),
        ("POST", "/v1/messages/batches"),
        ("GET", "/v1/messages/batches"),
        ("GET", "/v1/messages/batches/msgbatch_1/results"),
        ("POST", "/v1/messages/batches/msgbatch_1/cancel"),
    ],
)
def test_nothing_is_told_without_a_key(live: Emulator, method: str, target: str, headers: dict[str, str]) -> None:
    reply = live.request(method, target, headers={"x-api-key": "", **headers})
    assert reply.status == 401
    assert reply.error()[0] == "authentication_error"


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [("GET", "/v1/nothing", 404), ("GET", "/", 404), ("GET", "/v1/files/", 404), ("PUT", "/v1/files", 405)],
)
def test_what_does_not_exist_is_refused_in_the_envelope(live: Emulator, method: str, target: str, status: int) -> None:
    reply = live.request(method, target)
    assert reply.status == status
    reply.error()


def test_headers_name_the_request_and_whose_it_is(live: Emulator) -> None:
    replies = [live.request("GET", "/v1/files", key=key) for key in ("sk-one", "sk-one", "sk-two")]
    workspaces = [reply.headers["anthropic-workspace-id"] for reply in replies]
    assert workspaces[0].startswith("wrkspc_")
    assert workspaces[0] == workspaces[1] != workspaces[2]
    assert len({reply.headers["request-id"] for reply in replies}) == 3
    assert "anthropic-workspace-id" not in live.request("GET", "/v1/files", headers={"x-api-key": ""}).headers


def test_requests_over_one_connection_do_not_wait_for_each_other(live: Emulator) -> None:
    """A reply in two segments, the second held back until the first is acknowledged, takes 40 ms."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", live.port, timeout=300)) as connection:
        seconds: list[float] = []
        for _ in range(30):
            began = time.monotonic()
            connection.request("GET", "/v1/files", headers={"x-api-key": live.key, "anthropic-version": "2023-06-01"})
            connection.getresponse().read()
            seconds.append(time.monotonic() - began)
    # A client acknowledges the first segments of a connection at once, so only the later replies show the wait.
    assert min(seconds[20:]) < A_WHILE_S


def test_managed_agents_get_both_shapes(live: Emulator) -> None:
    ids = [live.upload(f"{number}.txt", b"words", "text/plain").json()["id"] for number in range(3)]
    managed = {"anthropic-beta": "managed-agents-2026-04-01"}
    body = live.request("GET", f"/v1/files?limit=1&after_id={ids[2]}", headers=managed).json()
    assert set(body) == {"data", "next_page", "has_more", "first_id", "last_id"}
    assert [file["id"] for file in body["data"]] == [body["first_id"]] == [body["last_id"]] == [ids[1]]
    assert "expires_at" in body["data"][0]
    assert live.request("GET", f"/v1/files?after_id={ids[2]}&page=page_1", headers=managed).status == 400


def test_more_than_a_file_may_hold_is_refused_before_it_is_sent(live: Emulator) -> None:
    kind, body = multipart("huge.bin", b"the first bytes of many")
    headers = {"content-type": kind, "content-length": "600000001"}
    reply = live.request("POST", "/v1/files", body, headers)
    assert reply.status == 413
    assert reply.error()[0] == "request_too_large"
    live.assert_alive()


@pytest.mark.parametrize("target", ["/v1/messages", "/v1/messages/count_tokens", "/v1/messages/batches"])
def test_larger_requests_than_the_api_takes_are_refused_before_they_are_sent(live: Emulator, target: str) -> None:
    headers = {"content-type": "application/json", "content-length": "268435457"}
    reply = live.request("POST", target, b'{"model": "', headers)
    assert reply.status == 413
    assert reply.error()[0] == "request_too_large"


def test_the_old_shape_requires_a_type_of_the_part_and_the_new_one_detects_it(live: Emulator) -> None:
    for name, content, detected in (
        ("a.txt", b"plain words", "text/plain"),
        ("b.pdf", (DOCUMENTS / "annual-report.pdf").read_bytes(), "application/pdf"),
        ("c.png", (DOCUMENTS / "terminal-plan.png").read_bytes(), "image/png"),
    ):
        kind, body = multipart(name, content, None)
        assert live.request("POST", "/v1/files", body, {"content-type": kind}).json()["mime_type"] == detected
        reply = live.request("POST", "/v1/files", body, {"content-type": kind, **BETA})
        assert reply.status == 400
        assert reply.error()[0] == "invalid_request_error"


@pytest.mark.parametrize("name", ["a\x01b.txt", "a\tb.txt", "a\x1fb", "x" * 256, "a|b"])
def test_names_that_the_sdk_would_not_send_are_refused_too(live: Emulator, name: str) -> None:
    reply = live.upload(name, b"words")
    assert reply.status == 400
    assert reply.error()[0] == "invalid_request_error"


def test_expiry_may_stand_before_or_after_the_file(live: Emulator) -> None:
    field = b'Content-Disposition: form-data; name="expires_in_seconds"\r\n\r\n3600'
    kind, before = multipart("a.txt", b"words", "text/plain", field)
    boundary = before.partition(b"\r\n")[0]
    file_part = before.split(boundary)[2]
    after = boundary + file_part + boundary + b"\r\n" + field + b"\r\n" + boundary + b"--\r\n"
    for body in (before, after):
        assert live.request("POST", "/v1/files", body, {"content-type": kind}).json()["expires_at"]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=str)
def test_the_emulator_ends_clean_when_told(tmp_path: Path, how: signal.Signals) -> None:
    with emulator(tmp_path) as running:
        assert running.upload("a.txt", b"words").status == 200
        running.process.send_signal(how)
        assert running.process.wait(5) == 0
    assert [path for path in tmp_path.rglob("spool/**/*") if path.is_file()] == []
