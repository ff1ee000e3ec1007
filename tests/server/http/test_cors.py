"""Pages of other origins: an allowed one may send every request and read every response, any other may do nothing."""

import json
from collections.abc import Generator
from pathlib import Path

import httpx2
import pytest

from tests.support.http_server import TOKEN, Reply, Served, call_request, exchange, served

PAGE = "https://app.example.com"
STRANGER = "https://evil.example.com"
ROUTES = [
    "/mcp",
    "/mcp/",
    "/sse",
    "/sse/",
    "/messages/?session_id=0",
    "/upload/x",
    "/upload/x/a.txt",
    "/health",
    "/.well-known/oauth-protected-resource/mcp",
    "/nowhere",
]
AUTHORIZED = ("Authorization", f"Bearer {TOKEN}")
EXPOSED = {"mcp-session-id", "mcp-protocol-version", "www-authenticate", "retry-after"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["http", "sse"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    """A server whose operator allowed a page."""
    folder = tmp_path_factory.mktemp(request.param)
    with served(folder, request.param, "--allowed-origin", PAGE, token=TOKEN) as running:
        yield running


def ask(server: Served, method: str, path: str, *headers: tuple[str, str], body: bytes = b"") -> Reply:
    length = (("Content-Length", str(len(body))),) if body else ()
    return exchange(server.port, method, path, [("Host", f"127.0.0.1:{server.port}"), *headers, *length], body)


def preflight(server: Served, path: str, origin: str) -> Reply:
    asked = (
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "authorization,content-type,mcp-session-id,x-own"),
        ("Access-Control-Request-Private-Network", "true"),
    )
    return ask(server, "OPTIONS", path, ("Origin", origin), *asked)


def is_readable(reply: Reply, origin: str = PAGE) -> bool:
    exposed = {name.strip().lower() for name in reply.headers.get("access-control-expose-headers", "").split(",")}
    return (
        reply.headers.get("access-control-allow-origin") == origin
        and exposed == EXPOSED
        and "Origin" in reply.headers["vary"]
        and "access-control-allow-credentials" not in reply.headers
    )


@pytest.mark.parametrize("path", ROUTES)
def test_an_allowed_page_may_send_requests_to_every_route(server: Served, path: str) -> None:
    reply = preflight(server, path, PAGE)
    assert (reply.status, reply.body) == (204, b"")
    assert is_readable(reply)
    assert set(reply.headers["access-control-allow-methods"].split(", ")) >= {"GET", "POST", "PUT", "DELETE"}
    assert reply.headers["access-control-allow-headers"] == "authorization,content-type,mcp-session-id,x-own"
    assert reply.headers["access-control-allow-private-network"] == "true"


@pytest.mark.parametrize("path", ROUTES)
def test_another_page_may_send_nothing(server: Served, path: str) -> None:
    for reply in (preflight(server, path, STRANGER), ask(server, "GET", path, ("Origin", STRANGER), AUTHORIZED)):
        assert reply.status == 403
        assert not [name for name in reply.headers if name.startswith("access-control")]
        assert reply.headers["vary"] == "Origin"


@pytest.mark.parametrize("path", ROUTES)
def test_an_allowed_page_can_read_every_response(server: Served, path: str) -> None:
    headers, body = call_request("list_files", {})
    sent = (("Origin", PAGE), *headers.items())
    for method in ("GET", "POST", "PUT", "DELETE"):
        for token in ((), (AUTHORIZED,)):
            assert is_readable(ask(server, method, path, *sent, *token, body=body)), (method, token)


def test_an_allowed_page_can_read_refusals(server: Served) -> None:
    wrong = ask(server, "POST", "/mcp", ("Origin", PAGE), ("Authorization", "Bearer wrong"), body=b"{}")
    large = ask(server, "POST", "/mcp", ("Origin", PAGE), AUTHORIZED, ("Content-Length", "9999999"))
    elsewhere = exchange(server.port, "GET", "/health", [("Host", "evil.com"), ("Origin", PAGE)])
    for reply, status in ((wrong, 401), (large, 413), (elsewhere, 421)):
        assert reply.status == status
        assert is_readable(reply)


def test_a_preflight_needs_an_allowed_host(server: Served) -> None:
    asked = [("Host", "evil.com"), ("Origin", PAGE), ("Access-Control-Request-Method", "POST")]
    assert exchange(server.port, "OPTIONS", "/mcp", asked).status == 421


def test_programs_get_no_headers_of_cors(server: Served) -> None:
    reply = ask(server, "GET", "/health", AUTHORIZED)
    assert reply.status == 200
    assert not [name for name in reply.headers if name.startswith("access-control")]
    assert ask(server, "OPTIONS", "/health").status == 401


@pytest.mark.parametrize("path", ["/sse", "/health", "/mcp"])
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_of_another_site_cannot_embed_anything(server: Served, path: str, site: str) -> None:
    """Pictures, frames and scripts come without an origin."""
    for mode, kind in (("no-cors", "image"), ("no-cors", "script"), ("navigate", "iframe")):
        fetched = (("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", kind))
        assert ask(server, "GET", path, *fetched, AUTHORIZED).status == 403
    link = (("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"))
    typed = (("Sec-Fetch-Site", "none"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"))
    assert ask(server, "GET", "/health", *link, AUTHORIZED).status == 200
    assert ask(server, "GET", "/health", *typed, AUTHORIZED).status == 200


def test_a_slash_at_the_end_changes_nothing(tmp_path: Path) -> None:
    headers, body = call_request("list_files", {})
    with served(tmp_path, "http", token=TOKEN) as server:
        for path in ("/mcp", "/mcp/"):
            assert ask(server, "POST", path, *headers.items(), body=body).status == 401
            reply = ask(server, "POST", path, AUTHORIZED, *headers.items(), body=body)
            assert reply.status == 200
            assert json.loads(reply.body)["result"]["structuredContent"]["files"] == []


@pytest.mark.parametrize("transport", ["http", "sse"])
def test_all_routes_are_served_below_the_path_of_the_public_url_too(tmp_path: Path, transport: str) -> None:
    public = ("--public-url", "https://files.example.com/our/files/")
    with served(tmp_path, transport, *public, token=TOKEN) as server:
        for prefix in ("", "/our/files"):
            assert ask(server, "GET", f"{prefix}/health").status == 401
            assert ask(server, "GET", f"{prefix}/health", AUTHORIZED).status == 200
            assert ask(server, "GET", f"{prefix}/upload/x").status == 404
            assert ask(server, "GET", f"{prefix}/sse", AUTHORIZED).status == (200 if transport == "sse" else 404)
        assert ask(server, "GET", "/our/fileshealth", AUTHORIZED).status == 404
        assert ask(server, "GET", "/our/files/our/files/health", AUTHORIZED).status == 404


@pytest.mark.parametrize("public", ["", "https://files.example.com", "https://files.example.com/our/files"])
def test_messages_are_sent_below_the_public_url(tmp_path: Path, public: str) -> None:
    given = ("--public-url", public) if public else ()
    with served(tmp_path, "sse", *given) as server, httpx2.stream("GET", f"{server.url}/sse") as stream:
        assert stream.headers["x-accel-buffering"] == "no"
        lines = stream.iter_lines()
        assert next(lines) == "event: endpoint"
        prefix = "/our/files" if public.endswith("/our/files") else ""
        assert next(lines).startswith(f"data: {prefix}/messages/?session_id=")
