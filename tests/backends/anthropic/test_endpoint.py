"""Whom we talk to, and as whom: what the environment and the command line may settle, and what they may not."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
import httpx2
import pytest

from files_api_mcp.backends.anthropic.api.http_client import ApiRequest, open_http_client
from files_api_mcp.backends.anthropic.endpoint import DEFAULT_BASE_URL, Endpoint, endpoint_from, has_key
from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.validation import is_placeholder
from tests.support.emulator import KEY

pytestmark = pytest.mark.anyio

TOKEN = "token-canary-0123456789abcdef"


def at(base_url: str, **environment: str) -> Endpoint:
    return endpoint_from({"ANTHROPIC_API_KEY": KEY, **environment}, base_url=base_url)


@pytest.mark.parametrize(
    ("environment", "header", "value"),
    [
        ({"ANTHROPIC_API_KEY": KEY}, "x-api-key", KEY),
        ({"ANTHROPIC_API_KEY": f"  {KEY}\n"}, "x-api-key", KEY),
        ({"ANTHROPIC_AUTH_TOKEN": TOKEN}, "authorization", f"Bearer {TOKEN}"),
        ({"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_AUTH_TOKEN": TOKEN}, "x-api-key", KEY),
        ({"ANTHROPIC_API_KEY": "", "ANTHROPIC_AUTH_TOKEN": TOKEN}, "authorization", f"Bearer {TOKEN}"),
        ({"ANTHROPIC_API_KEY": " \t", "ANTHROPIC_AUTH_TOKEN": TOKEN}, "authorization", f"Bearer {TOKEN}"),
    ],
)
def test_one_credential_is_sent_and_a_key_goes_before_a_token(
    environment: dict[str, str], header: str, value: str
) -> None:
    endpoint = endpoint_from(environment)
    assert (endpoint.auth_header, endpoint.auth_value) == (header, value)
    assert endpoint.key == value.removeprefix("Bearer ")
    assert endpoint.base_url == DEFAULT_BASE_URL
    assert has_key(environment)


PLACEHOLDERS = [
    "${ANTHROPIC_API_KEY}",
    " ${input:key} ",
    "${env:ANTHROPIC_API_KEY}",
    "$ANTHROPIC_API_KEY",
    "%ANTHROPIC_API_KEY%",
    "{{ api_key }}",
    "<your key>",
    "[API key]",
    "YOUR_API_KEY",
    "your-anthropic-api-key",
    "YOUR_ANTHROPIC_API_KEY_HERE",
    "insert-your-key",
    "api-key-here",
    "sk-ant-...",
    "sk-ant-\u2026",
    "sk-ant-***",
    "sk-ant-xxxxxxxxxxxx",
    "sk-ant-api03-XXXX",
    "xxx",
    "changeme",
    "undefined",
]


@pytest.mark.parametrize("name", ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"])
@pytest.mark.parametrize("key", PLACEHOLDERS)
def test_a_placeholder_is_not_taken_for_a_key(name: str, key: str) -> None:
    with pytest.raises(InvalidArgument, match=f"{name} is a placeholder") as refusal:
        endpoint_from({name: key})
    assert key.strip() not in refusal.value.text


def test_a_gateway_of_this_machine_may_have_any_word_as_its_key() -> None:
    assert endpoint_from({"ANTHROPIC_API_KEY": "changeme"}, base_url="http://localhost:4000").key == "changeme"
    with pytest.raises(InvalidArgument, match="placeholder"):
        endpoint_from({"ANTHROPIC_API_KEY": "${KEY}"}, base_url="http://localhost:4000")


def test_random_keys_are_not_taken_for_placeholders() -> None:
    for _ in range(1000):
        assert not is_placeholder(f"sk-ant-api03-{secrets.token_urlsafe(70)}")


def test_an_address_that_the_host_did_not_fill_in_is_said_to_be_one() -> None:
    with pytest.raises(InvalidArgument, match="placeholder that the host did not replace"):
        at("${ANTHROPIC_BASE_URL}")


@pytest.mark.parametrize("environment", [{}, {"ANTHROPIC_API_KEY": ""}, {"ANTHROPIC_AUTH_TOKEN": " \r\n"}])
def test_without_a_credential_only_a_server_of_this_machine_can_be_asked(environment: dict[str, str]) -> None:
    assert not has_key(environment)
    with pytest.raises(InvalidArgument, match="ANTHROPIC_API_KEY nor ANTHROPIC_AUTH_TOKEN"):
        endpoint_from(environment)
    assert endpoint_from(environment, base_url="http://localhost:8790").key == "loopback"


@pytest.mark.parametrize("name", ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"])
@pytest.mark.parametrize(
    "key",
    [
        f"{KEY}\nx-injected: 1",
        f"{KEY}\r\n\r\nGET / HTTP/1.1",
        f"{KEY}\0",
        f"{KEY}\x7f",
        f"{KEY} x",
        f"a\t{KEY}",
        f"kéy-{KEY}",
        f"{KEY}\u200b",
        f"\u201c{KEY}\u201d",
    ],
)
def test_a_credential_that_could_not_be_one_header_is_refused_and_not_repeated(name: str, key: str) -> None:
    with pytest.raises(InvalidArgument, match=name) as caught:
        endpoint_from({name: key})
    assert KEY not in caught.value.text


@pytest.mark.parametrize(
    ("given", "settled"),
    [
        ("https://api.anthropic.com", DEFAULT_BASE_URL),
        ("HTTPS://API.Anthropic.COM/", DEFAULT_BASE_URL),
        ("https://api.anthropic.com/v1", DEFAULT_BASE_URL),
        ("https://api.anthropic.com/v1/", DEFAULT_BASE_URL),
        (" https://gateway.example:8443/Team-A/v1/ \n", "https://gateway.example:8443/Team-A"),
        ("https://gateway.example/apiv1", "https://gateway.example/apiv1"),
        ("https://gateway.example/?#", "https://gateway.example"),
        ("https://10.0.0.1:444", "https://10.0.0.1:444"),
        ("https://[2001:DB8::1]:444", "https://[2001:db8::1]:444"),
        ("http://127.0.0.1:8790/", "http://127.0.0.1:8790"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://[::1]:8790", "http://[::1]:8790"),
        ("http://LOCALHOST:8790", "http://localhost:8790"),
    ],
)
def test_an_address_is_https_or_of_this_machine_and_is_spelt_one_way(given: str, settled: str) -> None:
    endpoint = at(given)
    assert endpoint.base_url == settled
    assert endpoint_from({"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": given}) == endpoint
    assert endpoint.is_loopback == settled.startswith("http:")


REFUSED_URLS = """
http://api.anthropic.com http://127.0.0.1.evil.com http://127.0.0.1.evil.com:80 http://localhost.evil.com
http://evil.com/127.0.0.1 http://0.0.0.0 http://192.168.0.1 http://[::] http://[2001:db8::1] http://127.1
http://2130706433 http://0x7f.0.0.1 http://0177.0.0.1 http://127.0.0.01 http://localhost. http://localhost%2eevil.com
http://127.0.0.1%00.evil.com http://[::1%25eth0] http://127.0.0.1\\@evil.com http://127.0.0.1\\.evil.com
http://①②⑦.0.0.1 http://localhoſt http://127。0。0。1 http://evil.com#127.0.0.1 http://evil.com?127.0.0.1
http://evil.com:80@127.0.0.1 http://127.0.0.1@evil.com https://user:pw@api.anthropic.com https://user@h https://@h
https://:@h https://h?x=1 https://h/v1?beta=true https://h#fragment https:// https:///v1 https://:443 api.anthropic.com
//api.anthropic.com ftp://h file:///etc/passwd javascript:alert(1) ws://127.0.0.1 unix:///run/socket https+unix://x
https://h:0 https://h:99999 https://h:port https://h:-1 https://[::1 https://::1 https://[v1.x] https://[127.0.0.1]x
https://☃.com https://exam\u00adple.com https://a..b https://.h https://*.com https://h%41 https://h\\x
https://h/\x7f https://h/ä
""".split()


@pytest.mark.parametrize("url", [*REFUSED_URLS, "https://two words", "https://h/a b", f"https://{'a' * 64}.com"])
@pytest.mark.parametrize("way", ["argument", "environment"])
def test_an_address_that_would_give_the_key_away_or_cannot_be_one_is_refused(url: str, way: str) -> None:
    environment = {"ANTHROPIC_API_KEY": KEY, **({"ANTHROPIC_BASE_URL": url} if way == "environment" else {})}
    with pytest.raises(InvalidArgument) as caught:
        endpoint_from(environment, base_url=url if way == "argument" else None)
    assert "--base-url" in caught.value.text
    for told in (KEY, "pw", "evil"):
        assert told not in caught.value.text


@pytest.mark.parametrize("url", ["http://127.0.0.1\n.evil.com", "http://127.0.0.1\t.evil.com", "http://local\rhost"])
def test_breaks_within_an_address_do_not_disguise_its_host(url: str) -> None:
    with pytest.raises(InvalidArgument):
        at(url)


def test_an_argument_goes_before_the_environment_and_an_empty_one_is_none() -> None:
    environment = {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": "https://one.example"}
    assert endpoint_from(environment, base_url="https://two.example").base_url == "https://two.example"
    assert endpoint_from(environment, base_url="").base_url == "https://one.example"
    assert endpoint_from({**environment, "ANTHROPIC_BASE_URL": ""}).base_url == DEFAULT_BASE_URL


@pytest.mark.parametrize("workspace", ["", " ", "wrkspc_1\nx: y", "wrkspc 1", "wrkspc_é", "a\0"])
def test_a_workspace_id_that_could_not_be_one_header_is_refused(workspace: str) -> None:
    with pytest.raises(InvalidArgument, match="workspace"):
        endpoint_from({"ANTHROPIC_API_KEY": KEY}, workspace_id=workspace)


def test_the_fingerprint_tells_credentials_addresses_and_workspaces_apart_and_nothing_of_them() -> None:
    def of(workspace: str | None = None, base_url: str | None = None, **environment: str) -> str:
        return endpoint_from(environment, base_url=base_url, workspace_id=workspace).fingerprint

    here = of(ANTHROPIC_API_KEY=KEY)
    others = [
        of(ANTHROPIC_API_KEY=KEY + "x"),
        of(ANTHROPIC_AUTH_TOKEN=KEY),
        of("wrkspc_1", ANTHROPIC_API_KEY=KEY),
        of("wrkspc_2", ANTHROPIC_API_KEY=KEY),
        of(base_url="https://gateway.example", ANTHROPIC_API_KEY=KEY),
        of(base_url="https://api.anthropic.com/a", ANTHROPIC_API_KEY=KEY),
    ]
    assert len({here, *others}) == 7
    assert not any(KEY[start : start + 4] in here for start in range(len(KEY) - 3))
    same = of(base_url="https://API.anthropic.com/v1/", ANTHROPIC_API_KEY=KEY, HTTPS_PROXY="http://p", PATH="/bin")
    assert same == here


def test_nothing_that_shows_an_endpoint_shows_its_secrets() -> None:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        endpoint = endpoint_from({name: KEY, "HTTPS_PROXY": "http://user:proxy-secret@proxy:3128"})
        assert endpoint.proxy == "http://user:proxy-secret@proxy:3128"
        for shown in (repr(endpoint), str(endpoint), f"{endpoint}"):
            assert KEY not in shown
            assert "proxy-secret" not in shown


@pytest.mark.parametrize(
    ("environment", "proxy"),
    [
        ({"HTTPS_PROXY": "http://proxy:3128"}, "http://proxy:3128"),
        ({"https_proxy": "proxy.example:3128"}, "http://proxy.example:3128"),
        ({"HTTPS_PROXY": "https://[::1]:3128"}, "https://[::1]:3128"),
        ({"HTTPS_PROXY": " "}, None),
        ({"HTTP_PROXY": "http://proxy", "ALL_PROXY": "http://proxy"}, None),
        ({"HTTPS_PROXY": "http://proxy", "NO_PROXY": "localhost, .Anthropic.com"}, None),
        ({"HTTPS_PROXY": "http://proxy", "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": "http://proxy", "NO_PROXY": "thropic.com,,"}, "http://proxy"),
    ],
)
def test_a_proxy_is_taken_for_https_alone_as_other_programs_take_it(
    environment: dict[str, str], proxy: str | None
) -> None:
    assert at(DEFAULT_BASE_URL, **environment).proxy == proxy
    assert at("http://127.0.0.1:8790", **environment).proxy is None


@pytest.mark.parametrize("proxy", ["socks5://proxy:1080", "ftp://proxy", "http://", "http://a b", "http://h:port", "["])
def test_a_proxy_that_cannot_be_used_is_refused_at_the_start_and_not_at_the_first_call(proxy: str) -> None:
    with pytest.raises(InvalidArgument, match="HTTPS_PROXY"):
        at(DEFAULT_BASE_URL, HTTPS_PROXY=proxy)


@asynccontextmanager
async def sink(host: str, heads: list[str]) -> AsyncGenerator[int]:
    """A server that notes what it is sent."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\nSet-Cookie: a=b\r\n\r\n{}")
        writer.close()

    server = await asyncio.start_server(serve, host, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
async def test_nothing_of_the_environment_but_the_credential_is_on_the_wire(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads: list[str] = []
    async with sink(host, heads) as port:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
        monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "anthropic-beta: files-api-2025-04-14\nx-injected: 1")
        monkeypatch.setenv("ANTHROPIC_PROFILE", "injected")
        shown = f"[{host}]" if ":" in host else host
        endpoint = at(f"http://{shown}:{port}/gateway/v1/", ANTHROPIC_CUSTOM_HEADERS="x-injected: 1")
        async with open_http_client(endpoint) as http:
            for _ in range(2):
                await http.send(ApiRequest("GET", "/v1/files"), deadline=anyio.current_time() + 5)
    for head in heads:
        line, *fields = head.strip().split("\r\n")
        names = {field.partition(":")[0].lower() for field in fields}
        assert line == "GET /gateway/v1/files HTTP/1.1"
        expected = {"host", "accept", "accept-encoding", "connection", "user-agent", "anthropic-version", "x-api-key"}
        assert names == expected
        assert f"x-api-key: {KEY}" in fields
        assert "injected" not in head


def test_every_address_that_is_taken_is_one_that_the_http_library_takes_too() -> None:
    for text in (
        "https://a_b.example",
        "https://-a",
        "https://xn--bcher-kva.example",
        "https://h/%2e%2e/x;y,z",
        "https://h.",
    ):
        endpoint = at(text)
        assert httpx2.URL(endpoint.base_url).host
