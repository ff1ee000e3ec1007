"""Access tokens: which are accepted, which are rejected, and the responses."""

import base64
import json
import time
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest
from anyio import to_thread

from files_api_mcp.server.http.auth.jwks import Issuer, IssuerUnavailable
from files_api_mcp.server.http.settings import HttpSettings, Limits, OAuthSettings, http_settings_from
from files_api_mcp.server.settings import BadSettings
from tests.support.authorization_server import Issuing, curve, issuing, other_key
from tests.support.http_app import Inside, inside
from tests.support.http_server import call_request
from tests.support.tenants import resource, signed_in

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

LISTING = call_request("list_files", {})


@pytest.fixture(scope="module")
def shared_issuer() -> Generator[Issuing]:
    with issuing() as running:
        yield running


@pytest.fixture
async def issuer(shared_issuer: Issuing) -> Issuing:
    return shared_issuer


@pytest.fixture
async def server(tmp_path: Path, issuer: Issuing) -> AsyncGenerator[Inside]:
    async with inside(tmp_path, Limits(), HttpSettings(oauth=OAuthSettings(issuer.url))) as running:
        yield running


async def post(server: Inside, token: str | None, body: tuple[dict[str, str], bytes] = LISTING) -> httpx2.Response:
    headers = {**body[0], **({"Authorization": f"Bearer {token}"} if token else {})}
    async with server.web() as web:
        return await web.post("/mcp", headers=headers, content=body[1])


async def test_a_client_without_a_token_learns_where_to_get_one(server: Inside, issuer: Issuing) -> None:
    reply = await post(server, None)
    assert reply.status_code == 401
    where = f"http://127.0.0.1:{server.port}/.well-known/oauth-protected-resource/mcp"
    assert reply.headers["www-authenticate"] == (
        f'Bearer resource_metadata="{where}", scope="files:read files:write files:delete files:ask"'
    )
    async with server.web() as web:
        for place in (where, where.removesuffix("/mcp")):
            metadata = (await web.get(place)).json()
            assert metadata["resource"] == resource(server)
            assert metadata["authorization_servers"] == [issuer.url]
        assert (await web.get("/health")).json() == {"status": "ok"}
        for place in ("/", "/mcp", "/docs", "/healthy", "/.well-known/other"):
            found = (await web.get(place)).status_code
            assert found == (404 if place == "/healthy" else 401), place


def unsigned(token: str) -> str:
    head, body, _ = token.split(".")
    plain = json.loads(base64.urlsafe_b64decode(head + "=="))
    head = base64.urlsafe_b64encode(json.dumps({**plain, "alg": "none"}).encode()).decode().rstrip("=")
    return f"{head}.{body}."


def bad_tokens(issuer: Issuing, right: str) -> dict[str, str]:
    now = int(time.time())
    public = str(issuer.published()[0]["n"])
    good = issuer.token(right)
    head, body, signature = good.split(".")
    return {
        "ended": issuer.token(right, exp=now - 60),
        "of another audience": issuer.token("https://other.example.com/mcp"),
        "of a longer audience": issuer.token(f"{right}/more"),
        "of a host that begins alike": issuer.token(right.replace("/mcp", ".evil.com/mcp")),
        "of no audience": issuer.token(right, aud=None),
        "of another issuer": issuer.token(right, iss="https://evil.example.com"),
        "of this issuer with a slash": issuer.token(right, iss=f"{issuer.url}/"),
        "without an end": issuer.token(right, exp=None),
        "without a subject": issuer.token(right, sub=None),
        "with an empty subject": issuer.token(right, sub=""),
        "with a subject without end": issuer.token(right, sub="x" * 600),
        "not yet good": issuer.token(right, nbf=now + 600),
        "from the future": issuer.token(right, iat=now + 600),
        "by a key that is not the issuer's": issuer.token(right, key=other_key()),
        "by an unknown key": issuer.token(right, kid="nobody's"),
        "by a key of another kind": issuer.token(right, key=curve(), algorithm="ES256"),
        "signed with what is public": jwt.encode({"sub": "ana"}, public.encode(), "HS256", {"kid": "one"}),
        "unsigned": unsigned(good),
        "of another type": issuer.token(right, typ="logout+jwt"),
        "cut": good[:-4],
        "changed": f"{head}.{body[:-2]}AA.{signature}",
        "without a signature": f"{head}.{body}.",
        "no token": "not.a.token",
        "nothing like it": "opaque",
        "long": "a" * 8000,
    }


