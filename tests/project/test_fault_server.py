"""The fault server does what its modes say, so that no test hides a fault of a client."""

import json
import zlib
from collections.abc import AsyncGenerator, Callable
from typing import Any

import httpx2
import pytest

from tests.support.fault_server.modes import MODES
from tests.support.fault_server.server import FaultServer, fault_server
from tests.support.fault_server.visitors import HEADERS, IMPATIENT, SHA, TEXT, opened_client, upload

pytestmark = pytest.mark.anyio

Predicate = Callable[[httpx2.Response], bool]


@pytest.fixture
async def faults() -> AsyncGenerator[FaultServer]:
    async with fault_server() as server:
        yield server


@pytest.fixture
async def client() -> AsyncGenerator[httpx2.AsyncClient]:
    async with opened_client() as opened:
        yield opened


def body_is(value: object) -> Predicate:
    return lambda reply: reply.status_code == 200 and reply.json() == value


def error_is(status: int, kind: str, code: str | None = None) -> Predicate:
    def holds(reply: httpx2.Response) -> bool:
        error = reply.json()["error"]
        return (reply.status_code, error["type"], error.get("details", {}).get("error_code")) == (status, kind, code)

    return holds


def field_is(name: str, check: Callable[[Any], bool]) -> Predicate:
    return lambda reply: reply.status_code == 200 and check(reply.json()[name])


def is_metadata(reply: httpx2.Response) -> bool:
    told = reply.json()
    return reply.status_code == 200 and told["size_bytes"] == len(TEXT) and told["id"].startswith("file_")


def no_json(reply: httpx2.Response) -> bool:
    with pytest.raises(ValueError):  # noqa: PT011 - json and Unicode errors are both meant
        reply.json()
    return reply.status_code == 200


FAULTY_REPLIES: dict[str, type[Exception] | Predicate] = {
    "commit_then_500": error_is(500, "api_error"),
    "commit_then_502": error_is(502, "api_error"),
    "commit_then_503": error_is(503, "api_error"),
    "commit_then_504": error_is(504, "timeout_error"),
    "commit_then_529": error_is(529, "overloaded_error"),
    "commit_then_408": error_is(408, "timeout_error"),
    "commit_then_409": error_is(409, "conflict_error"),
    "commit_then_reset": httpx2.ReadError,
    "commit_then_close": httpx2.RemoteProtocolError,
    "commit_then_hang": httpx2.ReadTimeout,
    "commit_then_half_headers": httpx2.ReadError,
    "truncated_json": httpx2.RemoteProtocolError,
    "cut_json": no_json,
    "html_200": no_json,
    "empty_object": body_is({}),
    "empty_body": no_json,
    "wrong_size": field_is("size_bytes", lambda size: size == len(TEXT) - 1),
    "wrong_name": field_is("filename", lambda name: name == "something-else.pdf"),
    "wrong_id": field_is("id", lambda told: told == 12345),
    "wrong_id~null": field_is("id", lambda told: told is None),
    "wrong_id~empty": field_is("id", lambda told: told == ""),
    "wrong_id~traversal": field_is("id", lambda told: "/../" in told),
    "wrong_id~words": field_is("id", lambda told: " " in told),
    "wrong_id~long": field_is("id", lambda told: len(told) > 100_000),
    "wrong_id~list": field_is("id", lambda told: isinstance(told, list)),
    "list_instead": field_is("data", lambda data: len(data) == 1),
    "json_array": lambda reply: isinstance(reply.json(), list),
    "latin1_body": no_json,
    "slow_loris": httpx2.ReadTimeout,
    "slow_headers": httpx2.ReadTimeout,
    "chunked_reply": lambda reply: is_metadata(reply) and "content-length" not in reply.headers,
    "http10_reply": lambda reply: is_metadata(reply) and reply.http_version == "HTTP/1.0",
    "bad_content_length": httpx2.RemoteProtocolError,
    "extra_bytes_after": is_metadata,
    "extra_reply_after": is_metadata,
    "wrong_status_line": httpx2.RemoteProtocolError,
    "100_continue": is_metadata,
    "ok": is_metadata,
    "no_date": lambda reply: is_metadata(reply) and "date" not in reply.headers,
    "idle_close": is_metadata,
    "stale_reset": is_metadata,
}


@pytest.mark.parametrize("mode", FAULTY_REPLIES)
async def test_the_file_is_committed_once_and_only_the_first_reply_is_wrong(
    faults: FaultServer, client: httpx2.AsyncClient, mode: str
) -> None:
    expected = FAULTY_REPLIES[mode]
    if isinstance(expected, type):
        client.timeout = IMPATIENT if expected is httpx2.ReadTimeout else client.timeout
        with pytest.raises(expected):
            await upload(client, faults.url(mode))
    else:
        assert expected(await upload(client, faults.url(mode)))
    (file,) = faults.state(mode).committed
    assert (file.filename, file.size_bytes, file.sha256, file.mime_type) == ("a.txt", len(TEXT), SHA, "text/plain")
    async with httpx2.AsyncClient(headers=HEADERS, trust_env=False, verify=False) as again:
        page = (await again.get(f"{faults.url(mode)}/v1/files")).json()
    assert [each["id"] for each in page["data"]] == [file.id]
    async with httpx2.AsyncClient(headers=HEADERS, trust_env=False, verify=False) as again:
        assert is_metadata(await upload(again, faults.url(mode)))
    assert (faults.state(mode).posts, faults.state(mode).commits) == (2, 2)


