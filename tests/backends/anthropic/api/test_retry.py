"""What is sent again, after how long, and how often: against a server whose every reply is written out here."""

import asyncio
import json
import random
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import anyio
import httpx2
import pytest

from files_api_mcp.backends.anthropic.api.errors import ApiFailure, retry_after_s
from files_api_mcp.backends.anthropic.api.http_client import ApiRequest, Reply, open_http_client
from files_api_mcp.backends.anthropic.api.rate_limit import RateLimiter
from files_api_mcp.backends.anthropic.api.retry import ATTEMPTS, GoneOnRetry, RetryBudget, RetryingSender, retry_delay_s
from files_api_mcp.backends.errors import FilesError, NotFound, UpstreamBadReply
from tests.support.emulator import KEY, endpoint, opened
from tests.support.fault_server.state import ModeState
from tests.support.snapshots import freeze_bytes, text_file

pytestmark = pytest.mark.anyio

GET = ApiRequest("GET", "/v1/files")
DELETE = ApiRequest("DELETE", "/v1/files/file_1")
RETRIED = [408, 409, 429, 500, 501, 502, 503, 504, 520, 529, 599]
FINAL = [300, 301, 302, 307, 308, 400, 401, 402, 403, 404, 405, 406, 412, 413, 415, 418, 422, 425, 431, 451, 499]
RESET, HANG = b"reset", b"hang"


def reply(status: int, body: object = None, **headers: str) -> bytes:
    text = b"" if body is None else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(text)}", *(f"{n}: {v}" for n, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).replace("_", "-").encode() + text


def refusal(status: int, kind: str = "api_error", code: str | None = None, **headers: str) -> bytes:
    details = {"details": {"error_code": code}} if code else {}
    return reply(status, {"type": "error", "error": {"type": kind, "message": "No.", **details}}, **headers)


class Script:
    """Gives its replies one after the other, and the last one from then on; notes when it was asked."""

    def __init__(self, replies: list[bytes]) -> None:
        self.replies = replies
        self.asked: list[float] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                said = self.replies[min(len(self.asked), len(self.replies) - 1)]
                self.asked.append(time.monotonic())
                if said == RESET:
                    writer.transport.abort()
                elif said != HANG:
                    writer.write(said)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@asynccontextmanager
async def scripted(
    *replies: bytes, limiter: RateLimiter | None = None
) -> AsyncGenerator[tuple[Script, RetryingSender]]:
    script = Script(list(replies))
    async with await asyncio.start_server(script.serve, "127.0.0.1", 0) as server:
        script.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with open_http_client(endpoint(script.url)) as http:
            yield script, RetryingSender(http, limiter)


async def failure_of(sender: RetryingSender, request: ApiRequest = GET, within: float = 5.0) -> FilesError:
    """The error of a request, which ends at its deadline and does not contain the key."""
    with anyio.fail_after(within + 60), pytest.raises(FilesError) as caught:
        await sender.send(request, deadline=anyio.current_time() + within, file_id="file_1")
    assert KEY not in caught.value.text
    return caught.value


@pytest.mark.parametrize("status", RETRIED)
async def test_what_may_pass_is_asked_three_times(status: int) -> None:
    async with scripted(refusal(status, retry_after="0")) as (script, sender):
        error = await failure_of(sender)
        assert error.code == ("rate_limited" if status == 429 else "upstream_overloaded")
        assert len(script.asked) == ATTEMPTS
        script.replies = [reply(200, {})]
        assert (await sender.send(GET, deadline=anyio.current_time() + 5)).status == 200


@pytest.mark.parametrize("status", FINAL)
async def test_what_will_not_pass_is_asked_once(status: int) -> None:
    async with scripted(refusal(status, retry_after="0", location="http://127.0.0.2:1/")) as (script, sender):
        await failure_of(sender)
        assert len(script.asked) == 1


@pytest.mark.parametrize("code", ["enforced_spend_limit_reached", "contract_spend_limit_reached"])
async def test_a_spend_limit_is_not_waited_for_although_its_status_is_429(code: str) -> None:
    async with scripted(refusal(429, "rate_limit_error", code, retry_after="0")) as (script, sender):
        assert (await failure_of(sender)).code == "billing"
        assert len(script.asked) == 1