async def test_only_the_issuers_tokens_for_this_server_are_accepted(server: Inside, issuer: Issuing) -> None:
    right = resource(server)
    assert (await post(server, issuer.token(right))).status_code == 200
    assert (await post(server, issuer.token(right, aud=["https://x", right]))).status_code == 200
    for name, token in (await to_thread.run_sync(bad_tokens, issuer, right)).items():
        reply = await post(server, token)
        assert reply.status_code == 401, name
        assert 'error="invalid_token"' in reply.headers["www-authenticate"], name
        assert reply.json() == {"error": "The access token is invalid or expired."}, name


@pytest.mark.parametrize("change", [{"scope": None, "scp": ["files:read"]}, {"scope": "openid files:read"}])
async def test_scopes_are_read_in_every_form_that_issuers_use(
    server: Inside, issuer: Issuing, change: dict[str, Any]
) -> None:
    token = issuer.token(resource(server), **change)
    assert (await post(server, token)).status_code == 200
    reply = await post(server, token, call_request("delete_file", {"file_id": "file_x"}))
    assert reply.status_code == 403
    assert 'error="insufficient_scope"' in reply.headers["www-authenticate"]
    assert 'scope="files:delete"' in reply.headers["www-authenticate"]


async def test_a_header_cannot_hide_what_a_message_asks_for(server: Inside, issuer: Issuing) -> None:
    token = issuer.token(resource(server), scope="files:read")
    headers, body = call_request("delete_file", {"file_id": "file_x"})
    for change in ({"Mcp-Name": "list_files"}, {"Mcp-Method": "tools/list"}):
        reply = await post(server, token, ({**headers, **change}, body))
        assert reply.status_code >= 400 or "lacks the scope" in reply.text


NEEDS: dict[str, tuple[dict[str, str], str]] = {
    "upload_file": ({"path": "a.txt"}, "files:write"),
    "create_upload": ({}, "files:write"),
    "list_files": ({}, "files:read"),
    "describe_file": ({"file_id": "file_x"}, "files:read"),
    "ask_document": ({"question": "What?"}, "files:ask"),
    "find_text": ({"pattern": "What"}, "files:read"),
    "query_table": ({"file_id": "file_x", "sql": "select 1"}, "files:read"),
    "read_document": ({"file_id": "file_x"}, "files:read"),
    "download_file": ({"file_id": "file_x"}, "files:read"),
    "delete_file": ({"file_id": "file_x"}, "files:delete"),
}


@pytest.mark.parametrize("transport", ["http", "sse"])
async def test_each_tool_asks_for_its_scope(tmp_path: Path, issuer: Issuing, transport: Any) -> None:
    http = HttpSettings(transport=transport, oauth=OAuthSettings(issuer.url))
    async with inside(tmp_path, Limits(), http) as server:
        token = issuer.token(resource(server, "/mcp" if transport == "http" else "/sse"), scope="openid")
        async with signed_in(server, token, "legacy", sse=transport == "sse") as agent:
            tools = {tool.name for tool in (await agent.client.list_tools()).tools}
            assert tools == set(NEEDS)
            for name, (arguments, scope) in NEEDS.items():
                assert await agent.error(name, **arguments) == (
                    f"[permission_denied] The token lacks the scope {scope}. Sign in again and grant {scope}."
                )
            with pytest.raises(Exception, match="lacks the scope files:read"):
                await agent.client.list_resources()


