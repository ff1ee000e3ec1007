"""Host and Origin on every route: only exact matches are allowed."""

import functools
from pathlib import Path

import pytest

from files_api_mcp.server.http.allowed_hosts import allowed_hosts_for
from tests.support.http_server import TOKEN, Served, exchange, served

ROUTES = ["/mcp", "/sse", "/messages/", "/health", "/nowhere", "/", "/.well-known/oauth-protected-resource"]
AUTHORIZED = ("Authorization", f"Bearer {TOKEN}")

# PORT stands for the served port, NEXT for another.
GOOD_HOSTS = [
    "127.0.0.1:PORT",
    "localhost:PORT",
    "[::1]:PORT",
    "LOCALHOST:PORT",
    "LocalHost:PORT",
    "  localhost:PORT  ",
]
BAD_HOSTS = (
    """
localhost:PORT.evil.com|localhost|127.0.0.1|[::1]|127.0.0.1:NEXT|localhost:NEXT|127.0.0.1:|localhost.:PORT
127.0.0.1.:PORT|evil.com|evil.com:PORT|evil.localhost:PORT|localhost.evil.com:PORT|user@127.0.0.1:PORT
user:pw@localhost:PORT|@localhost:PORT|127.1:PORT|2130706433:PORT|0x7f000001:PORT|0177.0.0.1:PORT|0.0.0.0:PORT
[::ffff:127.0.0.1]:PORT|[::]:PORT|::1:PORT|[0:0:0:0:0:0:0:1]:PORT|[::1%lo]:PORT|127.0.0.2:PORT|localhost:0PORT
localhost:+PORT|localhost:PORT/|localhost:PORT?|localhost:PORT#|http://localhost:PORT|localhost:PORT,evil.com
evil.com,localhost:PORT|localhost:PORT evil.com|*|localhost:*|%6cocalhost:PORT|localhost%00:PORT|ｌocalhost:PORT
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
GOOD_ORIGINS = ["http://127.0.0.1:PORT", "http://localhost:PORT", "http://[::1]:PORT"]
BAD_ORIGINS = """
null||*|http://localhost|https://localhost:PORT|http://localhost:NEXT|http://localhost:PORT.evil.com|http://evil.com
http://evil.com:PORT|http://localhost:PORT/|HTTP://localhost:PORT|http://LOCALHOST:PORT|http://user@localhost:PORT
http://localhost.:PORT|file://|chrome-extension://localhost:PORT|http://localhost:PORT http://evil.com|localhost:PORT
""".replace("\n", "|")[1:-1].split("|")


@functools.cache
def usual(port: int, path: str) -> int:
    """The status of a route for a valid request."""
    return exchange(port, "GET", path, [("Host", f"127.0.0.1:{port}"), AUTHORIZED]).status


def spelled(text: str, port: int) -> str:
    return text.replace("PORT", str(port)).replace("NEXT", str(port + 1)).encode().decode("latin-1")


def status(server: Served, path: str, *headers: tuple[str, str]) -> int:
    named = [(name, spelled(value, server.port)) for name, value in headers]
    return exchange(server.port, "GET", path, [*named, AUTHORIZED]).status


def test_there_are_enough_combinations() -> None:
    assert len(GOOD_HOSTS + BAD_HOSTS + GOOD_ORIGINS + BAD_ORIGINS) > 60


@pytest.mark.parametrize("path", ROUTES)
def test_hosts_must_match_exactly(locked: Served, path: str) -> None:
    assert usual(locked.port, path) not in {400, 401, 403, 421}
    found = {host: status(locked, path, ("Host", host)) for host in GOOD_HOSTS + BAD_HOSTS}
    assert found == {**dict.fromkeys(GOOD_HOSTS, usual(locked.port, path)), **dict.fromkeys(BAD_HOSTS, 421)}


@pytest.mark.parametrize("path", ROUTES)
def test_origins_must_match_exactly(locked: Served, path: str) -> None:
    host = ("Host", "127.0.0.1:PORT")
    found = {origin: status(locked, path, host, ("Origin", origin)) for origin in GOOD_ORIGINS + BAD_ORIGINS}
    assert found == {**dict.fromkeys(GOOD_ORIGINS, usual(locked.port, path)), **dict.fromkeys(BAD_ORIGINS, 403)}


@pytest.mark.parametrize("path", ROUTES)
def test_host_and_origin_must_not_be_repeated(locked: Served, path: str) -> None:
    host, other = ("Host", "127.0.0.1:PORT"), ("Host", "evil.com")
    origin, stranger = ("Origin", "http://127.0.0.1:PORT"), ("Origin", "http://evil.com")
    assert status(locked, path) == 400
    assert status(locked, path, host, host) == 400
    assert status(locked, path, host, other) == 400
    assert status(locked, path, other, host) == 400
    assert status(locked, path, host, origin, origin) == 403
    assert status(locked, path, host, origin, stranger) == 403


def test_forwarded_host_headers_are_ignored(locked: Served) -> None:
    for name in ("X-Forwarded-Host", "Forwarded", "X-Host", "X-Original-Host"):
        assert status(locked, "/health", ("Host", "evil.com"), (name, "127.0.0.1:PORT")) == 421
        assert status(locked, "/health", ("Host", "127.0.0.1:PORT"), (name, "evil.com")) == 200


@pytest.mark.parametrize("target", ["http://evil.com/health", "*", "health", "//evil.com/health"])
def test_targets_are_paths_of_this_server(locked: Served, target: str) -> None:
    assert exchange(locked.port, "GET", target, [("Host", f"127.0.0.1:{locked.port}"), AUTHORIZED]).status in {400, 404}


def test_added_hosts_and_origins_are_allowed_on_all_addresses(tmp_path: Path) -> None:
    """The SDK's own check is off for servers on other addresses."""
    added = ["--allowed-host", "Files.example.com", "--allowed-host", "10.0.0.5:8765"]
    pages = ["--allowed-origin", "https://app.example.com"]
    with served(tmp_path, "http", "--host", "0.0.0.0", *added, *pages, token=TOKEN) as server:
        for host, expected in {
            "files.example.com": 200,
            "FILES.EXAMPLE.COM": 200,
            "10.0.0.5:8765": 200,
            "localhost:PORT": 200,
            "files.example.com:PORT": 421,
            "10.0.0.5": 421,
            "a.files.example.com": 421,
            "0.0.0.0:PORT": 421,
        }.items():
            assert status(server, "/health", ("Host", host)) == expected, host
        for origin, expected in {
            "https://app.example.com": 200,
            "http://app.example.com": 403,
            "https://app.example.com:443": 403,
            "https://files.example.com": 403,
        }.items():
            assert status(server, "/health", ("Host", "files.example.com"), ("Origin", origin)) == expected, origin


def test_on_port_80_the_host_needs_no_port() -> None:
    allowed = allowed_hosts_for(80, [], [])
    assert allowed.allows_host(b"localhost")
    assert allowed.allows_host(b"localhost:80")
    assert allowed.allows_origin(b"http://localhost")
    assert not allowed_hosts_for(8080, [], []).allows_host(b"localhost")