async def test_a_refusal_counts_by_its_status_where_its_body_cannot_be_read() -> None:
    for encoding in ("br", "gzip"):
        async with scripted(refusal(401, content_encoding=encoding)) as (script, sender):
            assert (await failure_of(sender)).code == "authentication_failed"
            assert len(script.asked) == 1


async def test_a_reply_that_its_reader_refuses_is_asked_for_again() -> None:
    def has_data(got: Reply) -> None:
        if got.body != b'{"data": []}':
            raise UpstreamBadReply("no")

    async with scripted(reply(200, {}), reply(200, []), reply(200, {"data": []})) as (script, sender):
        await sender.send(GET, deadline=anyio.current_time() + 20, check=has_data)
        assert len(script.asked) == 3


GONE = refusal(404, "not_found_error")


@pytest.mark.parametrize(
    ("replies", "gone_on_repeat"),
    [
        ([GONE], False),
        ([refusal(429, retry_after="0"), GONE], False),
        ([RESET, GONE], True),
        ([refusal(500, retry_after="0"), GONE], True),
        ([refusal(409, retry_after="0"), GONE], True),
        ([refusal(500, retry_after="0"), refusal(429, retry_after="0"), GONE], True),
    ],
)
async def test_gone_counts_as_done_by_us_only_if_an_earlier_attempt_may_have_done_it(
    replies: list[bytes], gone_on_repeat: bool
) -> None:
    async with scripted(*replies) as (_, sender):
        error = await failure_of(sender, DELETE)
        assert isinstance(error, NotFound)
        assert isinstance(error, GoneOnRetry) == gone_on_repeat


@pytest.mark.parametrize("said", [RESET, HANG, refusal(500, retry_after="0"), reply(200, "x" * 2_000_000)])
async def test_a_deletion_that_may_have_happened_is_never_said_to_have_changed_nothing(said: bytes) -> None:
    async with scripted(said) as (_, sender):
        text = (await failure_of(sender, DELETE, within=0.5)).text
        assert "Nothing was changed" not in text
        assert "not known" in text
        assert "not known" not in (await failure_of(sender, GET, within=0.5)).text


async def test_a_refused_deletion_is_said_to_have_changed_nothing() -> None:
    async with scripted(refusal(429, "rate_limit_error", retry_after="60")) as (_, sender):
        assert "Nothing was changed. Call again in 60 seconds" in (await failure_of(sender, DELETE)).text


async def test_a_retry_that_finds_no_turn_tells_why_it_was_needed(tmp_path: Path) -> None:
    async with scripted(RESET, limiter=RateLimiter(tmp_path / "pace", 1)) as (script, sender):
        error = await failure_of(sender, DELETE)
        assert error.code == "upstream_unreachable"
        assert "not known" in error.text
        assert len(script.asked) == 1
        assert (await failure_of(sender, DELETE)).code == "busy"


@pytest.mark.parametrize("replies", [[HANG], [refusal(503)], [refusal(529, retry_after="1")], [RESET]])
@pytest.mark.parametrize("within", [0.0, 0.3])
async def test_no_call_outlives_its_deadline(replies: list[bytes], within: float) -> None:
    async with scripted(*replies) as (_, sender):
        await failure_of(sender, within=within)


async def test_a_wait_beyond_the_deadline_is_told_at_once() -> None:
    async with scripted(refusal(429, "rate_limit_error", retry_after="86400")) as (script, sender):
        with anyio.fail_after(60):
            assert "86400 seconds" in (await failure_of(sender, within=600)).text
        assert len(script.asked) == 1


async def test_the_server_s_wait_is_kept_to_and_then_asked_again() -> None:
    async with scripted(refusal(429, retry_after_ms="400"), reply(200, {})) as (script, sender):
        await sender.send(GET, deadline=anyio.current_time() + 5)
        assert 0.38 < script.asked[1] - script.asked[0] < 1


async def test_nobody_listening_is_tried_again_and_then_told() -> None:
    async with scripted(reply(200)) as (script, _):
        url = script.url
    async with open_http_client(endpoint(url)) as http:
        assert (await failure_of(RetryingSender(http, None), DELETE)).code == "upstream_unreachable"


