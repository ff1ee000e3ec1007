"""What the API's refusals become for an agent: each of its documented statuses and codes, and whatever else comes."""

import asyncio
import json
import logging
import random

import anyio
import httpx2
import pytest

from files_api_mcp.backends import errors
from files_api_mcp.backends.anthropic.api.errors import ApiFailure, error_from, failure_of, parsed
from files_api_mcp.backends.anthropic.api.http_client import ApiRequest, Reply, open_http_client, printable
from files_api_mcp.backends.errors import FilesError, NotFound, UpstreamBadReply
from tests.support.emulator import KEY, endpoint

pytestmark = pytest.mark.anyio

FILE = "file_011CNha8iCJcU1wXNR6q4V8w"


def read(status: int, body: object = None, raw: bytes | None = None, retry_after: str = "") -> ApiFailure:
    text = raw if raw is not None else json.dumps(body).encode()
    return failure_of(Reply(status, httpx2.Headers({"retry-after": retry_after}), text), secret=KEY)


def told(
    status: int, kind: str, code: str | None = None, message: str = "No.", file_id: str | None = FILE
) -> FilesError:
    details = {"details": {"error_code": code}} if code else {}
    body = {"type": "error", "error": {"type": kind, "message": message, **details}, "request_id": "req_1"}
    return error_from(read(status, body), file_id=file_id)


STATUSES = [
    (400, "invalid_request_error", "invalid_argument"),
    (401, "authentication_error", "authentication_failed"),
    (402, "billing_error", "billing"),
    (403, "permission_error", "permission_denied"),
    (404, "not_found_error", "not_found"),
    (408, "timeout_error", "upstream_overloaded"),
    (409, "conflict_error", "upstream_overloaded"),
    (412, "invalid_request_error", "upstream_bad_reply"),
    (413, "request_too_large", "file_too_large"),
    (422, "invalid_request_error", "invalid_argument"),
    (429, "rate_limit_error", "rate_limited"),
    (431, "invalid_request_error", "upstream_bad_reply"),
    (499, "api_error", "upstream_bad_reply"),
    (500, "api_error", "upstream_overloaded"),
    (501, "api_error", "upstream_overloaded"),
    (503, "api_error", "upstream_overloaded"),
    (504, "timeout_error", "upstream_overloaded"),
    (529, "overloaded_error", "upstream_overloaded"),
]
CODES = [
    (404, "not_found_error", "file_expired", "file_expired"),
    (400, "invalid_request_error", "file_not_downloadable", "not_downloadable"),
    (400, "invalid_request_error", "storage_quota_exceeded", "storage_full"),
    (403, "permission_error", "storage_quota_exceeded", "storage_full"),
    (400, "invalid_request_error", "cmek_key_disabled", "permission_denied"),
    (400, "invalid_request_error", "cmek_key_network_blocked", "permission_denied"),
    (503, "api_error", "cmek_key_unreachable", "upstream_overloaded"),
    (503, "api_error", "cmek_context_unavailable", "upstream_overloaded"),
    (400, "invalid_request_error", "organization_on_hold", "permission_denied"),
    (400, "invalid_request_error", "claude_code_key_creator_not_member", "permission_denied"),
    (400, "invalid_request_error", "request_body_encoding_invalid", "invalid_argument"),
    (400, "invalid_request_error", "request_body_encoding_unsupported", "invalid_argument"),
    (413, "request_too_large", "request_body_too_large_after_decoding", "file_too_large"),
    (429, "rate_limit_error", "contract_spend_limit_reached", "billing"),
    (429, "rate_limit_error", "enforced_spend_limit_reached", "billing"),
    (429, "rate_limit_error", "ramp_limit_exceeded", "rate_limited"),
    (402, "billing_error", "linked_organization_billing", "billing"),
    (400, "invalid_request_error", "a_code_of_next_year", "invalid_argument"),
    (404, "not_found_error", "a_code_of_next_year", "not_found"),
]
MESSAGES = [
    (400, "prompt is too long: 250000 tokens > 200000 maximum", "context_window_exceeded"),
    (400, "A maximum of 600 PDF pages may be provided.", "context_window_exceeded"),
    (400, "Unsupported document file format: application/octet-stream. Only PDF and plaintext documents are supported.",
     "invalid_argument"),
    (400, "File sources are not supported in the token counting endpoint.", "invalid_argument"),
    (400, "Invalid filename", "invalid_argument"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "kind", "code"), STATUSES)
def test_every_status_has_a_code_of_ours_and_says_what_to_do(status: int, kind: str, code: str) -> None:
    error = told(status, kind)
    assert error.code == code
    assert error.next_step


@pytest.mark.parametrize(("status", "kind", "theirs", "code"), CODES)
def test_a_code_of_theirs_says_more_than_the_status(status: int, kind: str, theirs: str, code: str) -> None:
    error = told(status, kind, theirs)
    assert error.code == code
    assert error.next_step


@pytest.mark.parametrize(("status", "message", "code"), MESSAGES)
def test_what_only_the_message_tells_is_read_from_it(status: int, message: str, code: str) -> None:
    assert told(status, "invalid_request_error", message=message).code == code


def test_no_status_at_all_is_without_an_error_of_ours() -> None:
    codes = {kind.code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, FilesError)}
    for status in [*range(300, 600), 600, 999]:
        for kind in ("", "not_found_error", "unheard_of"):
            error = told(status, kind)
            assert error.code in codes
            assert error.next_step


