"""The bearer token is required on every route."""

import base64

import pytest

from files_api_mcp.server.http.auth.bearer import Token, token_from
from files_api_mcp.server.http.settings import http_settings_from
from files_api_mcp.server.settings import BadSettings
from tests.support.http_server import TOKEN, Served, exchange

ROUTES = ["/mcp", "/sse", "/messages/", "/health", "/nowhere", "/", "/docs", "/.well-known/oauth-protected-resource"]
METHODS = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"]
RIGHT = ("Authorization", f"Bearer {TOKEN}")
WRONG = ("Authorization", "Bearer wrong")
ENCODED = base64.b64encode(f"user:{TOKEN}".encode()).decode()

OPTIONS = {
    "transport": "http",
    "port": 0,
    "token_env": None,
    "allowed_host": (),
    "allowed_origin": (),
    "public_url": None,
}
ADMITTED = [[RIGHT], [("authorization", f"bearer {TOKEN}")], [("AUTHORIZATION", f"BEARER {TOKEN}")]]
REFUSED: list[list[tuple[str, str]]] = [
    [],
    *(
        [("Authorization", value)]
        for value in (
            "", "Bearer", "Bearer ", "Bearer wrong", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x", f"Bearer x{TOKEN}",
            f"Bearer {TOKEN.upper()}", f"Bearer {TOKEN[::-1]}", f"Bearer  {TOKEN}", f"Bearer\t{TOKEN}", TOKEN,
            f"Token {TOKEN}", f"Bearer={TOKEN}", f"Bearer:{TOKEN}", f"Bearer {TOKEN},", f"Bearer {TOKEN} {TOKEN}",
            f'Bearer "{TOKEN}"', f"Bearer {TOKEN}; a=b", f"Basic {ENCODED}", f"Bearer {ENCODED}", "Bearer null",
            "Bearer Token(***)", "Bearer \xe9\xff", f"Bearer {'a' * 8000}", f"Digest {TOKEN}", f"Bearer%20{TOKEN}",
        )
    ),
    [RIGHT, RIGHT],
    [WRONG, RIGHT],
    [RIGHT, WRONG],
    [("X-Api-Key", TOKEN)],
    [("Cookie", f"token={TOKEN}")],
    [("Proxy-Authorization", f"Bearer {TOKEN}")],
]  # fmt: skip


def test_there_are_enough_combinations() -> None:
    assert len(ADMITTED + REFUSED) > 30


@pytest.mark.parametrize("path", ROUTES)
def test_nothing_but_the_token_opens_a_route(locked: Served, path: str) -> None:
    host = ("Host", f"127.0.0.1:{locked.port}")
    for headers in ADMITTED:
        assert exchange(locked.port, "GET", path, [host, *headers]).status not in {400, 401, 403, 421}, headers
    for headers in REFUSED:
        reply = exchange(locked.port, "GET", path, [host, *headers])
        assert reply.status == 401, headers
        assert reply.headers["www-authenticate"].startswith("Bearer")
        assert TOKEN.encode() not in reply.body


@pytest.mark.parametrize("path", ROUTES)
def test_no_method_is_let_in_without_it(locked: Served, path: str) -> None:
    host = ("Host", f"127.0.0.1:{locked.port}")
    for method in METHODS:
        assert exchange(locked.port, method, path, [host]).status == 401, method
        assert exchange(locked.port, method, path, [host, WRONG]).status == 401, method


def test_a_token_in_the_url_does_not_count(locked: Served) -> None:
    host = ("Host", f"127.0.0.1:{locked.port}")
    for query in ("access_token", "token", "authorization"):
        assert exchange(locked.port, "GET", f"/health?{query}={TOKEN}", [host]).status == 401


def test_health_returns_only_a_status(locked: Served) -> None:
    reply = exchange(locked.port, "GET", "/health", [("Host", f"127.0.0.1:{locked.port}"), RIGHT])
    assert (reply.status, reply.body) == (200, b'{"status":"ok"}')


def test_a_token_is_never_shown() -> None:
    token = token_from({"T": TOKEN}, "T")
    options = {**OPTIONS, "host": "0.0.0.0", "token_env": "T"}
    settings = http_settings_from(options, {"T": TOKEN})
    for shown in (repr(token), str(token), f"{settings}", repr(vars(type(token)))):
        assert TOKEN not in shown
    assert token.matches(TOKEN.encode())
    assert not token.matches(b"")


@pytest.mark.parametrize("value", ["", " ", "with blank", "sesame\n", "\n", "tab\t", "ümlaut", "nul\0"])
def test_an_invalid_token_variable_stops_the_start_without_showing_it(value: str) -> None:
    with pytest.raises(BadSettings) as caught:
        token_from({"T": value}, "T")
    assert "T" in str(caught.value)
    assert not value.strip() or value.strip() not in str(caught.value)


def test_without_a_token_only_this_machine_is_served() -> None:
    for host in ("127.0.0.1", "localhost", "LOCALHOST", "::1", "[::1]", "127.0.0.53"):
        assert http_settings_from({**OPTIONS, "host": host}, {}).token is None
    for host in ("", "0.0.0.0", "::", "[::]", "192.0.2.1", "example.com", "localhost.example.com", "127.0.0.1.nip.io"):
        with pytest.raises(BadSettings):
            http_settings_from({**OPTIONS, "host": host}, {})
        assert isinstance(
            http_settings_from({**OPTIONS, "host": host, "token_env": "T"}, {"T": "a-token-of-16-or-more"}).token, Token
        )
