"""The table of upstream failures: what a server answers, and what is said of it."""

import json
from dataclasses import dataclass
from typing import Any

from tests.support.scripted_api import START, begun, stream

__all__ = ["INVALID", "LISTED", "ROWS", "Row", "refusal", "reply"]

CHECK_URL = "Ask the operator to check --base-url and ANTHROPIC_BASE_URL."
LOGIN_PAGE = f"{CHECK_URL[:-1]}: a login page or another API may be there."
LATER = "Nothing was changed. Call again in a minute."
AGAIN = "Call again. If it fails again, the operator should check the base URL."
LIMITS = "Wait until it renews, or ask the operator to raise it in the Console."
ACCOUNT = "Ask the operator to check the account in the Console, or to use another key."
MODEL = "Ask the operator to check --model."


@dataclass(frozen=True)
class Row:
    """What a server answers, and what we want to be said. `retried`: the request is sent again. `logged`: the detail in
    the log. `doctor` None: `doctor` cannot see it. `way` is how the server is reached."""

    reply: bytes
    code: str
    sentence: str
    next_step: str
    retried: bool = False
    logged: str = ""
    asks: bool = False
    doctor: str | None = "the same"
    way: str = "http"


def reply(status: int, body: bytes, kind: str = "application/json", *headers: str) -> bytes:
    lines = [
        f"HTTP/1.1 {status} X",
        f"content-type: {kind}",
        f"content-length: {len(body)}",
        "retry-after: 0",
        *headers,
    ]
    return "\r\n".join([*lines, "request-id: req_1", "", ""]).encode() + body


def refusal(status: int, kind: str, message: str, code: str | None = None) -> bytes:
    details = {"details": {"error_code": code}} if code else {}
    return reply(status, json.dumps({"type": "error", "error": {"type": kind, "message": message, **details}}).encode())


def given(body: object, status: int = 200) -> bytes:
    return reply(status, json.dumps(body).encode())


INVALID, LIMITED = "invalid_request_error", "rate_limit_error"
CREDIT = "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade."
USAGE = "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC."
TOO_MANY = "This request would exceed the rate limit for your organization of 30,000 input tokens per minute."
HTML = b"<!DOCTYPE html><html><form>Log in</form></html>"
LISTED = b'{"data": [], "next_page": null}'
EVENTS = stream([START, begun(0, {"type": "text", "text": ""})])
OVERLOADED = b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'
OPENAI: dict[str, Any] = {"object": "list", "data": []}
LITELLM = {
    "error": {
        "message": "Authentication Error, Invalid proxy server token passed",
        "type": "auth_error",
        "param": "None",
        "code": "401",
    }
}
HTTP2 = b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64\x00\x04\x00\x10\x00\x00\x00\x06\x00\x01\x00\x00"
CUT = reply(200, LISTED + b" " * 50)[:-40]
BAD_GZIP = reply(200, b"\x1f\x8b\x08garbage", "application/json", "content-encoding: gzip")