async def test_in_an_outage_retries_add_little_and_successes_earn_them_back() -> None:
    async with scripted(refusal(500, retry_after="0")) as (script, sender):
        for _ in range(60):
            await failure_of(sender)
        assert len(script.asked) == 60 + 500 // 14
        asked = len(script.asked)
        await failure_of(sender)
        assert len(script.asked) == asked + 1
        script.replies = [reply(200, {})]
        for _ in range(14):
            await sender.send(GET, deadline=anyio.current_time() + 5)
        assert sender.budget.spend()
        assert not sender.budget.spend()


def test_the_budget_is_never_more_than_full_nor_less_than_empty() -> None:
    budget = RetryBudget()
    for _ in range(1000):
        budget.earn()
    assert [budget.spend(throttled=True) for _ in range(200)].count(True) == 100


@pytest.mark.parametrize(("status", "base"), [(None, 0.5), (503, 0.5), (529, 0.5), (429, 1.0)])
def test_pauses_are_spread_over_the_whole_of_a_span_that_doubles(status: int | None, base: float) -> None:
    random.seed(1)
    failure = None if status is None else ApiFailure(status, "", "", "", None)
    for attempt, longest in [(0, base), (1, base * 2), (2, base * 4), (5, min(20, base * 32)), (60, 20), (1000, 20)]:
        pauses = [retry_delay_s(attempt, failure) for _ in range(500)]
        assert min(pauses) >= 0
        assert max(pauses) <= longest
        assert max(pauses) > 0.9 * longest
        assert min(pauses) < 0.1 * longest


NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
YEAR_S = 366 * 86400.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "5"}, 5.0),
        ({"retry-after": " 0.25 "}, 0.25),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "NaN"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "5, 10"}, None),
        ({"retry-after": "1e308"}, YEAR_S),
        ({"retry-after": "9" * 300}, YEAR_S),
        ({"retry-after": "9" * 4000}, None),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1e308"}, YEAR_S),
        ({"retry-after-ms": "-5", "retry-after": "7"}, 7.0),
        ({"retry-after-ms": "nan", "retry-after": "7"}, 7.0),
        ({"retry-after-ms": "100", "retry-after": "7"}, 0.1),
        ({"retry-after": format_datetime(NOW + timedelta(seconds=90), usegmt=True)}, 90.0),
        ({"retry-after": format_datetime(NOW - timedelta(days=9), usegmt=True)}, 0.0),
        ({"retry-after": "Fri, 20 Nov 2026 13:01:00 +0100"}, 60.0),
        ({"retry-after": "Friday, 20-Nov-26 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 -2359"}, YEAR_S),
        ({"retry-after": "Fri, 01 Jan 0001 00:00:00 +2359"}, 0.0),
        ({"retry-after": "Fri, 01 Jan 99999 00:00:00 GMT"}, None),
        ({"retry-after": "Fri, 20 Nov 2026 12:00:00 +999999"}, None),
    ],
)
def test_the_server_s_wait_is_read_by_its_own_clock_and_nonsense_is_none(
    headers: dict[str, str], seconds: float | None
) -> None:
    said = Reply(429, httpx2.Headers({"date": format_datetime(NOW, usegmt=True), **headers}), b"")
    assert retry_after_s(said) == seconds


async def test_an_interim_reply_in_two_pieces_does_not_end_an_upload(tmp_path: Path) -> None:
    content = b"What is sent, whole. " * 200_000
    stored = ModeState.seeded(1, datetime.now(UTC))
    stored.filename, stored.size_bytes = "big.txt", len(content)
    posts: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"POST"):
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            posts.append(length)
            writer.write(b"HTTP/1.1 103 Early H")
            await reader.readexactly(length // 2)
            writer.write(b"ints\r\nlink: </x>\r\n\r\n")
            await reader.readexactly(length - length // 2)
        writer.write(reply(200, stored.metadata(), connection="close"))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, opened(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", tmp_path / "data") as workspace:
        uploaded = await workspace.files.upload(freeze_bytes(tmp_path / "frozen", content), text_file("big.txt"))
    assert uploaded.record.id == stored.id
    assert len(posts) == 1