async def test_a_new_key_is_found_and_unknown_keys_cause_few_fetches(
    tmp_path: Path,
) -> None:
    with await to_thread.run_sync(lambda: issuing()) as own:
        now = 0.0
        keys = Issuer(own.url, now=lambda: now)
        assert await keys.key("one", "RS256") is not None
        assert await keys.key("two", "RS256") is None
        own.publish_another()
        asked = len(own.asked)
        for _ in range(100):
            assert await keys.key("two", "RS256") is None
        assert len(own.asked) == asked
        now = 31
        assert await keys.key("two", "RS256") is not None
        own.status = 500
        now = 3 * 3600
        assert await keys.key("two", "RS256") is not None, "an issuer that is away for a while"
        now = 25 * 3600
        with pytest.raises(IssuerUnavailable):
            await keys.key("two", "RS256")
        own.status = 302
        now += 60
        with pytest.raises(IssuerUnavailable):
            await keys.key("two", "RS256")


async def test_metadata_of_another_issuer_is_rejected(tmp_path: Path) -> None:
    with await to_thread.run_sync(lambda: issuing()) as own:
        own.metadata = {"issuer": "https://other.example.com", "jwks_uri": f"{own.url}/keys"}
        with pytest.raises(IssuerUnavailable):
            await Issuer(own.url).key("one", "RS256")
        assert await Issuer(own.url, f"{own.url}/keys").key("one", "RS256") is not None
        async with inside(tmp_path, Limits(), HttpSettings(oauth=OAuthSettings(own.url))) as server:
            reply = await post(server, own.token(resource(server)))
            assert reply.status_code == 503
            assert "retry-after" in reply.headers


async def test_keys_of_other_kinds_serve_their_own_algorithm(server: Inside, issuer: Issuing, tmp_path: Path) -> None:
    with await to_thread.run_sync(lambda: issuing()) as own:
        own.publish_curve()
        keys = Issuer(own.url)
        assert await keys.key("curve", "ES256") is not None
        assert await keys.key("curve", "RS256") is None
        assert await keys.key("one", "ES256") is None
        assert await keys.key(None, "RS256") is None, "two keys, and no word on which"


async def test_a_stream_ends_with_its_token(tmp_path: Path, issuer: Issuing) -> None:
    http = HttpSettings(transport="sse", oauth=OAuthSettings(issuer.url))
    async with inside(tmp_path, Limits(), http) as server:
        token = issuer.token(resource(server, "/sse"), exp=int(time.time()) + 1)
        async with (
            httpx2.AsyncClient(timeout=10) as web,
            web.stream("GET", resource(server, "/sse"), headers={"Authorization": f"Bearer {token}"}) as reply,
        ):
            assert reply.status_code == 200
            assert b"/messages/" in b"".join([piece async for piece in reply.aiter_bytes()])


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"oauth_issuer": "http://login.example.com"}, "https"),
        ({"oauth_issuer": "login.example.com"}, "is not a URL"),
        ({"oauth_issuer": "https://login.example.com?x"}, "is not a URL"),
        ({"oauth_issuer": "http://127.0.0.1.evil.com"}, "https"),
        ({"oauth_issuer": "https://login.example.com", "token_env": "T"}, "not both"),
        ({"oauth_issuer": "https://login.example.com", "host": "0.0.0.0"}, "--public-url"),
        ({"oauth_audience": "x"}, "--oauth-issuer"),
    ],
)
def test_settings_that_would_let_others_in_are_refused(options: dict[str, Any], reason: str) -> None:
    given = dict.fromkeys(("token_env", "public_url", "oauth_issuer", "oauth_audience", "oauth_keys_url"), None)
    usual = {"transport": "http", "host": "127.0.0.1", "port": 0, "allowed_host": (), "allowed_origin": ()}
    with pytest.raises(BadSettings, match=reason):
        http_settings_from({**usual, **given, **options}, {"T": "a-token"})