ROWS = {
    "low credit": Row(refusal(400, INVALID, CREDIT), "billing",
        "The credit balance of the Anthropic account is too low.",
        "Ask the operator to buy credit in the Console.", logged="status 400, request-id req_1", asks=True),
    "low credit, as 402": Row(refusal(402, "billing_error", CREDIT), "billing",
        "The credit balance of the Anthropic account is too low.", "Ask the operator to buy credit in the Console.",
        logged="status 402", asks=True),
    "usage limit": Row(refusal(400, INVALID, USAGE), "billing",
        f'A usage limit of the Anthropic account is reached: "{USAGE}"', LIMITS, logged="status 400", asks=True),
    "usage limit, as 429 without a code": Row(refusal(429, LIMITED, USAGE), "billing",
        f'A usage limit of the Anthropic account is reached: "{USAGE}"', LIMITS, logged="status 429", asks=True),
    "spend limit": Row(refusal(429, LIMITED, "No.", "enforced_spend_limit_reached"), "billing",
        'A spend limit of the Anthropic account is reached: "No."',
        "Ask the operator to check the plan and spend limits of the Anthropic account.", logged="status 429",
        asks=True),
    "disabled organization": Row(refusal(400, INVALID, "This organization has been disabled."), "permission_denied",
        'The organization or workspace of the key is disabled: "This organization has been disabled."', ACCOUNT,
        logged="status 400"),
    "archived workspace": Row(refusal(403, "permission_error", "The workspace is archived."), "permission_denied",
        'The organization or workspace of the key is disabled: "The workspace is archived."', ACCOUNT,
        logged="status 403"),
    "archived key": Row(refusal(401, "authentication_error", "This API key has been disabled."),
        "authentication_failed", "The key is archived or disabled.",
        "Ask the operator to create a new key in the Console and restart the server.",
        logged="status 401"),
    "invalid key": Row(refusal(401, "authentication_error", "invalid x-api-key"), "authentication_failed",
        "The API rejected the key.", "Ask the operator to check ANTHROPIC_API_KEY and restart the server.",
        logged="status 401"),
    "expired token": Row(refusal(401, "authentication_error", "OAuth token has expired."), "authentication_failed",
        "The API rejected the token: it expired, or is of a kind that it does not accept.",
        "Ask the operator to renew ANTHROPIC_AUTH_TOKEN and restart the server.", logged="status 401"),
    "no permission": Row(refusal(403, "permission_error", "No."), "permission_denied",
        'The API denied permission: "No."', "Ask the operator to check the key's workspace.", logged="status 403"),
    "files not enabled": Row(refusal(403, "permission_error", "The Files API is not enabled for this workspace."),
        "permission_denied", "The Files API is not enabled for the workspace of the key.",
        "Ask the operator to enable it in the Console, or to use --backend local.", logged="status 403"),
    "region": Row(refusal(403, "forbidden", "Request not allowed"), "permission_denied",
        "The API does not serve the country or region that this machine is in.",
        "Ask the operator to check the network and the proxy, or to use --backend local.", logged="status 403"),
    "unknown model": Row(refusal(404, "not_found_error", "model: claude-x"), "invalid_argument",
        'The API does not know the model: "model: claude-x"', MODEL, logged="status 404", asks=True),
    "deprecated model": Row(refusal(404, "not_found_error", "The model has been retired."), "invalid_argument",
        'The model is deprecated and no longer served: "The model has been retired."',
        "Ask the operator to set another --model.", logged="status 404", asks=True),
    "prompt too long": Row(refusal(400, INVALID, "prompt is too long: 9 tokens > 8 maximum"), "context_window_exceeded",
        "The files are too long for the model's context window.", "Ask about fewer files, or about fewer pages.",
        logged="status 400", asks=True, doctor=None),
    "request too large": Row(refusal(413, "request_too_large", "Too large."), "file_too_large",
        "The request is too large for the API.", "Split the file, or ask about fewer files.", logged="status 413",
        asks=True, doctor=None),
    "rate limit": Row(refusal(429, LIMITED, TOO_MANY), "rate_limited", "The API's rate limit is reached.",
        "Nothing was changed. Call again in 1 seconds.", retried=True, logged="status 429", asks=True, doctor=None),
    "rate limit without a time": Row(refusal(429, LIMITED, TOO_MANY).replace(b"retry-after: 0\r\n", b""),
        "rate_limited", "The API's rate limit is reached.", LATER, retried=True, logged="status 429"),
    "overloaded": Row(refusal(529, "overloaded_error", "Overloaded"), "upstream_overloaded",
        "The API failed temporarily (status 529).", LATER, retried=True, logged="status 529"),
    "internal error": Row(refusal(500, "api_error", "Internal server error"), "upstream_overloaded",
        "The API failed temporarily (status 500).", LATER, retried=True, logged="status 500"),
    "timeout": Row(refusal(504, "timeout_error", "Timed out"), "upstream_overloaded",
        "The API failed temporarily (status 504).", LATER, retried=True, logged="status 504"),
    "stream cut": Row(reply(200, EVENTS, "text/event-stream"), "upstream_bad_reply",
        "The API closed the connection in the middle of its answer.", AGAIN, asks=True, doctor=None),
    "error in a stream": Row(reply(200, EVENTS + OVERLOADED, "text/event-stream"), "upstream_overloaded",
        "The API failed temporarily (status 529).", LATER, asks=True, doctor=None),
    "login page as an answer": Row(reply(200, HTML, "text/html"), "upstream_bad_reply",
        "The base URL returns a web page instead of the API's reply.", LOGIN_PAGE, asks=True, doctor=None),
    "login page": Row(reply(200, HTML, "text/html"), "upstream_bad_reply",
        "The base URL returns a web page instead of the API's reply.", LOGIN_PAGE, retried=True),
    "redirect to a login page": Row(reply(302, b"", "text/html", "location: https://login.example/"),
        "upstream_bad_reply", "The base URL redirects to another address (status 302).", LOGIN_PAGE,
        logged="status 302"),
    "captive portal": Row(reply(511, HTML, "text/html"), "upstream_unreachable",
        "The network asks for a login (status 511).",
        "Ask the user to open a web page, to log in there, and then call again.", logged="status 511"),
    "OpenAI's list of files": Row(given(OPENAI), "upstream_bad_reply",
        "The server at the base URL has another API, in the shape of OpenAI's.", LOGIN_PAGE, retried=True),
    "LiteLLM's key": Row(given(LITELLM, 401), "authentication_failed", "The API rejected the key.",
        "Ask the operator to check ANTHROPIC_API_KEY and restart the server.", logged="status 401"),
    "404 of another server": Row(given({"detail": "Not Found"}, 404), "upstream_bad_reply",
        "There is no Files API at the base URL (status 404).", LOGIN_PAGE, logged="status 404"),
    "not JSON": Row(reply(200, b"pong", "text/plain"), "upstream_bad_reply",
        "The API's reply is not the expected JSON.", AGAIN, retried=True),
    "reply cut": Row(CUT, "upstream_unreachable", "The API did not answer in time, or closed the connection.",
        "Nothing was changed. Check the connection and call again.", retried=True, logged="RemoteProtocolError"),
    "broken gzip": Row(BAD_GZIP, "upstream_bad_reply", "The reply is damaged.", AGAIN, retried=True),
    "HTTP/2 only": Row(HTTP2, "upstream_unreachable", "The server at the base URL does not speak HTTP/1.1.",
        CHECK_URL, logged="RemoteProtocolError"),
    "nothing listens": Row(b"", "upstream_unreachable",
        "The API refused the connection: nothing listens at its address.",
        f"Nothing was changed. {CHECK_URL}", retried=True, logged="ConnectError", way="closed"),
    "unknown host": Row(b"", "upstream_unreachable", "The host name of the API cannot be resolved.",
        f"Nothing was changed. Check the connection. {CHECK_URL}", retried=True, logged="ConnectError", way="no name"),
    "untrusted certificate": Row(reply(200, LISTED), "upstream_unreachable",
        "This machine does not trust the certificate of the API.",
        "If a proxy or gateway of the company signed it, ask the operator to set SSL_CERT_FILE to its certificates.",
        logged="CERTIFICATE_VERIFY_FAILED", way="untrusted"),
    "expired certificate": Row(reply(200, LISTED), "upstream_unreachable", "The certificate of the API has expired.",
        f"Ask the operator to check the clock of this machine. {CHECK_URL}", logged="has expired", way="expired"),
    "certificate of another host": Row(reply(200, LISTED), "upstream_unreachable",
        "The certificate at the base URL is for another host.",
        f"A login page or a filter of the network may answer instead. {CHECK_URL}", logged="IP address mismatch",
        way="other host"),
    "plain http at https": Row(reply(400, HTML, "text/html"), "upstream_unreachable",
        "The server at the base URL speaks plain HTTP, not https.", CHECK_URL, logged="ConnectError", way="plain"),
    "proxy wants a login": Row(reply(407, b""), "upstream_unreachable",
        "The proxy asks for a user and a password (status 407).",
        "Ask the operator to set HTTPS_PROXY to http://USER:PASSWORD@HOST:PORT.", logged="ProxyError: 407",
        way="proxy"),
    "proxy refuses": Row(reply(403, b""), "upstream_unreachable",
        "The proxy refused to connect to the API (status 403).", "Ask the operator to check HTTPS_PROXY.",
        logged="ProxyError: 403", way="proxy"),
    "proxy is away": Row(b"", "upstream_unreachable",
        "The proxy refused the connection: nothing listens at its address.",
        "Nothing was changed. Ask the operator to check HTTPS_PROXY.", retried=True, logged="ConnectError",
        way="no proxy"),
}  # fmt: skip