def test_only_the_apis_own_404_says_that_a_file_is_gone() -> None:
    assert isinstance(told(404, "not_found_error"), NotFound)
    assert FILE in told(404, "not_found_error").text
    for raw in (b"<html>404 Not Found</html>", b"", b"{}", b'{"error": "not_found_error"}', b'{"error":{"type":1}}'):
        assert isinstance(error_from(read(404, raw=raw), file_id=FILE), UpstreamBadReply)


def test_a_refusal_that_may_pass_says_when_to_come_again() -> None:
    body = {"error": {"type": "rate_limit_error", "message": "Slow."}}
    assert "in 8 seconds" in error_from(read(429, body, retry_after="7.2")).text
    assert "in a minute" in error_from(read(429, body)).text
    assert len(error_from(read(429, body, retry_after="1e308")).text) < 150


HOSTILE = {
    "nothing": b"",
    "html": b"<!DOCTYPE html><html><body>502 " + KEY.encode() + b"</body></html>",
    "huge": b'{"error":{"type":"api_error","message":"' + b"x" * 1_000_000 + b'"}}',
    "deep arrays": b"[" * 100_000,
    "deep objects": b'{"error":' * 50_000 + b"1" + b"}" * 50_000,
    "deep message": b'{"error":{"message":' + b"[" * 50_000 + b"]" * 50_000 + b"}}",
    "invalid utf-8": b'{"error":{"message":"\xff\xfe\x80"}}',
    "utf-16": json.dumps({"error": {"message": "No."}}).encode("utf-16"),
    "lone surrogate": b'{"error":{"type":"\\ud800","message":"\\udfff"}}',
    "a number": b"1",
    "an endless number": b"9" * 60_000,
    "null": b"null",
    "wrong types": b'{"error":{"type":[],"message":{"a":1},"details":"x"}}',
    "null details": b'{"error":{"type":null,"message":null,"details":{"error_code":null}}}',
    "nul": b'{"error":{"message":"a\\u0000b"}}',
    "cut": b'{"error":{"type":"api_err',
    "twice": b'{"error":1,"error":{"message":"No."}}',
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("status", [302, 400, 403, 429, 500])
def test_a_hostile_body_is_no_crash_and_its_text_is_short_and_printable(name: str, status: int) -> None:
    error = error_from(read(status, raw=HOSTILE[name]), file_id=FILE)
    assert len(error.text) < 600
    assert error.text.isprintable()
    assert KEY not in error.text


def test_control_and_direction_characters_of_a_message_do_not_reach_the_agent() -> None:
    error = told(400, "invalid_request_error", message="a\u202eb\x1b[31mc\nd\u200be\u2028f")
    assert '"a b [31mc d e f"' in error.text


@pytest.mark.parametrize("before", [0, 1, 250, *range(265, 305), 400])
@pytest.mark.parametrize("place", ["type", "message", "code"])
def test_the_key_is_in_no_error_wherever_the_server_repeats_it(place: str, before: int) -> None:
    echoed = "x" * before + KEY * 2
    for status in (400, 402, 403, 404, 429, 500):
        code = f"organization_{echoed}" if place == "code" else None
        error = {"type": "invalid_request_error", "message": "No.", "details": {"error_code": code}, place: echoed}
        failure = read(status, {"error": error})
        for text in (repr(failure), error_from(failure).text, error_from(failure, file_id=FILE).text):
            assert not any(KEY[start : start + 12] in text for start in range(len(KEY) - 11))


def test_half_of_the_key_is_not_left_where_a_text_is_cut() -> None:
    for before in range(310):
        shown = printable("x" * before + KEY, secret=KEY)
        assert "sk-" not in shown
        assert len(shown) <= 300


@pytest.mark.parametrize("request_id", ["req_011CQFYcrRp7mCHLDsAYT8Qt", "x" * 280 + KEY, KEY, "a\tb"])
async def test_the_request_id_is_in_the_log_and_the_key_is_not(
    request_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "files_api_mcp")

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 403 No\r\nrequest-id: {request_id}\r\nContent-Length: 0\r\n\r\n".encode())
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, open_http_client(endpoint(url)) as http:
        assert (await http.send(ApiRequest("GET", "/v1/files"), deadline=anyio.current_time() + 5)).status == 403
    (line,) = [record.getMessage() for record in caplog.records if record.name.startswith("files_api_mcp")]
    assert line.startswith(f"GET /v1/files: 403, request-id {request_id.replace(KEY, '***')[:4].replace(chr(9), ' ')}")
    assert KEY[:8] not in line
    assert line.isprintable()


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b'"x"', b"null", b"{", b"\xff", b"<html>", b"[" * 100_000, b"{}}"])
def test_a_success_without_a_json_object_is_a_bad_reply(body: bytes) -> None:
    with pytest.raises(UpstreamBadReply):
        parsed(Reply(200, httpx2.Headers(), body))


def test_random_bodies_never_crash_the_reader() -> None:
    chance = random.Random(3)
    alphabet = [
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b":",
        b",",
        b"error",
        b"message",
        b"type",
        b"\\u0000",
        b"\xc3",
        b"1e999",
        b"NaN",
    ]
    for _ in range(3000):
        raw = b"".join(chance.choices(alphabet, k=chance.randrange(30)))
        assert error_from(read(chance.choice([400, 404, 500]), raw=raw)).text