NOTHING_COMMITTED: dict[str, type[Exception] | Predicate] = {
    "reset_mid_body": httpx2.ReadError,
    "close_mid_body": httpx2.RemoteProtocolError,
    "early_413_then_drain": lambda reply: reply.status_code == 413,
    "refuse_500": error_is(500, "api_error"),
    "refuse_503_then_ok": error_is(503, "api_error"),
    "529_then_ok": error_is(529, "overloaded_error"),
    "retry_after~86400": lambda reply: reply.status_code == 429 and reply.headers["retry-after"] == "86400",
    "retry_after~-1": lambda reply: reply.headers["retry-after"] == "-1",
    "retry_after~garbage": lambda reply: reply.headers["retry-after"] == "garbage",
    "retry_after~Wed, 21 Oct 2026 07:28:00 GMT": lambda reply: reply.headers["retry-after"].endswith("07:28:00 GMT"),
    "retry_after~date": lambda reply: reply.headers["retry-after"].endswith(" GMT"),
    "retry_after~past": lambda reply: reply.headers["retry-after"].endswith(" GMT"),
    "retry_after~empty": lambda reply: reply.headers["retry-after"] == "",
    "retry_after~none": lambda reply: reply.status_code == 429 and "retry-after" not in reply.headers,
    "retry_after_ms~250": lambda reply: reply.headers["retry-after-ms"] == "250",
    "429_always": error_is(429, "rate_limit_error"),
    "spend_cap_429": error_is(429, "rate_limit_error", "enforced_spend_limit_reached"),
    "redirect_same": lambda reply: reply.status_code == 302 and ":" in reply.headers["location"],
    "redirect_other": lambda reply: reply.status_code == 302,
    "redirect_307_other": lambda reply: reply.status_code == 307,
    "status~402": error_is(402, "billing_error"),
    "error_code~400~invalid_request_error~storage_quota_exceeded": error_is(
        400, "invalid_request_error", "storage_quota_exceeded"
    ),
    "non_json_error~502": lambda reply: reply.status_code == 502 and reply.text.startswith("<!DOCTYPE"),
    "huge_error": lambda reply: reply.status_code == 500 and len(reply.content) > 100_000_000,
}
ONCE = {name for name in NOTHING_COMMITTED if MODES[name.partition("~")[0]].times == 1}


@pytest.mark.parametrize("mode", NOTHING_COMMITTED)
async def test_nothing_is_committed(faults: FaultServer, client: httpx2.AsyncClient, mode: str) -> None:
    expected = NOTHING_COMMITTED[mode]
    if isinstance(expected, type):
        with pytest.raises(expected):
            await upload(client, faults.url(mode))
    else:
        assert expected(await upload(client, faults.url(mode)))
    assert (faults.state(mode).posts, faults.state(mode).commits) == (1, 0)
    if mode in ONCE:
        assert is_metadata(await upload(client, faults.url(mode)))
    assert faults.other_connections == 0


def test_every_mode_of_an_upload_is_tried_here() -> None:
    tried = {name.partition("~")[0] for name in (*FAULTY_REPLIES, *NOTHING_COMMITTED)}
    apart = {"huge_body", "gzip_bomb", "late_commit", "foreign_id", "early_413", "early_413_json", "early_401"}
    assert {name for name, mode in MODES.items() if mode.endpoint == "upload"} == tried | apart


async def test_a_gzip_bomb_is_a_valid_reply_of_a_gibibyte(faults: FaultServer, client: httpx2.AsyncClient) -> None:
    async with client.stream("POST", f"{faults.url('gzip_bomb')}/v1/files", files={"file": ("a.txt", TEXT)}) as reply:
        packed = b"".join([block async for block in reply.aiter_raw()])
    assert len(packed) < 1_100_000
    inflater, size, end = zlib.decompressobj(wbits=31), 0, b""
    block = inflater.decompress(packed, 2**24)
    while block:
        size, end = size + len(block), block[-1000:]
        block = inflater.decompress(inflater.unconsumed_tail, 2**24)
    assert inflater.eof  # so the checksum is right
    assert size > 2**30
    assert json.loads(end.strip())["filename"] == "a.txt"


async def test_a_huge_body_comes_for_as_long_as_it_is_read(faults: FaultServer, client: httpx2.AsyncClient) -> None:
    async with client.stream("POST", f"{faults.url('huge_body')}/v1/files", files={"file": ("a.txt", TEXT)}) as reply:
        assert reply.headers["content-length"] == str(2**30)
        size = 0
        async for block in reply.aiter_raw():
            size += len(block)
            if size > 2**22:
                break
    assert faults.state("huge_body").commits == 1


async def test_a_late_commit_is_not_listed_at_first(faults: FaultServer, client: httpx2.AsyncClient) -> None:
    with pytest.raises(httpx2.ReadError):
        await upload(client, faults.url("late_commit~3600"))
    state = faults.state("late_commit~3600")
    file = state.committed[0]
    url = faults.url("late_commit~3600") + "/v1/files"
    assert (await client.get(url)).json()["data"] == []
    assert (await client.get(f"{url}/{file.id}")).status_code == 404
    file.listed_from = 0
    assert (await client.get(f"{url}/{file.id}")).status_code == 200
    assert len((await client.get(url)).json()["data"]) == 1


async def test_a_foreign_id_is_that_of_the_file_before(faults: FaultServer, client: httpx2.AsyncClient) -> None:
    told = (await upload(client, faults.url("foreign_id"))).json()
    seeded, own = faults.state("foreign_id").files
    assert (told["id"], told["size_bytes"]) == (seeded, len(TEXT))
    told = (await upload(client, faults.url("foreign_id"), b"other")).json()
    assert told["id"] == own
